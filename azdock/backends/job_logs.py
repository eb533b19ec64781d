"""The log of a job's runs: the live stream where it reaches, Log Analytics for the rest, merged by time.

The stream is immediate but shows 300 lines back at most, does not tell stdout from stderr, and vanishes with the
replica; Log Analytics has everything, late.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from azdock import errors
from azdock.azure import logstream, progress, retry
from azdock.azure.jobs import Jobs
from azdock.azure.loganalytics import LogAnalytics, Row, console_query
from azdock.azure.logstream import Overlap, StreamLine
from azdock.backends import aca_job_map as translation
from azdock.docker.channels import LogLine, LogQuery
from azdock.docker.record import Status

# How long Log Analytics is waited for: rows become visible after about two minutes.
LATE_SECONDS = 150.0
# Two clocks' worth of rounding between the stream's 100 ns and Log Analytics' floating point seconds.
SAME_NS = 2_000


@dataclass
class JobLogs:
    """Reads the logs of one job. `sleep` and `clock` are the outside world's."""

    jobs: Jobs
    analytics: LogAnalytics
    job: str
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    _token: str = field(default="", init=False)

    def history(self, query: LogQuery, run: str) -> list[LogLine]:
        """Every line there is now: Log Analytics', and the live replica's that have not arrived there. `run` is the
        latest run, whose replica may still be listed."""
        since, until = query.since_ns, query.until_ns
        rows = self.analytics.rows(console_query(self.job, query.run, since, until, query.tail))
        lines = [_of_row(row) for row in rows]
        endpoint = self._endpoint(run, set())[0] if run else ""
        if endpoint:
            lines += unknown_to(rows, self._snapshot(endpoint))
        lines = [line for line in lines if _within(line, query)]
        lines.sort(key=lambda line: line.time_ns)
        return lines[len(lines) - query.tail :] if query.tail is not None and query.tail < len(lines) else lines

    def follow(self, run: str, known: list[LogLine] | None = None) -> Iterator[LogLine]:
        """All lines of a run from its first until it has ended; without those `known` already."""
        overlap, read_replicas, streamed = Overlap(), set[str](), False
        skip = {(line.time_ns // 1000, line.data) for line in known or ()}
        pause = retry.backoff(0.02, 1.0)
        while True:
            status = self.status(run)
            if status.state == "created":
                return  # its program could not be invoked: it never printed anything
            ended = status.terminal
            endpoint, replica = self._endpoint(run, read_replicas)
            if endpoint:
                streamed = True
                complete = False
                try:
                    for line in self._stream(endpoint, run, overlap):
                        if (line.time_ns // 1000, line.data) not in skip:
                            yield line
                    complete = True
                except logstream.Cut:
                    progress.waiting("the log stream was interrupted", 0.0)
                except errors.NotFound:
                    pass  # the replica went away between list and stream; Log Analytics has its lines
                if ended and complete:
                    read_replicas.add(replica)
                    overlap.reconnect()
                    continue
                if not ended and self._ended_soon(run):
                    if complete:
                        read_replicas.add(replica)
                    continue
                pause = retry.backoff(0.02, 1.0)
            elif ended:
                if not streamed or not read_replicas:
                    yield from self._late(run, overlap.last, skip)
                return
            self.sleep(pause())

    def status(self, run: str) -> Status:
        """The run's present status."""
        return translation.status_of(self.jobs.execution(self.job, run))

    def _ended_soon(self, run: str) -> bool:
        """A stream ends a moment before its execution does: look for a while before reconnecting."""
        for seconds in (0.0, 0.02, 0.05, 0.1, 0.2):
            self.sleep(seconds)
            if self.status(run).state != "running":
                return True
        return False

    def _stream(self, endpoint: str, run: str, overlap: Overlap) -> Iterator[LogLine]:
        first = overlap.last is None
        overlap.reconnect()
        live = logstream.read(self.jobs.azure.http, endpoint, self.token(), follow=True)
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
        yield from (_of_row(row) for row in rows[start:end])

    def _late(self, run: str, last: StreamLine | None, skip: set[tuple[int, bytes]]) -> Iterator[LogLine]:
        """What Log Analytics has of a run whose stream could not be read (to its end)."""
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
        for row in rows[start:]:
            line = _of_row(row)
            if (line.time_ns // 1000, line.data) not in skip:
                yield line

    def _wait_for(self, run: str, enough: Callable[[list[Row]], bool]) -> list[Row]:
        deadline, pause = self.clock() + LATE_SECONDS, retry.backoff(0.1, 5.0)
        while True:
            rows = self.analytics.rows(console_query(self.job, run))
            if enough(rows) or self.clock() > deadline:
                return rows
            seconds = pause()
            progress.waiting("Log Analytics does not have the lines yet", seconds)
            self.sleep(seconds)

    def _endpoint(self, run: str, without: set[str]) -> tuple[str, str]:
        """Log stream address and name of the newest replica of a run that was not read to its end."""
        try:
            replicas = self.jobs.replicas(self.job, run)
        except errors.NotFound:
            return "", ""
        for replica in sorted(replicas, key=_created):
            if replica["name"] not in without and (address := address_of(replica, "logStreamEndpoint")):
                return address, str(replica["name"])
        return "", ""

    def _snapshot(self, endpoint: str) -> list[StreamLine]:
        try:
            return list(logstream.read(self.jobs.azure.http, endpoint, self.token(), follow=False))
        except (logstream.Cut, errors.NotFound):
            return []  # the replica went away meanwhile; Log Analytics has its lines

    def token(self) -> str:
        """The job's token, asked for once."""
        self._token = self._token or self.jobs.token(self.job)
        return self._token


def address_of(replica: dict[str, Any], field: str) -> str:
    """An address of the main container of a replica; "" before it has one."""
    for container in (replica.get("properties") or {}).get("containers") or ():
        if container.get("name") == translation.CONTAINER and container.get(field):
            return str(container[field])
    return ""


def unknown_to(rows: list[Row], lines: list[StreamLine]) -> list[LogLine]:
    """The stream's lines that Log Analytics does not have."""
    remaining: dict[str, list[int]] = {}
    for row in rows:
        remaining.setdefault(row.text, []).append(row.time_ns)
    found = []
    for line in lines:
        times = remaining.get(line.text, [])
        same = next((one for one in times if abs(one - line.time_ns) <= SAME_NS), None)
        if same is None:
            found.append(LogLine("out", line.data, line.time_ns))
        else:
            times.remove(same)
    return found


def _index(rows: list[Row], line: StreamLine) -> int | None:
    for number, row in enumerate(rows):
        if abs(row.time_ns - line.time_ns) <= SAME_NS and row.text == line.text:
            return number
    return None


def _of_row(row: Row) -> LogLine:
    stream: Any = "err" if row.stream == "stderr" else "out"
    return LogLine(stream, (row.text + "\n").encode("utf-8", "surrogateescape"), row.time_ns)


def _within(line: LogLine, query: LogQuery) -> bool:
    after = query.since_ns is None or line.time_ns >= query.since_ns
    return after and (query.until_ns is None or line.time_ns <= query.until_ns)


def _created(replica: dict[str, Any]) -> str:
    return str((replica.get("properties") or {}).get("createdTime") or "")
