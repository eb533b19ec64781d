"""Several replicas followed side by side: a connection and a thread for each, their lines in the order of arrival."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass

from azdock.azure import progress, retry
from azdock.azure.loganalytics import Asked, Row
from azdock.backends.log_marks import Marks
from azdock.backends.log_replica import ReplicaLog
from azdock.backends.log_run import FIRST_PAUSE, UNREAD, ending, was_free
from azdock.backends.log_source import WITHOUT_HISTORY, Late, Notes, Source
from azdock.backends.replicas import is_named
from azdock.backends.shim import Mark
from azdock.docker.channels import LogLine
from azdock.docker.record import Status

# How often replicas that have come and gone are looked for, and the state of one that is quiet.
LIST_SECONDS, STATUS_SECONDS = 1.5, 10.0
# A stream that could be open for ever although the run is over: nothing more comes after such a silence.
SETTLE_SECONDS = 1.0
# Connections that may break, one after the other, before a replica that is not listed any more is given up.
TRIES = 3
# Pieces that wait for a reader who is slow: then the streams wait, too.
BACKLOG = 1_000
Arrival = Sequence[LogLine] | BaseException | None


@dataclass(frozen=True)
class Plan:
    """What is known of a container from the start: how many starts it may have before it has ended for good (None: it
    is started again and again), whether there may be several replicas, and which one is `wanted` ("" is any)."""

    attempts: int | None = 1
    several: bool = False
    wanted: str = ""

    def is_last(self, marks: Marks) -> bool:
        """Whether the marks of a replica tell that its command has ended for good."""
        if self.attempts is None or marks.end is None or not marks.ended:
            return False
        return marks.end.code == 0 or marks.runs >= self.attempts

    def wants(self, replica: str) -> bool:
        """Whether the lines of this replica are asked for."""
        return not self.wanted or is_named(replica, self.wanted)


class Reading:
    """One replica that is being read, in a thread of its own, which gives lines, None after each connection, and what
    has made it fail. `listed` tells whether Azure still lists the replica."""

    def __init__(self, log: ReplicaLog, address: str, put: Callable[[Arrival], None]) -> None:
        self.log, self.address, self.listed, self.final = log, address, True, False
        self._put = put
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"log of {log.name}", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    @property
    def over(self) -> bool:
        """Whether nothing more is read."""
        return not self._thread.is_alive()

    def finish(self) -> None:
        """Read what there is: the run is over."""
        self.final = True
        self._wake.set()

    def drop(self) -> None:
        """Read no more; what arrives from now on is thrown away."""
        self.log.closed = True
        self._wake.set()

    def _run(self) -> None:
        try:
            self._read()
        except BaseException as failed:  # raised again by the thread that reads the log
            self._give(failed)
        finally:
            self._give(None)

    def _give(self, item: Arrival) -> None:
        if not self.log.closed:  # else nobody takes it, and there may be no room
            self._put(item)

    def _read(self) -> None:
        pause, broken, log = retry.backoff(FIRST_PAUSE, LIST_SECONDS), 0, self.log
        while not log.closed:
            final, before = self.final, log.count
            for lines in log.connection(self.address):
                self._give(lines)
            self._give(None)
            broken = 0 if log.whole else broken + 1
            leaving = final or not self.listed
            if (leaving and (log.whole or broken >= TRIES)) or (self.final and log.is_last(log.marks)):
                return
            if log.count > before:
                pause = retry.backoff(FIRST_PAUSE, LIST_SECONDS)
            self._wake.wait(pause())


class Together:
    """The lines of the replicas of one run, and of those that take their place, until the run has ended. `logs` has
    those that were read in part already. `clock` is the outside world's."""

    def __init__(
        self,
        source: Source,
        late: Late,
        notes: Notes,
        plan: Plan,
        logs: dict[str, ReplicaLog] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source, self._late, self._notes, self._plan, self._clock = source, late, notes, plan, clock
        self._logs: dict[str, ReplicaLog] = {} if logs is None else logs
        self._readings: dict[str, Reading] = {}
        self._arrived: queue.Queue[Arrival] = queue.Queue(BACKLOG)
        self._up = False
        self.last: Mark | None = None  # with the exit code of the command that ended last

    def batches(self) -> Iterator[Sequence[LogLine]]:
        """All lines until the run has ended, or was removed."""
        try:
            yield from self._follow()
        finally:
            for reading in self._readings.values():
                reading.drop()
            with suppress(queue.Empty):
                while True:
                    self._arrived.get_nowait()  # whoever waits for room goes on, to its end

    # ---- steps
    def _follow(self) -> Iterator[Sequence[LogLine]]:
        pause, asked = retry.backoff(FIRST_PAUSE, LIST_SECONDS), 0.0
        while True:
            self._look()
            seconds = pause()
            starting = not self._logs and not self._up
            with progress.waiting("Azure starts the container", seconds) if starting else nullcontext():
                got, ended = yield from self._given(seconds)
            if self._is_last():
                yield from self._settled()
                return
            if got and ended:
                pause = retry.backoff(FIRST_PAUSE, LIST_SECONDS)
            if self._readings and not ended and self._clock() - asked < STATUS_SECONDS:
                continue
            status, asked = self._source.status(), self._clock()
            self._up = status is not None and status.state == "running"
            if status is None or status.over:
                self._look()
                yield from self._settled()
                if status is not None and status.terminal:
                    yield from self._late_lines(status)
                return

    def _look(self) -> None:
        """Begin to read the replicas that are new."""
        listed = {name: address for name, address in self._source.replicas() if self._plan.wants(name)}
        for name, reading in self._readings.items():
            reading.listed, reading.address = name in listed, listed.get(name, reading.address)
        for name, address in listed.items():
            if name not in self._readings:
                if name not in self._logs:
                    self._logs[name] = ReplicaLog(self._source, name, self._late, self._notes)
                self._logs[name].once, self._logs[name].is_last = self._once, self._plan.is_last
                self._readings[name] = Reading(self._logs[name], address, self._arrived.put)
                self._readings[name].start()

    @property
    def _once(self) -> bool:
        """Whether the command should have run once, and its end is not marked."""
        return self._plan.attempts == 1 and not self._plan.several and not self._source.marked

    def _given(self, seconds: float) -> Generator[Sequence[LogLine], None, tuple[bool, bool]]:
        """What arrives within so many seconds, or until a connection has ended: whether anything has, and that."""
        deadline, got = self._clock() + seconds, False
        while (left := deadline - self._clock()) > 0:
            try:
                item = self._arrived.get(timeout=left)
            except queue.Empty:
                break
            if item is None:
                return got, True
            yield _lines(item)
            got = True
        return got, False

    def _is_last(self) -> bool:
        """Whether a mark tells that the command has ended for good."""
        for marks in (reading.log.marks for reading in self._readings.values()):
            self.last = marks.end if marks.ended else self.last
            if not self._plan.several and self._plan.is_last(marks):
                return True
        return False

    def _settled(self) -> Iterator[Sequence[LogLine]]:
        """What is still on its way, now that the run is over."""
        for reading in self._readings.values():
            reading.finish()
        with suppress(queue.Empty):
            while not all(reading.over for reading in self._readings.values()):
                item = self._arrived.get(timeout=SETTLE_SECONDS)
                if item is not None:
                    yield _lines(item)
        for reading in self._readings.values():
            with reading.log.lock:
                reading.drop()
        with suppress(queue.Empty):
            while True:
                if (item := self._arrived.get_nowait()) is not None:
                    yield _lines(item)
        for reading in self._readings.values():
            if lines := reading.log.end():
                yield lines
            self.last = reading.log.marks.end or self.last

    def _late_lines(self, status: Status) -> Iterator[Sequence[LogLine]]:
        """What Log Analytics has of replicas that could not be read to their end."""
        unread = [log for log in self._logs.values() if not self._is_read(log, status)]
        if self._logs and not unread and not self._plan.several:
            return
        if not self._source.keeps:
            self._notes.lost(WITHOUT_HISTORY)
            return
        free = self._source.marked and was_free(status) and not self._plan.several
        settled = Settled(self._source, [log.name for log in unread], free)
        asked = Asked(run=self._source.run, until_ns=_end_ns(status) if self._once else None)
        rows, complete = self._late.rows(lambda: self._source.rows(asked), settled)
        if not complete:
            self._notes.lost(UNREAD)
        for name in dict.fromkeys(row[3] for row in rows if self._plan.wants(row[3])):
            log = self._logs.get(name) or ReplicaLog(self._source, name, self._late, self._notes)
            if name not in self._logs or log in unread:
                if lines := log.rest(log.own(rows)):
                    yield lines
                self.last = log.marks.end or self.last

    def _is_read(self, log: ReplicaLog, status: Status) -> bool:
        """Whether a replica was read to its end: to the marks of its end, if it must have some."""
        if log.marks.ended:
            return True
        return log.whole and not log.empty and not (self._source.marked and was_free(status))


class Settled:
    """Tells whether Log Analytics has all that is waited for: the end marks of a command that was `free` to end by
    itself, else as many rows as a look before. `names` are the replicas; without any, all that have rows."""

    def __init__(self, source: Source, names: Sequence[str], free: bool) -> None:
        self._source, self._names, self._free = source, names, free
        self._before = -1

    def __call__(self, rows: list[Row]) -> bool:
        """Whether these rows are all."""
        if not self._source.keeps:
            return True
        if self._free:
            names = self._names or list(dict.fromkeys(row[3] for row in rows))
            return bool(names) and all(ending(rows, name, self._source.run).ended for name in names)
        before, self._before = self._before, len(rows)
        return before == len(rows) > 0


def _end_ns(status: Status) -> int | None:
    """A time that is surely not before the end of a run, and not long after it; None when Azure does not tell one."""
    if status.finished_at is None:
        return None
    moment = int(status.finished_at.timestamp() * 1_000_000) * 1_000
    return moment + (0 if status.finished_at.microsecond else 1_000_000_000)  # some are told in whole seconds


def _lines(item: Arrival) -> Sequence[LogLine]:
    """Lines that have arrived; raises what has made a reader fail."""
    if isinstance(item, BaseException):
        raise item
    return item or ()
