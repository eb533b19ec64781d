"""Gathers what Azure tells about a job's latest run: execution, attempts, replicas, and the platform's events."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from azdock import errors
from azdock.azure import eventstream
from azdock.azure.jobs import Jobs
from azdock.azure.systemlogs import SystemEvent, SystemLogs
from azdock.backends import aca_job_map as translation
from azdock.backends.evidence import Attempt, Evidence, Replica
from azdock.docker.record import ContainerRecord

Json = dict[str, Any]


class JobEvidence:
    """Asks in parallel; a source that does not answer is named in `missing`, and the others are used."""

    def __init__(self, jobs: Jobs, logs: SystemLogs) -> None:
        self._jobs, self._logs = jobs, logs
        self._missing: list[str] = []

    def gather(self, record: ContainerRecord) -> Evidence:
        """Everything about the latest run. Raises NotFound when the job is gone."""
        name = translation.job_name(record)
        job = self._jobs.get(name)
        state = str((job.get("properties") or {}).get("provisioningState") or "")
        execution = next(iter(self._jobs.executions(name)), None)
        if execution is None:
            return Evidence(record, provisioning=state, message=str(job["properties"].get("provisioningError") or ""))
        run = str(execution["name"])
        endpoint = str(job["properties"].get("eventStreamEndpoint") or "")
        with ThreadPoolExecutor(3) as pool:
            replicas = pool.submit(self._try, "replicas", lambda: self._replicas(name, run))
            live = pool.submit(self._try, "the live event stream", lambda: self._live(name, endpoint, run))
            kept = pool.submit(self._try, "Log Analytics", lambda: self._logs.events(name, run))
            events = joined(live.result(), kept.result())
            found = replace(of_execution(record, execution), provisioning=state, replicas=replicas.result())
        return replace(found, events=events, missing=tuple(self._missing))

    def _live(self, job: str, endpoint: str, run: str) -> list[SystemEvent]:
        if not endpoint:
            return []
        return eventstream.read(self._jobs.azure.http, endpoint, self._jobs.token(job), run)

    def _replicas(self, job: str, run: str) -> list[Replica]:
        return [_replica(one) for one in self._jobs.replicas(job, run)]

    def _try(self, source: str, ask: Callable[[], list[Any]]) -> list[Any]:
        try:
            return ask()
        except errors.AzdockError as failed:
            self._missing.append(f"{source} could not be read: {failed.message}")
            return []


def of_execution(record: ContainerRecord, execution: Json) -> Evidence:
    """What the execution itself says."""
    properties = execution.get("properties") or {}
    attempts = [
        Attempt(
            str(replica.get("name") or ""), str(one.get("name") or ""), one.get("code"), str(one.get("status") or ""),
            str(one.get("additionalInformation") or ""),
        )
        for replica in (properties.get("detailedStatus") or {}).get("replicas") or ()
        for one in replica.get("containers") or ()
    ]  # fmt: skip
    return Evidence(
        record,
        status=str(properties.get("status") or properties.get("runningStatus") or "Unknown"),
        reason=str(properties.get("reason") or ""),
        message=str(properties.get("message") or ""),
        run=str(execution["name"]),
        started=translation.time_of(properties.get("startTime")),
        ended=translation.time_of(properties.get("endTime")),
        attempts=attempts,
    )


def joined(live: list[SystemEvent], kept: list[SystemEvent]) -> list[SystemEvent]:
    """Both lists as one, oldest first. What reads alike is one event, at its first time and with its count, because Log
    Analytics stamps later than the stream."""
    found = _counted(live)
    for key, one in _counted(kept).items():
        known = found.get(key, one)
        found[key] = replace(one, time=min(one.time, known.time), count=max(one.count, known.count))
    return sorted(found.values(), key=lambda event: event.time)


def _counted(events: list[SystemEvent]) -> dict[tuple[str, str, str], SystemEvent]:
    found: dict[tuple[str, str, str], SystemEvent] = {}
    for one in events:
        key = (one.replica, one.reason, one.text)
        known = found.get(key)
        found[key] = one if known is None else replace(known, count=known.count + one.count)
    return found


def _replica(found: Json) -> Replica:
    properties = found.get("properties") or {}
    main: Json = next(
        (one for one in properties.get("containers") or () if one.get("name") == translation.CONTAINER), {}
    )
    return Replica(
        str(found.get("name") or ""),
        str(properties.get("runningState") or ""),
        str(properties.get("runningStateDetails") or ""),
        str(main.get("runningState") or ""),
        str(main.get("runningStateDetails") or ""),
    )
