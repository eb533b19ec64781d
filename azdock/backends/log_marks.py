"""The run shim's marks and prefixes in a replica's lines: taken out, and what they tell kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from azdock.azure.loganalytics import Row
from azdock.backends import shim
from azdock.backends.log_records import Raw
from azdock.backends.shim import Mark
from azdock.docker.channels import LogLine, Stream

# The character that both the prefix of stderr and a mark begin with.
SIGN = shim.MARK[0]
# What a run that knows no name of its own writes for one.
UNNAMED = "-"


class Marks:
    """One replica's marks so far. `ends` has those of the streams that have ended; `begun` is set by a begin mark,
    and `split` once the live stream is known to tell stderr from stdout. A container that is started anew in the same
    replica begins again; `runs` counts how often the command has ended."""

    def __init__(self, replica: str, run: str) -> None:
        self.replica = replica
        # A replica's name is its run's with a suffix.
        self._tokens = frozenset({replica, run, replica.rpartition("-")[0], UNNAMED}) - {""}
        self.begun = self.split = False
        self.runs = 0
        self.ends: dict[Stream, Mark] = {}

    @property
    def ended(self) -> bool:
        """Whether both streams have said that nothing follows."""
        return len(self.ends) == 2

    @property
    def end(self) -> Mark | None:
        """The mark with the command's exit code; None before it was seen."""
        return self.ends.get("out") or self.ends.get("err")

    def begins(self, text: str) -> bool:
        """Whether a line is the first that the replica ever printed."""
        if SIGN not in text:
            return False
        before, mark = self._own(text)
        # A command that could not be invoked has only ends.
        return mark is not None and not before and (mark.kind == "begin" or bool(mark.failure))

    def lines(self, raws: Iterable[Raw]) -> list[LogLine]:
        """Lines of the live stream as the program printed them."""
        replica, found, new = self.replica, list[LogLine](), tuple.__new__
        add = found.append
        for time_ns, text, whole in raws:
            if SIGN in text:
                found += self._signed(text, whole, time_ns, None)
            else:
                data = (text + "\n" if whole else text).encode("utf-8", "surrogateescape")
                add(new(LogLine, ("out", data, time_ns, replica)))
        return found

    def rows(self, rows: Iterable[Row]) -> list[LogLine]:
        """Lines from Log Analytics as the program printed them; a row knows its stream."""
        replica, found, new = self.replica, list[LogLine](), tuple.__new__
        add = found.append
        for time_ns, written, text, _ in rows:
            stream: Stream = "err" if written == "stderr" else "out"
            if SIGN in text:
                found += self._signed(text, True, time_ns, stream)
            else:
                add(new(LogLine, (stream, (text + "\n").encode("utf-8", "surrogateescape"), time_ns, replica)))
        return found

    def _signed(self, text: str, whole: bool, time_ns: int, known: Stream | None) -> Iterator[LogLine]:
        """What is left of a line with a sign in it: nothing of a mark, the text before a mark without line end."""
        text, mark = self._own(text)
        stream, plain = shim.stream_of(text)
        if mark is not None:
            self._note(mark)
            stream, whole = mark.stream, False
        elif known is not None:
            stream, plain = known, plain if known == "err" else text
        elif stream == "err":
            self.split = True
        if mark is not None and not plain:
            return
        data = (plain + "\n" if whole else plain).encode("utf-8", "surrogateescape")
        yield LogLine(stream, data, time_ns, self.replica)

    def _own(self, text: str) -> tuple[str, Mark | None]:
        before, mark = shim.split(text)
        return (before, mark) if mark is not None and mark.token in self._tokens else (text, None)

    def _note(self, mark: Mark) -> None:
        if mark.kind == "begin":
            self.begun = True
            self.split = self.split or not mark.plain
            self.ends.pop(mark.stream, None)
        else:
            self.begun = True
            self.ends[mark.stream] = mark
            self.runs += mark.stream == "out"
