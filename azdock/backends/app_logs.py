"""The log engine over the runs of one Container App."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from azdock import errors
from azdock.azure.apps import Apps
from azdock.azure.loganalytics import Asked, LogAnalytics, Row
from azdock.azure.logstream import Cut, Record, parse_time
from azdock.backends.aca_app_map import is_parked
from azdock.backends.job_logs import CLOUD_SECONDS, EMBEDDED_SECONDS, PARTIAL
from azdock.backends.log_history import History, resolved, within
from azdock.backends.log_reader import Batches, Reader
from azdock.backends.log_source import Late, Notes, Steady
from azdock.backends.log_together import Plan, Together
from azdock.backends.replicas import address_of, created, main_container
from azdock.backends.shim import Mark
from azdock.docker.channels import Ending, LogQuery
from azdock.docker.record import Status

Json = dict[str, Any]
BILLION = 1_000_000_000


def revision_of(run: str) -> str:
    """The revision of a run: later runs of the same one are numbered behind a "#"."""
    return run.partition("#")[0]


def created_ns(app: Json) -> int:
    """When an app was created, in Unix nanoseconds; 0 when Azure does not tell.

    SOURCE: learn.microsoft.com/rest/api/containerapps/container-apps/get (systemData).
    """
    text = str((app.get("systemData") or {}).get("createdAt") or "")
    return parse_time(text) if text else 0


@dataclass
class AppRun:
    """A run of an app as a source of lines: its revision, and those that take its place. `told` gives the app's present
    status and raises NotFound; `begun_ns` is when the run began, for one that is not the first of its revision."""

    apps: Apps
    analytics: LogAnalytics
    app: str
    run: str
    steady: Steady
    told: Callable[[], Status]
    marked: bool = False
    begun_ns: int | None = None
    _made_ns: int | None = None
    _restarts: dict[str, int] = field(default_factory=dict)
    _revisions: dict[str, None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.run:
            self._revisions[revision_of(self.run)] = None

    def replicas(self) -> list[tuple[str, str]]:
        """Names and log stream addresses of the replicas of every active revision, the oldest first."""
        try:
            return self.steady(self._listed)
        except errors.NotFound:
            return []

    def status(self) -> Status | None:
        """The run's present status; None when somebody has removed the app. A run that another one of the same revision
        has followed is over."""
        try:
            status = self.steady(self.told)
        except errors.NotFound:
            if self.steady(lambda: self.apps.exists(self.app)):
                raise
            return None
        other = self.run and status.run not in ("", self.run) and revision_of(status.run) == revision_of(self.run)
        return Status(state="exited", run=self.run, exit_known=False) if other else status

    def prepare(self) -> None:
        """Ask for the stream's token while the container is still being started."""
        try:
            self.apps.prepare_stream(self.app)
        except errors.AzdockError:
            return  # whoever opens the stream asks again, and tells

    def attempts(self) -> list[str]:
        """Replicas that were listed; Azure keeps no list of those that have been."""
        return list(self._restarts)

    def restarts(self, replica: str) -> int:
        """How often the container of a replica had been started anew when it was listed last."""
        return self._restarts.get(replica, 0)

    def is_of_run(self, row: Row) -> bool:
        """Whether a row is of the run's revision, and not of an earlier run of it."""
        later = self.begun_ns is None or row[0] >= self.begun_ns
        return later and any(row[3].startswith(f"{revision}-") for revision in self._revisions)

    @property
    def apart(self) -> bool:
        """A container is started anew in the same replica."""
        return False

    def stream(self, endpoint: str, *, follow: bool) -> Generator[list[Record], None, None]:
        """The live stream of a replica."""
        try:
            yield from self.apps.stream(self.app, endpoint, follow=follow)
        except errors.Unreachable as lost:
            raise Cut(lost.message) from lost
        except RuntimeError as closed:
            # httpx' word for a client that another thread has closed, because Azure is somewhere else now
            raise Cut(str(closed)) from closed

    def rows(self, asked: Asked) -> list[Row]:
        """Rows of Log Analytics; a run has those of its revision, and of the revisions that have taken its place."""
        if not asked.run:
            return self._since(asked, None)
        if asked.run != self.run:  # an earlier run
            return self._since(replace(asked, run=revision_of(asked.run)), None)
        alone = revision_of(asked.run) if len(self._revisions) < 2 else ""
        rows = self._since(replace(asked, run=alone), self.begun_ns)
        rows = rows if alone else [row for row in rows if self.is_of_run(row)]
        return rows if self.begun_ns is None else _without_earlier(rows, self.begun_ns + BILLION)

    def _since(self, asked: Asked, begun_ns: int | None) -> list[Row]:
        """Rows since a time, and never those of an app that had the same name before."""
        if self._made_ns is None:
            self._made_ns = self._made()
        since = max(one for one in (asked.since_ns, begun_ns, self._made_ns) if one is not None)
        limited = replace(asked, since_ns=since or None)
        return self.steady(lambda: self.analytics.rows(self.app, limited))

    def _made(self) -> int:
        """When the app was created, in Unix nanoseconds; 0 for one that is not there any more."""
        try:
            return created_ns(self.steady(lambda: self.apps.get(self.app)))
        except errors.NotFound:
            return 0

    @property
    def same_ns(self) -> int:
        """How exact the rows' times are."""
        return self.analytics.same_ns

    @property
    def keeps(self) -> bool:
        """Whether the environment sends its logs to Log Analytics."""
        return self.analytics.available

    @property
    def partial(self) -> bool:
        """Whether an answer left rows out."""
        return self.analytics.partial

    def _listed(self) -> list[tuple[str, str]]:
        replicas: list[Json] = []
        for revision in self.apps.revisions(self.app):
            if (revision.get("properties") or {}).get("active"):
                self._revisions[str(revision["name"])] = None
                replicas += self.apps.replicas(self.app, str(revision["name"]))
        for one in replicas:
            self._restarts[str(one["name"])] = int(main_container(one).get("restartCount") or 0)
        found = [(str(one["name"]), address_of(one, "logStreamEndpoint")) for one in sorted(replicas, key=created)]
        return [one for one in found if one[1]]


