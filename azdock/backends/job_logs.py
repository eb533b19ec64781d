"""The log engine over the runs of one Container Apps Job."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from azdock import errors
from azdock.azure.jobs import Jobs
from azdock.azure.loganalytics import Asked, LogAnalytics, Row
from azdock.azure.logstream import Cut, Record
from azdock.backends import aca_job_map as translation
from azdock.backends.log_history import History, resolved, within
from azdock.backends.log_reader import Batches, Reader
from azdock.backends.log_run import RunLog
from azdock.backends.log_source import Late, Notes, Steady
from azdock.backends.shim import Mark
from azdock.docker.channels import Ending, LogQuery
from azdock.docker.record import Status

# How long a log that is read may be without a connection.
CLOUD_SECONDS, EMBEDDED_SECONDS = 300.0, 2.0
PARTIAL = "Log Analytics gave a part of the lines only"


@dataclass(frozen=True)
class JobRun:
    """One execution of a job as a source of lines."""

    jobs: Jobs
    analytics: LogAnalytics
    job: str
    run: str
    steady: Steady
    marked: bool = False

    def replicas(self) -> list[tuple[str, str]]:
        """Names and log stream addresses of the replicas that have one, the oldest first."""
        if not self.run:
            return []
        try:
            replicas = self.steady(lambda: self.jobs.replicas(self.job, self.run))
        except errors.NotFound:
            return []
        found = [(str(one["name"]), address_of(one, "logStreamEndpoint")) for one in sorted(replicas, key=_created)]
        return [one for one in found if one[1]]

    def status(self) -> Status | None:
        """The run's present status; None when somebody has removed the job."""
        try:
            return translation.status_of(self.steady(lambda: self.jobs.execution(self.job, self.run)))
        except errors.NotFound:
            if self.steady(lambda: self.jobs.exists(self.job)):
                raise
            return None

    def prepare(self) -> None:
        """Ask for the stream's token while the container is still being started."""
        try:
            self.jobs.prepare_stream(self.job)
        except errors.AzdockError:
            return  # whoever opens the stream asks again, and tells

    def attempts(self) -> list[str]:
        """Names of the replicas that the execution tells of."""
        try:
            execution = self.steady(lambda: self.jobs.execution(self.job, self.run))
        except errors.NotFound:
            return []
        detailed = (execution.get("properties") or {}).get("detailedStatus") or {}
        return [str(one["name"]) for one in detailed.get("replicas") or () if one.get("name")]

    def restarts(self, replica: str) -> int:  # noqa: ARG002
        """Another attempt has another replica."""
        return 0

    def is_of_run(self, row: Row) -> bool:
        """A replica's name is its execution's with a suffix."""
        return row[3].startswith(f"{self.run}-")

    @property
    def apart(self) -> bool:
        """Each attempt has a replica of its own."""
        return True

    def stream(self, endpoint: str, *, follow: bool) -> Generator[list[Record], None, None]:
        """The live stream of a replica."""
        try:
            yield from self.jobs.stream(self.job, endpoint, follow=follow)
        except errors.Unreachable as lost:
            raise Cut(lost.message) from lost

    def rows(self, asked: Asked) -> list[Row]:
        """Rows of Log Analytics."""
        return self.steady(lambda: self.analytics.rows(self.job, asked))

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


@dataclass
class JobLogs:
    """Reads the logs of one job. `attempts` is how often a run may be tried, `marked` tells that the run shim marks
    its end, and `failure` words a mark of a command that could not be invoked. `sleep` and `clock` are the outside
    world's."""

    jobs: Jobs
    analytics: LogAnalytics
    job: str
    attempts: int = 1
    marked: bool = False
    failure: Callable[[Mark], str] = field(default=lambda mark: mark.failure)
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def read(self, query: LogQuery) -> Reader:
        """The lines asked for; a run that is followed is read from its beginning. Raises NotFound for a replica that
        there is not."""
        if query.replica:
            runs = self._newest()
            query = resolved(self._source(runs[0].run if runs else ""), query)
        if query.follow and query.run:
            return Reader(partial(self._follow, query.run))
        return Reader(partial(self._history, query))

    def status(self, run: str) -> Status:
        """The run's present status."""
        return translation.status_of(self.jobs.execution(self.job, run))

    def ended_soon(self, run: str) -> bool:
        """Whether the run ends now: what was sent to it ends before its execution does."""
        for seconds in (0.0, 0.02, 0.05, 0.1, 0.2):
            self.sleep(seconds)
            status = self._source(run).status()
            if status is None or status.state != "running":
                return True
        return False

    # ---- steps
    def _source(self, run: str) -> JobRun:
        azure = self.jobs.azure
        # An embedded Azure that is gone does not come back by itself.
        seconds = EMBEDDED_SECONDS if azure.is_embedded else CLOUD_SECONDS
        return JobRun(self.jobs, self.analytics, self.job, run, Steady(self._late, seconds, azure.moved), self.marked)

    @property
    def _late(self) -> Late:
        return Late(self.sleep, self.clock)

    def _follow(self, run: str) -> Batches:
        source, notes = self._source(run), Notes()
        log = RunLog(source, self._late, notes, self.attempts)
        source.prepare()
        yield from log.batches()
        return self._ending(source, notes, log.last)

    def _history(self, query: LogQuery) -> Batches:
        runs = self._newest()
        latest = runs[0] if runs else None
        source, notes, late = self._source(latest.run if latest else ""), Notes(), self._late
        history = History(source, late, notes, latest, only=len(runs) == 1, ago=_seconds_since(latest))
        if lines := history.lines(query):
            yield lines
        log = RunLog(source, late, notes, self.attempts, history.logs)
        if query.follow and latest and latest.state == "running":
            for batch in log.batches():
                lines = [line for line in batch if within(line, query, source.same_ns)]
                if lines:
                    yield lines
                if query.until_ns is not None and any(line.time_ns > query.until_ns for line in batch):
                    break
        return self._ending(source, notes, log.last)

    def _newest(self) -> list[Status]:
        """The statuses of the newest runs, two at most; none when there is no job any more."""
        found: list[Status] = []
        try:
            for execution in self.jobs.executions(self.job):
                found.append(translation.status_of(execution, now=datetime.now(UTC)))
                if len(found) == 2:
                    break
        except errors.NotFound:
            return []
        return found

    def _ending(self, source: JobRun, notes: Notes, mark: Mark | None) -> Ending:
        if source.partial:
            notes.lost(PARTIAL)
        failure = self.failure(mark) if mark is not None and mark.failure else ""
        return Ending(notes.missing, None if mark is None else mark.code, failure)


def _seconds_since(status: Status | None) -> float:
    """Seconds since a run has ended; 0 while it has not, or when Azure does not tell."""
    if status is None or not status.terminal or status.finished_at is None:
        return 0.0
    return max(0.0, (datetime.now(UTC) - status.finished_at).total_seconds())


def address_of(replica: dict[str, Any], field: str) -> str:
    """An address of the main container of a replica; "" before it has one."""
    for container in (replica.get("properties") or {}).get("containers") or ():
        if container.get("name") == translation.CONTAINER and container.get(field):
            return str(container[field])
    return ""


def _created(replica: dict[str, Any]) -> str:
    return str((replica.get("properties") or {}).get("createdTime") or "")
