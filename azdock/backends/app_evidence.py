"""Gathers what Azure tells about an app: its revision, its replicas, the platform's events, and its last lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from azdock import errors
from azdock.azure import eventstream
from azdock.azure.apps import Apps
from azdock.azure.loganalytics import Asked, LogAnalytics
from azdock.azure.logstream import Cut
from azdock.azure.systemlogs import SystemEvent, SystemLogs
from azdock.backends import app_ends
from azdock.backends.app_ends import End
from azdock.backends.app_logs import created_ns, revision_of
from azdock.backends.evidence import Replica, event_note, replica_note
from azdock.backends.job_evidence import joined
from azdock.backends.log_marks import Marks
from azdock.backends.log_records import Joiner
from azdock.backends.replicas import address_of, created, main_container
from azdock.docker.channels import LogLine
from azdock.docker.explanation import Note
from azdock.docker.record import ContainerRecord

Json = dict[str, Any]
T = TypeVar("T")
# How many of the last lines are shown, and how many rows are looked through for them.
LINES, ROWS = 5, 40


@dataclass(frozen=True, slots=True)
class AppEvidence:
    """Everything known of an app and the revision of its latest run.

    `provisioning` is the app's provisioningState, `state`, `details` and `error` are the revision's runningState,
    runningStateDetails and provisioningError. `events` are oldest first, `tail` are the last lines. `missing` are
    sentences.
    """

    record: ContainerRecord
    provisioning: str = "Succeeded"
    stopped: bool = False
    revision: str = ""
    made: datetime | None = None
    state: str = ""
    details: str = ""
    error: str = ""
    restarts: int = 0
    replicas: Sequence[Replica] = ()
    events: Sequence[SystemEvent] = ()
    tail: Sequence[LogLine] = ()
    missing: Sequence[str] = ()

    @property
    def end(self) -> End | None:
        """How the container ended last."""
        return app_ends.last_end(self.events, own=True)

    def notes(self) -> tuple[Note, ...]:
        """The evidence as dated lines, newest last; what has no date comes first, and the last lines come last."""
        found = [replica_note(one) for one in self.replicas]
        if self.revision:
            words = [f"{self.revision} is {self.state or 'unknown'}", self.details]
            words += [self.error] if self.error not in self.details else []
            found.append(Note(self.made, "revision", ": ".join(word for word in words if word)))
        found += [event_note(one) for one in self.events]
        found.sort(key=lambda note: 0.0 if note.time is None else note.time.timestamp())
        return (*found, *(Note(datetime.fromtimestamp(one.time_ns / 1e9, UTC), "log", said(one)) for one in self.tail))


class Gathering:
    """Asks in parallel; a source that does not answer is named in `missing`, and the others are used."""

    def __init__(self, apps: Apps, logs: SystemLogs, analytics: LogAnalytics) -> None:
        self._apps, self._logs, self._analytics = apps, logs, analytics
        self._missing: list[str] = []

    def gather(self, record: ContainerRecord, app: str) -> AppEvidence:
        """Everything about the latest run. Raises NotFound when the app is gone."""
        found = self._apps.get(app)
        properties = found.get("properties") or {}
        revision = revision_of(record.seen.run) or str(properties.get("latestRevisionName") or "")
        endpoint = str(properties.get("eventStreamEndpoint") or "")
        with ThreadPoolExecutor(4) as pool:
            facts = pool.submit(self._try, "the revision", lambda: self._revision(app, revision), {})
            listed = pool.submit(self._try, "replicas", lambda: self._replicas(app, revision), [])
            live = pool.submit(self._try, "the live event stream", lambda: self._live(app, endpoint, revision), [])
            kept = pool.submit(self._try, "Log Analytics", lambda: self._logs.events(app, revision), [])
            replicas = listed.result()
            since = created_ns(found)
            tail: list[LogLine] = self._try("the last lines", lambda: self._tail(app, revision, replicas, since), [])
            # an app of the same name may have been there before, with a revision of the same name
            events = joined(*(_since(one.result(), since) for one in (live, kept)))
            known = facts.result()
        return replace(
            _of_revision(record, revision, known),
            provisioning=str(properties.get("provisioningState") or ""),
            stopped=str(properties.get("runningStatus") or properties.get("runningState") or "") == "Stopped",
            restarts=sum(int(main_container(one).get("restartCount") or 0) for one in replicas),
            replicas=[replica_of(one) for one in replicas],
            events=events,
            tail=tail,
            missing=tuple(self._missing),
        )

    # ---- steps
    def _revision(self, app: str, revision: str) -> Json:
        return self._apps.revision(app, revision) if revision else {}

    def _replicas(self, app: str, revision: str) -> list[Json]:
        return sorted(self._apps.replicas(app, revision), key=created) if revision else []

    def _live(self, app: str, endpoint: str, revision: str) -> list[SystemEvent]:
        if not endpoint or not revision:
            return []
        return eventstream.read(self._apps.azure.http, endpoint, self._apps.token(app), revision)

    def _tail(self, app: str, revision: str, replicas: Sequence[Json], since_ns: int) -> list[LogLine]:
        """The last lines of the newest replica that has some, live or from Log Analytics as it is now."""
        for one in reversed(replicas):
            if address := address_of(one, "logStreamEndpoint"):
                marks = Marks(str(one["name"]), revision)
                if lines := marks.lines(Joiner().feed(self._shown(app, address))):
                    return lines[-LINES:]
        if not revision:
            return []
        rows = self._analytics.rows(app, Asked(run=revision, since_ns=since_ns or None, tail=ROWS))
        name = rows[-1][3] if rows else ""
        return Marks(name, revision).rows(row for row in rows if row[3] == name)[-LINES:]

    def _shown(self, app: str, address: str) -> list[tuple[str, str]]:
        try:
            return [record for records in self._apps.stream(app, address, follow=False) for record in records]
        except (Cut, errors.NotFound):
            return []  # the replica went away meanwhile

    def _try(self, source: str, ask: Callable[[], T], nothing: T) -> T:
        try:
            return ask()
        except errors.AzdockError as failed:
            self._missing.append(f"{source} could not be read: {failed.message}")
            return nothing


def said(line: LogLine) -> str:
    """A line's text."""
    return line.data.decode("utf-8", "replace").rstrip("\r\n")


def _since(events: Sequence[SystemEvent], since_ns: int) -> list[SystemEvent]:
    return [one for one in events if one.time.timestamp() >= since_ns // 1_000_000_000]  # some tell whole seconds


def replica_of(found: Json) -> Replica:
    """A replica as evidence."""
    properties, main = found.get("properties") or {}, main_container(found)
    return Replica(
        str(found.get("name") or ""),
        str(properties.get("runningState") or ""),
        str(properties.get("runningStateDetails") or ""),
        str(main.get("runningState") or ""),
        str(main.get("runningStateDetails") or ""),
    )


def _of_revision(record: ContainerRecord, name: str, found: Json) -> AppEvidence:
    properties = found.get("properties") or {}
    made = str(properties.get("createdTime") or "")
    return AppEvidence(
        record,
        revision=name,
        made=datetime.fromisoformat(made.replace("Z", "+00:00")) if made else None,
        state=str(properties.get("runningState") or ""),
        details=str(properties.get("runningStateDetails") or ""),
        error=str(properties.get("provisioningError") or ""),
    )
