"""The log of a job's runs: the live stream where it reaches, Log Analytics for the rest, merged by time.

The stream is immediate but shows 300 lines back at most, does not tell stdout from stderr, and vanishes with the
replica; Log Analytics has everything, late.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

from azdock import errors
from azdock.azure import logstream, progress, retry
from azdock.azure.jobs import Jobs
from azdock.azure.loganalytics import SAME_NS, LogAnalytics, Row, console_query
from azdock.azure.logstream import Overlap, StreamLine
from azdock.backends import aca_job_map as translation
from azdock.docker.channels import LogLine, LogQuery
from azdock.docker.record import Status

# How long Log Analytics is waited for: rows become visible after about two minutes.
LATE_SECONDS = 150.0
# Text of a row that is surely whole; longer ones may have been cut by the collector.
SURELY_WHOLE = 8_000


@dataclass(frozen=True, slots=True)
class History:
    """Lines in the order they were printed, and by replica what its live stream will show again."""

    lines: list[LogLine]
    shown: dict[str, Overlap]


@dataclass
class JobLogs:
    """Reads the logs of one job. `sleep` and `clock` are the outside world's."""

    jobs: Jobs
    analytics: LogAnalytics
    job: str
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def history(self, query: LogQuery, run: str) -> History:
        """Every line there is now: Log Analytics', and the live replicas' that have not arrived there. `run` is the
        latest run, whose replicas may still be listed."""
        rows: list[Row] = []
        if query.tail != 0:
            rows = self.analytics.rows(console_query(self.job, query.run, query.since_ns, query.until_ns, query.tail))
        live = {name: self._snapshot(endpoint) for name, endpoint in (self._listed(run) if run else ())}
        streamed = [line for lines in live.values() for line in lines]
        lines = [line for line in merged(rows, streamed) if within(line, query)]
        lines.sort(key=lambda line: line.time_ns)
        if query.tail is not None:
            lines = lines[max(0, len(lines) - query.tail) :]
        return History(lines, {name: Overlap.of(found) for name, found in live.items()})

    def follow(self, run: str, shown: dict[str, Overlap] | None = None) -> Iterator[LogLine]:
        """All lines of a run from its first until it has ended, or was removed; without those `shown` already."""
        shown, done = {} if shown is None else shown, set[str]()
        pause = retry.backoff(0.02, 1.0)
        while True:
            status = self._present(run)
            if status is None or status.state == "created":
                return  # removed, or its program could not be invoked: it never printed anything
            waiting = [one for one in self._listed(run) if one[0] not in done]
            if waiting:
                replica, endpoint = waiting[0]
                # There is another attempt only after the one before has ended.
                over = status.terminal or len(waiting) > 1
                complete = yield from self._read(run, endpoint, shown.setdefault(replica, Overlap()))
                if over and complete:
                    done.add(replica)
                    continue
                if not over and self.ended_soon(run):
                    continue
                pause = retry.backoff(0.02, 1.0)
            elif status.terminal:
                if len(done) <= status.restarts:
                    yield from self._late(run, [one.last for one in shown.values() if one.last])
                return
            seconds = pause()
            with progress.waiting("Azure starts the container", seconds) if not shown else nullcontext():
                self.sleep(seconds)

    def _read(self, run: str, endpoint: str, overlap: Overlap) -> Generator[LogLine, None, bool]:
        """One connection's new lines; whether the server ended it, and not the network."""
        try:
            yield from self._stream(endpoint, run, overlap)
        except logstream.Cut:
            pass  # what was read is good; the caller connects again
        except errors.NotFound:
            pass  # the replica went away between list and stream; Log Analytics has its lines
        else:
            return True
        return False

    def _present(self, run: str) -> Status | None:
        """The run's present status; None when somebody has removed the job."""
        try:
            return self.status(run)
        except errors.NotFound:
            if self.jobs.exists(self.job):
                raise
            return None

    def status(self, run: str) -> Status:
        """The run's present status."""
        return translation.status_of(self.jobs.execution(self.job, run))

    def ended_soon(self, run: str) -> bool:
        """Whether the run ends now: a stream ends a moment before its execution does."""
        for seconds in (0.0, 0.02, 0.05, 0.1, 0.2):
            self.sleep(seconds)
            status = self._present(run)
            if status is None or status.state != "running":
                return True
        return False

    def _stream(self, endpoint: str, run: str, overlap: Overlap) -> Iterator[LogLine]:
        first = overlap.last is None
        overlap.reconnect()
        live = self.jobs.stream(self.job, endpoint, follow=True)
        for line in live:
            if first:
                first = False
                if len(self._snapshot(endpoint)) >= logstream.MAX_TAIL:
                    yield from self._between(run, None, line)
            before = overlap.last
            if not overlap.take(line):
                continue
            if overlap.gap:
                overlap.close_gap()
                yield from self._between(run, before, line)
            yield LogLine("out", line.data, line.time_ns)

    def _between(self, run: str, before: StreamLine | None, after: StreamLine) -> Iterator[LogLine]:
        """Lines that the stream left out, from Log Analytics once it has the next one."""
        rows = self._wait_for(run, lambda found: _index(found, after) is not None)
        end = _index(rows, after)
        if end is None:
            progress.warn(
                "the log stream left lines out and Log Analytics does not have them yet: lines may be missing"
            )
            end = sum(row.time_ns < after.time_ns - SAME_NS for row in rows)
        start = 0
        if before is not None:
            found = _index(rows, before)
            start = sum(row.time_ns <= before.time_ns for row in rows) if found is None else found + 1
        yield from (_as_streamed(_of_row(row)) for row in rows[start:end])

    def _late(self, run: str, read: list[StreamLine]) -> Iterator[LogLine]:
        """What Log Analytics has of a run whose stream could not be read (to its end). `read` has the last line that
        was read of each replica."""
        last = max(read, key=lambda line: line.time_ns, default=None)
        counts: list[int] = []

        def settled(rows: list[Row]) -> bool:
            counts.append(len(rows))
            return len(counts) > 1 and counts[-1] == counts[-2] > 0

        rows = self._wait_for(run, settled)
        if not rows or counts[-1] != counts[-2]:
            progress.warn(
                "the run ended before its log could be read live: lines may be missing, see `azdock logs` later"
            )
        start = 0
        if last is not None:
            found = _index(rows, last)
            start = sum(row.time_ns <= last.time_ns for row in rows) if found is None else found + 1
        lines = (_of_row(row) for row in rows[start:])
        yield from map(_as_streamed, lines) if read else lines

    def _wait_for(self, run: str, enough: Callable[[list[Row]], bool]) -> list[Row]:
        deadline, pause = self.clock() + LATE_SECONDS, retry.backoff(0.1, 5.0)
        while True:
            rows = self.analytics.rows(console_query(self.job, run))
            if enough(rows) or self.clock() > deadline:
                return rows
            seconds = pause()
            with progress.waiting("Log Analytics does not have the lines yet", seconds):
                self.sleep(seconds)

    def _listed(self, run: str) -> list[tuple[str, str]]:
        """Names and log stream addresses of the replicas that have one, the oldest first."""
        try:
            replicas = self.jobs.replicas(self.job, run)
        except errors.NotFound:
            return []
        found = [(str(one["name"]), address_of(one, "logStreamEndpoint")) for one in sorted(replicas, key=_created)]
        return [one for one in found if one[1]]

    def _snapshot(self, endpoint: str) -> list[StreamLine]:
        try:
            return list(self.jobs.stream(self.job, endpoint, follow=False))
        except (logstream.Cut, errors.NotFound):
            return []  # the replica went away meanwhile; Log Analytics has its lines


