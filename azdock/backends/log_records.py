"""Records of a live stream become whole lines: parts of long lines are joined, repeated records are dropped."""

from __future__ import annotations

from azdock.azure.logstream import Record, parse_time
from azdock.backends.shim import STDERR
from azdock.docker.channels import Stream

# One line as it was printed, the run shim's marks included: Unix nanoseconds of its last part, text, and False when its
# end never came. Tuples, because there are many of them.
Raw = tuple[int, str, bool]
# Records that a repeated stream may show again, with much to spare.
REMEMBERED = 2_000
KEPT = 1_000


class Joiner:
    """Joins the parts of long lines, which both output streams may print at once.

    The runtime's tags are taken off while every record has had one.
    """

    def __init__(self) -> None:
        self._open: dict[Stream, list[str]] = {}  # the one that grew last comes last
        self._tagged = True
        self._last_ns = 0

    @property
    def open(self) -> bool:
        """Whether a line waits for its end."""
        return bool(self._open)

    def feed(self, records: list[Record]) -> list[Raw]:
        """The lines that `records` complete."""
        if not records:
            return []
        if self._tagged and not self._open and all(log[:2] == "F " for _, log in records):
            self._last_ns = parse_time(records[-1][0])
            return [(parse_time(stamp), log[2:], True) for stamp, log in records]
        found: list[Raw] = []
        for stamp, log in records:
            self._take(parse_time(stamp), log, found)
        return found

    def end(self) -> list[Raw]:
        """The lines whose end never came; no part of them follows any more."""
        found: list[Raw] = [(self._last_ns, "".join(parts), False) for parts in self._open.values()]
        self._open.clear()
        return found

    def _take(self, time_ns: int, log: str, found: list[Raw]) -> None:
        self._last_ns = time_ns
        self._tagged = self._tagged and log[:2] in ("F ", "P ")
        if not self._tagged:
            found.append((time_ns, log, True))
            return
        text, stream = log[2:], self._stream(log[2:])
        parts = self._open.pop(stream, [])
        if parts and text.startswith(STDERR):
            found.append((time_ns, "".join(parts), False))  # its end was never printed: another line begins
            parts = []
        parts.append(text)
        if log[0] == "P":
            self._open[stream] = parts
        else:
            found.append((time_ns, "".join(parts), True))

    def _stream(self, text: str) -> Stream:
        """Whose line a record begins or goes on with: only a line's first part tells."""
        if text.startswith(STDERR):
            return "err"
        return next(reversed(self._open), "out")


class Overlap:
    """Drops what a repeated stream shows again: its beginning is laid over the end of what was read.

    `gap` is True when nothing of a new stream was known, so that records between may be missing.
    """

    def __init__(self) -> None:
        self._seen: list[Record] = []
        self._before: list[Record] | None = None  # while a new stream is being laid over what was read before it
        self._places: list[int] = []
        self.gap = False

    @property
    def empty(self) -> bool:
        """Whether nothing was read yet."""
        return not self._seen

    def reconnect(self) -> None:
        """A new stream begins: its first records may be known."""
        self.gap = False
        self._places = []
        self._before = list(self._seen) if self._seen else None

    def take(self, records: list[Record]) -> list[Record]:
        """The records that are new."""
        fresh = records if self._before is None else records[self._known(self._before, records) :]
        if fresh:
            self._before = None
            self._seen += fresh
            if len(self._seen) > REMEMBERED:
                del self._seen[: len(self._seen) - KEPT]
        return fresh

    def _known(self, before: list[Record], records: list[Record]) -> int:
        """How many of the records were read before. Of several ways to lay them, the longest overlap wins."""
        count = 0
        if not self._places and records:
            self._places = [place + 1 for place, known in enumerate(before) if known == records[0]]
            count = 1 if self._places else 0
            self.gap = not self._places
        while count < len(records):
            record = records[count]
            places = [place + 1 for place in self._places if place < len(before) and before[place] == record]
            if not places:
                break
            self._places, count = places, count + 1
        return count