@dataclass
class AppLogs:
    """Reads the logs of one app. `status` gives its present status and raises NotFound. `attempts` is how often the
    command may be started before it has ended for good, None for one that is always started again; `several` tells that
    there may be more than one replica, `marked` that the run shim marks the command's end, and `failure` words a mark
    of a command that could not be invoked. `sleep` and `clock` are the outside world's."""

    apps: Apps
    analytics: LogAnalytics
    app: str
    status: Callable[[], Status]
    attempts: int | None = 1
    several: bool = False
    marked: bool = False
    failure: Callable[[Mark], str] = field(default=lambda mark: mark.failure)
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def read(self, query: LogQuery) -> Reader:
        """The lines asked for; a run that is followed is read from its beginning. Lines of several replicas come in the
        order of their arrival. Raises NotFound for a replica that there is not."""
        if query.replica:
            query = resolved(self._source("", None), query)
        together = self.several and not query.replica
        if query.follow and query.run:
            return Reader(partial(self._follow, query), together=together)
        return Reader(partial(self._history, query), together=together)

    # ---- steps
    def _source(self, run: str, latest: Status | None) -> AppRun:
        azure = self.apps.azure
        # An embedded Azure that is gone does not come back by itself.
        seconds = EMBEDDED_SECONDS if azure.is_embedded else CLOUD_SECONDS
        steady = Steady(self._late, seconds, azure.moved)
        known = latest is not None and latest.run == run and "#" in run
        begun = latest.started_at if latest is not None and known else None
        begun_ns = None if begun is None else int(begun.timestamp()) * BILLION
        return AppRun(self.apps, self.analytics, self.app, run, steady, self.status, self.marked, begun_ns)

    @property
    def _late(self) -> Late:
        return Late(self.sleep, self.clock)

    def _follow(self, query: LogQuery) -> Batches:
        latest = self.status() if "#" in query.run else None
        source, notes = self._source(query.run, latest), Notes()
        source.prepare()
        together = Together(source, self._late, notes, self._plan(query))
        yield from together.batches()
        return self._ending(source, notes, together.last)

    def _history(self, query: LogQuery) -> Batches:
        latest = self._latest()
        source, notes, late = self._source(latest.run if latest else "", latest), Notes(), self._late
        history = History(source, late, notes, latest, only=self._is_only(latest), ago=_seconds_since(latest))
        if lines := history.lines(query):
            yield lines
        goes_on = query.follow and latest is not None and bool(latest.run) and not latest.over
        together = Together(source, late, notes, self._plan(query), history.logs)
        if goes_on:
            for batch in together.batches():
                if lines := [line for line in batch if within(line, query, source.same_ns)]:
                    yield lines
                if query.until_ns is not None and any(line.time_ns > query.until_ns for line in batch):
                    break
        return self._ending(source, notes, together.last)

    def _plan(self, query: LogQuery) -> Plan:
        return Plan(self.attempts, self.several, query.replica)

    def _latest(self) -> Status | None:
        try:
            return self.status()
        except errors.NotFound:
            return None

    def _is_only(self, latest: Status | None) -> bool:
        """Whether no replica was there before those that are there now."""
        if latest is None or "#" in latest.run or self.several:
            return False
        try:
            # what was created and not started has a revision that ran nothing
            return sum(not is_parked(one) for one in self.apps.revisions(self.app)) == 1
        except errors.NotFound:
            return False

    def _ending(self, source: AppRun, notes: Notes, mark: Mark | None) -> Ending:
        if source.partial:
            notes.lost(PARTIAL)
        failure = self.failure(mark) if mark is not None and mark.failure else ""
        return Ending(notes.missing, None if mark is None else mark.code, failure)


def _without_earlier(rows: list[Row], begun_ns: int) -> list[Row]:
    """The rows without those of a replica that had ended before: Azure tells beginnings in whole seconds, and an
    earlier run may have ended in the same one."""
    last = {row[3]: row[0] for row in rows}
    newest = rows[-1][3] if rows else ""
    return [row for row in rows if row[3] == newest or last[row[3]] >= begun_ns]


def _seconds_since(status: Status | None) -> float:
    """Seconds since a run has ended; 0 while it has not, or when Azure does not tell."""
    if status is None or not status.terminal or status.finished_at is None:
        return 0.0
    return max(0.0, (datetime.now(UTC) - status.finished_at).total_seconds())
