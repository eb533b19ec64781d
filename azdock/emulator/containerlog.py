"""The log of one container of one replica: in memory, in a JSONL file, and followed live."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from itertools import repeat
from pathlib import Path

from azdock.emulator.feed import Feed
from azdock.emulator.loglines import TICK_NS, Cutter, Record, packed, unpacked

RECORD_SIZE = 200  # bytes a record takes beside its text
BATCH = 4000  # records that a follower gets at once
# Record._make without its check of the length, which costs more than all the rest of it
_record: Callable[[tuple[int, str, str, str]], Record] = partial(tuple.__new__, Record)
Now = Callable[[], int]  # Unix nanoseconds


@dataclass(frozen=True, slots=True)
class Source:
    """Where lines come from. `revision` is an execution's name for a job, a revision's for an app."""

    kind: str  # job or app
    name: str
    revision: str
    replica: str
    container: str
    image: str
    group: str
    environment: str
    destination: str = "log-analytics"  # appLogsConfiguration.destination of the environment when the container began


class ContainerLog:
    """Records of one container. After a restart it knows only its source until somebody reads it."""

    def __init__(self, source: Source, path: Path, now: Now = time.time_ns) -> None:
        self.source = source
        self.path = path
        self.feed: Feed[Record] = Feed()
        self.first_ns = 0  # time of the first record; 0: none yet
        self.last_ns = 0
        self.ended_ns = -1  # -1: still running
        self.waiting = False  # ended, and to be started again
        self.size = 0  # about the bytes that the records take in memory
        self._now = now
        self._cutters = {"stdout": Cutter(), "stderr": Cutter()}
        self._stored = 0  # records already in the file
        self._loaded = True
        self._start = 0  # where the running instance's records begin

    @classmethod
    def stored(cls, path: Path) -> ContainerLog | None:
        """A log of an earlier emulator process; only the header and the first record are read.

        None when that process was killed before it had written them.
        """
        with path.open(encoding="utf-8") as lines:
            header, first = lines.readline(), lines.readline()
        if not first.endswith("]\n"):
            return None
        log = cls(Source(**json.loads(header)["source"]), path)
        log.first_ns = json.loads(first)[0]
        # Times of records may be a little ahead of the clock, see TICK_NS.
        log.last_ns = path.stat().st_mtime_ns + 10**9
        log.ended_ns = 0
        log._loaded = False
        return log

    def load(self) -> None:
        """Read the stored records, once."""
        with self.feed.lock:
            if self._loaded:
                return
            with self.path.open(encoding="utf-8") as lines:
                next(lines)
                self.feed.items.extend(unpacked(lines))
            self._stored = len(self.feed.items)
            self._loaded = True
            self.last_ns = self.feed.items[-1].time_ns
            self._measure(self.feed.items)

    def unload(self) -> None:
        """Drop the records from memory if they are all in the file and no more will come."""
        with self.feed.lock:
            if self._loaded and self.ended and self._stored == len(self.feed.items):
                self.feed.items = []
                self._loaded = not self._stored
                self.size = 0

    def _measure(self, records: list[Record]) -> None:
        self.size += RECORD_SIZE * len(records) + sum([len(record.text) for record in records])

    def reopen(self) -> None:
        """The container is started (again): what was there belongs to an earlier instance."""
        self.load()
        self._start = len(self.feed.items)
        self.ended_ns = -1
        self.waiting = False

    def write(self, stream: str, data: bytes, time_ns: int) -> None:
        """Take a chunk of output; every line it completes becomes visible."""
        with self.feed.lock:
            self._add(stream, self._cutters[stream].feed(data), time_ns)

    def end(self) -> None:
        """The container has ended: show its unfinished lines and let followers finish."""
        with self.feed.lock:
            now = self._now()
            for stream, cutter in self._cutters.items():
                self._add(stream, cutter.end(), now)
            self.ended_ns = now
            self.feed.wake()

    def _add(self, stream: str, pieces: list[tuple[str, str]], time_ns: int) -> None:
        if not pieces:
            return
        # The lines of a chunk were written before it arrived; dates in the future would hide them from queries.
        at = max(time_ns - (len(pieces) - 1) * TICK_NS, self.last_ns + TICK_NS)
        self.first_ns = self.first_ns or at
        self.last_ns = at + (len(pieces) - 1) * TICK_NS
        times = range(at, self.last_ns + 1, TICK_NS)
        tags, texts = zip(*pieces, strict=True)
        records = list(map(_record, zip(times, repeat(stream, len(pieces)), tags, texts, strict=True)))
        self._measure(records)
        self.feed.extend(records)

    @property
    def ended(self) -> bool:
        """Whether no more records will come."""
        return self.ended_ns >= 0

    def position(self, count: int) -> int:
        """Where the last `count` records of the running or last instance begin."""
        self.load()
        return max(self._start, len(self.feed.items) - count)

    def tail(self, count: int) -> list[Record]:
        """The last `count` records of the running or last instance."""
        position = self.position(count)
        return self.feed.items[position:]

    def read(self, position: int) -> list[Record]:
        """Some of the records from `position` on."""
        self.load()
        return self.feed.items[position : position + BATCH]

    def lines(self) -> list[Record]:
        """All records, whole history."""
        self.load()
        return self.feed.items

    def store(self) -> None:
        """Append to the file what is not in it yet."""
        with self.feed.lock:
            fresh = self.feed.items[self._stored :] if self._loaded else []
            first = self._stored == 0
            self._stored += len(fresh)
        if not fresh:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            if first:
                file.write(json.dumps({"source": asdict(self.source)}) + "\n")
            file.write(packed(fresh))
