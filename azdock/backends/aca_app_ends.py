"""How an app's command ended: from the run shim's mark in the log, else from the platform's events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from threading import Event
from typing import Any

from azdock import errors
from azdock.azure import errors as translate
from azdock.azure import logstream
from azdock.azure.apps import Apps
from azdock.azure.logstream import Record
from azdock.backends import aca_app_status as view
from azdock.backends import aca_job_shim, app_ends, shim
from azdock.backends.app_ends import End
from azdock.backends.replicas import address_of, created
from azdock.backends.shim import Mark
from azdock.docker import signals
from azdock.docker.record import ContainerRecord, Status

Json = dict[str, Any]
# What azdock says when Azure does not tell the container's code.
STOPPED_CODE, FAILED_CODE = 137, 1


@dataclass(frozen=True, slots=True)
class Told:
    """The last end that a container's log tells of; `over` says that nothing was begun after it."""

    mark: Mark
    time: datetime
    over: bool


class AppEnds:
    """Looks for ends; one that is in the log is not asked of anybody else."""

    def __init__(self, apps: Apps) -> None:
        self._apps = apps

    def told(self, name: str, replicas: Sequence[Json]) -> Told | None:
        """What the logs of the replicas, the newest first, tell just now."""
        for replica in sorted(replicas, key=created, reverse=True):
            if address := address_of(replica, "logStreamEndpoint"):
                try:
                    if found := last(self._records(name, address, follow=False), str(replica["name"])):
                        return found
                except (logstream.Cut, errors.NotFound, errors.AzureFailure):
                    continue  # the replica goes away; others may tell
        return None

    def awaited(self, name: str, replicas: Sequence[Json], opened: Event) -> Told | None:
        """The end that the log of the newest replica comes to; None when the log ends without telling it. `opened` is
        set when it is being read."""
        replica = max(replicas, key=created)
        address = address_of(replica, "logStreamEndpoint")
        seen: list[Record] = []
        try:
            with closing(self._apps.stream(name, address, follow=True)) as stream:
                for batch in stream:
                    seen = [*seen[-1:], *batch]
                    found = last(seen, str(replica["name"]))
                    if found is not None and found.over:
                        return found
                    opened.set()
        except (logstream.Cut, errors.NotFound, errors.AzureFailure):
            return None
        return None

    def event(self, app: Json, run: str, since: datetime | None) -> End | None:
        """The last end of a run that the platform's events tell of. `since` is when the run began: earlier runs of the
        same revision have ends, too."""
        endpoint = str(app["properties"].get("eventStreamEndpoint") or "")
        found = app_ends.recent(self._apps, str(app["name"]), endpoint, view.revision_of(run))
        if since is not None:
            found = [one for one in found if one.time >= since.replace(microsecond=0)]
        return app_ends.last_end(found, own=True)

    def status(self, record: ContainerRecord, app: Json, replicas: Sequence[Json], told: Told | None = None) -> Status:
        """The final status of the app's present run, whose container has ended for good."""
        run, look = view.run_of(app, record.seen.run), view.look(record, replicas)
        wrapped = aca_wrapped(record)
        if told is None and wrapped:
            told = self.told(str(app["name"]), replicas)
        end = None
        if told is None or told.mark.code == signals.KILLED:
            end = self.event(app, run, look.began or record.seen.started_at)
        base = Status(
            state="exited",
            run=run,
            started_at=look.began or record.seen.started_at,
            restarts=_restarts(record, look),
        )
        return _final(record, base, told, end, view.is_stopped(app))

    def _records(self, name: str, address: str, *, follow: bool) -> list[Record]:
        with closing(self._apps.stream(name, address, follow=follow)) as stream:
            return [record for batch in stream for record in batch]


def aca_wrapped(record: ContainerRecord) -> bool:
    """Whether the record's command runs in the run shim."""
    return "linger" in record.handle


def last(records: Iterable[Record], replica: str) -> Told | None:
    """The last end that records of a replica tell of."""
    found: Told | None = None
    for stamp, text in records:
        mark = shim.split(text)[1]
        if mark is None or mark.token not in (replica, "-"):
            continue
        if mark.kind == "end":
            nanoseconds = logstream.parse_time(stamp)
            found = Told(mark, datetime.fromtimestamp(nanoseconds / 1e9, UTC), over=True)
        elif found is not None:
            found = Told(found.mark, found.time, over=False)
    return found


def _restarts(record: ContainerRecord, look: view.Look) -> int:
    """How often the command ran again: a container that waits after the end was started for that once more."""
    again = view.runs_again(record.spec)
    resting = look.restarts - (1 if look.runs and look.restarts else 0)
    return max(0, resting if again in (None, -1) else min(resting if look.runs else look.restarts, again or 0))


def _final(record: ContainerRecord, base: Status, told: Told | None, end: End | None, stopped: bool) -> Status:
    if told is not None:
        base = replace(base, exit_code=told.mark.code, finished_at=told.time)
        if told.mark.failure:
            return replace(base, state="created", error=aca_job_shim.failure(told.mark, record))
        oom = end is not None and end.reason == "OOMKilled"
        return replace(base, oom_killed=oom, reason="OOMKilled" if oom else "")
    if end is None:
        code = STOPPED_CODE if stopped else FAILED_CODE
        return replace(base, exit_code=code, exit_known=False)
    base = replace(base, finished_at=end.time, reason="" if end.reason == "ProcessExited" else end.reason)
    if end.reason == "ContainerCreateFailure":
        code = translate.invocation_code(f"{end.reason}: {end.text}") or 126
        return replace(base, state="created", exit_code=code, error=end.text or end.reason)
    if end.code is None:
        code = STOPPED_CODE if stopped or end.reason in app_ends.STOPPED else FAILED_CODE
        return replace(base, exit_code=code, exit_known=False, error=end.text)
    return replace(base, exit_code=end.code, oom_killed=end.reason == "OOMKilled", error=end.text)
