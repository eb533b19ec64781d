"""One run followed to its end: attempt after attempt, over broken connections, and what could not be read live."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import nullcontext

from azdock.azure import progress, retry
from azdock.azure.loganalytics import Asked, Row
from azdock.backends.log_marks import SIGN, Marks
from azdock.backends.log_replica import ReplicaLog
from azdock.backends.log_source import WITHOUT_HISTORY, Late, Notes, Source
from azdock.backends.shim import Mark
from azdock.docker.channels import LogLine
from azdock.docker.record import Status

SIGNALLED = 128  # exit codes of commands that a signal has ended are larger
UNREAD = "the run ended before its log could be read live, and Log Analytics does not have all of it yet"

# Whoever comes soon reads all of the live stream; later, Log Analytics has to be waited for.
FIRST_PAUSE = 0.004


class RunLog:
    """The lines of one run. `attempts` is how many replicas it may have one after the other; `logs` has those that
    were read in part already."""

    def __init__(
        self, source: Source, late: Late, notes: Notes, attempts: int = 1, logs: dict[str, ReplicaLog] | None = None
    ) -> None:
        self._source, self._late, self._notes = source, late, notes
        self._attempts = attempts
        self._logs: dict[str, ReplicaLog] = {} if logs is None else logs
        self._done = {name for name, log in self._logs.items() if log.marks.ended}
        self.last: Mark | None = None  # with the exit code of the attempt that ended last

    def batches(self) -> Iterator[list[LogLine]]:
        """All lines until the run has ended, or was removed."""
        if any(self._is_last(self._logs[name]) for name in self._done):
            return
        over, ended, pause = set[str](), False, retry.backoff(FIRST_PAUSE, 1.0)
        while True:
            waiting = [one for one in self._source.replicas() if one[0] not in self._done]
            if waiting:
                name, endpoint = waiting[0]
                log = self._log(name)
                # There is another attempt only after the one before has ended.
                final = ended or name in over or len(waiting) > 1
                clean, got = yield from self._read(log, endpoint)
                if log.marks.ended or (clean and final):
                    self._done.add(name)
                    if lines := log.end():
                        yield lines
                    if self._is_last(log):
                        return
                    continue
                if got:
                    pause = retry.backoff(FIRST_PAUSE, 1.0)
                    if log.marks.begun:
                        continue  # its end will be marked: nobody needs to be asked whether it has come
            status = self._source.status()
            if status is None or status.state == "created":
                return  # removed, or its program could not be invoked: it never printed anything
            if status.terminal and not ended:
                ended = True  # what is listed now is looked at once more
                continue
            if ended and not waiting:
                yield from self._late_lines(status)
                return
            seconds = pause()
            starting = not self._logs and not waiting
            with progress.waiting("Azure starts the container", seconds) if starting else nullcontext():
                self._late.sleep(seconds)

    # ---- steps
    def _read(self, log: ReplicaLog, endpoint: str) -> Generator[list[LogLine], None, tuple[bool, bool]]:
        """One connection: whether it was read to an end, and whether it gave anything."""
        before = log.count
        clean = yield from log.connection(endpoint)
        return clean, log.count > before

    def _log(self, name: str) -> ReplicaLog:
        if name not in self._logs:
            self._logs[name] = ReplicaLog(self._source, name, self._late, self._notes)
        return self._logs[name]

    def _is_last(self, log: ReplicaLog) -> bool:
        """Whether no attempt follows this one, as its mark tells."""
        self.last = log.marks.end or self.last
        if log.marks.end is None:
            return False
        return log.marks.end.code == 0 or len(self._done) >= self._attempts

    def _late_lines(self, status: Status) -> Iterator[list[LogLine]]:
        """What Log Analytics has of attempts whose stream could not be read to its end."""
        unread = [name for name in self._source.attempts() if name not in self._done]
        if not unread and len(self._done) > status.restarts:
            return
        if not self._source.keeps:
            self._notes.lost(WITHOUT_HISTORY)
            return
        counts: list[int] = []

        def settled(rows: list[Row]) -> bool:
            if not self._source.keeps:
                return True
            counts.append(len(rows))
            state = [ending(rows, name, self._source.run) for name in unread]
            if state and all(marks.ended for marks in state):
                return True
            if any(marks.begun and not marks.ended for marks in state) and was_free(status):
                return False  # its end was marked, and the mark will come
            return len(counts) > 1 and counts[-1] == counts[-2] > 0

        rows, complete = self._late.rows(lambda: self._source.rows(Asked(run=self._source.run)), settled)
        if not complete:
            self._notes.lost(UNREAD)
        for name in dict.fromkeys(row[3] for row in rows):
            if name not in self._done:
                log = self._log(name)
                if lines := log.rest(log.own(rows)):
                    yield lines
                self._done.add(name)
                self.last = log.marks.end or self.last


def ending(rows: list[Row], name: str, run: str) -> Marks:
    """What the marks among the rows of a replica tell."""
    marks = Marks(name, run)
    marks.rows(row for row in rows if row[3] == name and row[2].rfind(SIGN) >= 0)
    return marks


def was_free(status: Status) -> bool:
    """Whether a run's command came to its own end, so that the shim surely marked it: no signal ended the two."""
    return status.exit_known and status.exit_code < SIGNALLED and status.reason != "DeadlineExceeded"