def address_of(replica: dict[str, Any], field: str) -> str:
    """An address of the main container of a replica; "" before it has one."""
    for container in (replica.get("properties") or {}).get("containers") or ():
        if container.get("name") == translation.CONTAINER and container.get(field):
            return str(container[field])
    return ""


def merged(rows: list[Row], lines: list[StreamLine]) -> list[LogLine]:
    """The rows (oldest first), and the lines of the stream that are not among them, in no order.

    A line that both have takes its bytes and its time from the stream, which is exact, and stdout or stderr from the
    row: the stream does not tell them apart.
    """
    found = [_of_row(row) for row in rows]
    by_text: dict[str, list[int]] = {}
    begin = min((line.time_ns for line in lines), default=0) - SAME_NS
    for number in range(bisect_left(rows, begin, key=lambda row: row.time_ns), len(rows)):
        by_text.setdefault(rows[number].text[:SURELY_WHOLE], []).append(number)
    for line in logstream.whole(lines):
        known = by_text.get(line.text[:SURELY_WHOLE], [])
        same = _nearest(rows, known, line)
        if same is None:
            found.append(LogLine("out", line.data, line.time_ns))
        else:
            known.remove(same)
            found[same] = LogLine(found[same].stream, line.data, line.time_ns)
    return found


def _same(row: Row, line: StreamLine) -> bool:
    cut = len(row.text) > SURELY_WHOLE and line.text.startswith(row.text)
    return abs(row.time_ns - line.time_ns) <= SAME_NS and (row.text == line.text or cut)


def _index(rows: list[Row], line: StreamLine) -> int | None:
    return _nearest(rows, range(len(rows)), line)


def _nearest(rows: list[Row], numbers: Iterable[int], line: StreamLine) -> int | None:
    """The row that is this line. A program may print the same text again before a clock's rounding is over."""
    same = (number for number in numbers if _same(rows[number], line))
    return min(same, key=lambda number: abs(rows[number].time_ns - line.time_ns), default=None)


def _of_row(row: Row) -> LogLine:
    stream: Any = "err" if row.stream == "stderr" else "out"
    return LogLine(stream, (row.text + "\n").encode("utf-8", "surrogateescape"), row.time_ns)


def _as_streamed(line: LogLine) -> LogLine:
    """Between lines that the stream gave without telling stderr apart, a few on stderr would only mislead."""
    return replace(line, stream="out")


def within(line: LogLine, query: LogQuery) -> bool:
    """Whether a line is in the query's span of time, both ends included, as far as Azure's times are exact."""
    after = query.since_ns is None or line.time_ns >= query.since_ns - SAME_NS
    return after and (query.until_ns is None or line.time_ns <= query.until_ns + SAME_NS)


def _created(replica: dict[str, Any]) -> str:
    return str((replica.get("properties") or {}).get("createdTime") or "")
