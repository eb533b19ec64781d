"""The log of one replica, read over any number of connections: each line once, in order, holes filled."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing

from azdock import errors
from azdock.azure.loganalytics import Asked, Row
from azdock.azure.logstream import MAX_TAIL, Cut, Record
from azdock.backends.log_align import ahead, between, is_cut
from azdock.backends.log_marks import Marks
from azdock.backends.log_records import Joiner, Overlap, Raw
from azdock.backends.log_source import WITHOUT_HISTORY, Late, Notes, Source
from azdock.docker.channels import LogLine

# Lines that are remembered to be found among the rows.
CONTEXT = 20
LEFT_OUT = "the log stream left lines out and Log Analytics does not have them yet"
CUT_OFF = "Log Analytics keeps 32 KB of a line: a longer one was cut off"


class ReplicaLog:
    """One replica's lines. `marks` tells how far they have come, `whole` that the live stream was read to an end of its
    own. One thread reads; another one that takes over sets `closed` while it holds `lock`. With `once` only the first
    start of the container counts: Azure runs again what should have run once. `is_last` tells from the marks whether
    nothing follows."""

    def __init__(self, source: Source, name: str, late: Late, notes: Notes) -> None:
        self.name = name
        self.marks = Marks(name, source.run)
        self._source, self._late, self._notes = source, late, notes
        self._overlap, self._joiner = Overlap(), Joiner()
        self._tail: list[Raw] = []
        self._hole = False
        self._restarts = 0  # at most so many when the newest of the lines were printed
        self.count = 0  # records read live
        self.whole = self.closed = self.once = False
        self.is_last: Callable[[Marks], bool] = lambda marks: marks.ended
        self.lock = threading.Lock()

    @property
    def empty(self) -> bool:
        """Whether nothing of the live stream was read yet."""
        return self._overlap.empty

    def connection(self, endpoint: str) -> Generator[list[LogLine], None, bool]:
        """One connection's new lines. Returns whether the stream was read to an end: its own, or the run's."""
        self._overlap.reconnect()
        restarts = self._source.restarts(self.name)
        try:
            with closing(self._source.stream(endpoint, follow=True)) as stream:
                for records in stream:
                    with self.lock:  # what was taken is given before somebody else goes on
                        if self.closed:
                            return False
                        yield from self._taken(endpoint, records, restarts)
                        if self.is_last(self.marks):
                            self.whole = True
                            return True
        except Cut:
            self.whole = False
            return False  # what was read is good; the caller looks whether the replica is still there
        except errors.NotFound:
            return False
        self.whole = True
        return True

    def seed(self, records: list[Record], goes_on: bool) -> list[Raw]:
        """Begin with what was read elsewhere: its lines, which the caller shows. A line without an end is one of them
        unless the log `goes_on`."""
        self._overlap.take(records)
        raws = self._joiner.feed(records)
        if not goes_on:
            raws = [*raws, *self._joiner.end()]
        self._remember(raws)
        return raws

    def printed(self, rows: Sequence[Row]) -> list[LogLine]:
        """Rows as lines; one that was cut off is noted."""
        if any(is_cut(row[2]) for row in rows):
            self._notes.lost(CUT_OFF)
        return self.marks.rows(rows)

    def rest(self, rows: Sequence[Row]) -> list[LogLine]:
        """The rows after all that was read live, as lines."""
        part, _ = between(rows, self._tail, (), self._source.same_ns)
        self._joiner.end()  # a line that was begun is among the rows as a whole
        lines = self.printed(part)
        return self._as_streamed(lines) if self._tail else lines

    def end(self) -> list[LogLine]:
        """What is left of lines whose end never came: the replica has ended."""
        return self.marks.lines(self._joiner.end())

    def own(self, rows: Sequence[Row]) -> list[Row]:
        """The rows that this replica printed."""
        return [row for row in rows if row[3] == self.name]

    # ---- steps
    def _taken(self, endpoint: str, records: list[Record], restarts: int) -> Iterator[list[LogLine]]:
        """The lines of a batch of records, after those that the stream does not show any more."""
        first = self._overlap.empty
        fresh = self._overlap.take(records)
        self.count += len(fresh)
        if fresh and self.once and (first or self._overlap.gap) and self._starts():
            self.closed = True  # the first start is over, as is what follows
            return
        if first and fresh:
            self._hole = self._starts() > 0 or not self._from_beginning(endpoint, fresh)
        if self._overlap.gap and fresh:
            self._overlap.gap = False
            if self._follows(endpoint, fresh):
                if lines := self.end():
                    yield lines  # of a line without an end, before the container was started anew
            else:
                self._hole = True
            self._joiner = Joiner()  # a line that was begun will be among the rows as a whole
        if fresh:
            self._restarts = restarts
        if lines := self._lines(fresh):
            yield lines

    def _follows(self, endpoint: str, fresh: list[Record]) -> bool:
        """Whether a stream that shows nothing known is that of the next start of the container, from its beginning, and
        the one before was read to its end."""
        if not (self.whole or self.marks.ended) or self._source.apart:
            return False
        return self._starts() <= self._restarts + 1 and self._from_beginning(endpoint, fresh)

    def _starts(self) -> int:
        """How often the container has been started anew in the replica by now."""
        if self._source.apart:
            return 0
        self._source.replicas()  # counts them
        return self._source.restarts(self.name)

    def _lines(self, fresh: list[Record]) -> list[LogLine]:
        raws = self._joiner.feed(fresh)
        if not raws:
            return []
        before: list[LogLine] = []
        if self._hole:
            before, raws = self._fill(raws)
        self._remember(raws)
        lines = self.marks.lines(raws)
        return [*self._as_streamed(before), *lines] if before else lines

    def _remember(self, raws: list[Raw]) -> None:
        self._tail = [*self._tail, *raws[-CONTEXT:]][-CONTEXT:]

    def _fill(self, raws: list[Raw]) -> tuple[list[LogLine], list[Raw]]:
        """The lines ahead of `raws` that the stream left out, from Log Analytics once it has the first of them."""
        self._hole = False
        if not self._source.keeps:
            self._notes.lost(WITHOUT_HISTORY)
            return [], raws
        asked = Asked(replica=self.name, since_ns=self._tail[0][0] if self._tail else None, until_ns=raws[-1][0])

        def laid(rows: list[Row]) -> tuple[Sequence[Row], list[Raw], bool]:
            return ahead(rows, self._tail, raws, self._source.same_ns)  # known once the rows are

        rows, found = self._late.rows(
            lambda: self._source.rows(asked), lambda rows: not self._source.keeps or laid(rows)[2]
        )
        if not self._source.keeps:
            self._notes.lost(WITHOUT_HISTORY)
        elif not found:
            self._notes.lost(LEFT_OUT)
        part, mended, _ = laid(rows)
        if mended is not raws and is_cut(mended[0][1]):
            self._notes.lost(CUT_OFF)
        return self.printed(part), mended

    def _from_beginning(self, endpoint: str, fresh: list[Record]) -> bool:
        """Whether a stream that shows only so many lines back began with the first that there is."""
        begins = self.marks.begins(fresh[0][1][2:])
        if begins or self._source.marked:
            return begins
        try:
            with closing(self._source.stream(endpoint, follow=False)) as stream:
                shown = sum(map(len, stream))
        except (Cut, errors.NotFound):
            shown = len(fresh)
        return shown < MAX_TAIL

    def _as_streamed(self, lines: list[LogLine]) -> list[LogLine]:
        """Between lines that the stream gave without telling stderr apart, a few on stderr would only mislead."""
        return lines if self.marks.split else [line._replace(stream="out") for line in lines]
