"""What the platform tells about containers, all sources in one list and one JSONL file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from azdock.emulator.containerlog import Source
from azdock.emulator.feed import Feed


@dataclass(frozen=True, slots=True)
class Event:
    """One system log entry."""

    time_ns: int  # Unix nanoseconds
    source: Source
    reason: str
    type: str  # Normal or Warning
    message: str
    event_source: str


class EventLog:
    """All events, oldest first. The file is read when somebody asks for the first time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.feed: Feed[Event] = Feed()
        self._stored = 0
        self._loaded = not path.exists()
        self._firsts: dict[str, int] = {}  # destination of logs -> time of its first event

    def first_ns(self, destination: str) -> int:
        """Unix nanoseconds of the first event of an environment with this destination of logs; 0: none yet."""
        self.all()
        return self._firsts.get(destination, 0)

    def add(self, event: Event) -> None:
        """Append an event; followers see it at once."""
        self.all()
        self._firsts.setdefault(event.source.destination, event.time_ns)
        self.feed.extend([event])

    def all(self) -> list[Event]:
        """Every event there is."""
        with self.feed.lock:
            if not self._loaded:
                with self.path.open(encoding="utf-8") as lines:
                    # A process that was killed may leave half a line at the end; nothing follows it.
                    self.feed.items.extend(_event(line) for line in lines if line.endswith("}\n"))
                for event in self.feed.items:
                    self._firsts.setdefault(event.source.destination, event.time_ns)
                self._stored = len(self.feed.items)
                self._loaded = True
        return self.feed.items

    def store(self) -> None:
        """Append to the file what is not in it yet."""
        with self.feed.lock:
            fresh = self.all()[self._stored :]
            self._stored += len(fresh)
        if fresh:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write("".join(json.dumps(asdict(event)) + "\n" for event in fresh))


def _event(line: str) -> Event:
    fields = json.loads(line)
    return Event(**{**fields, "source": Source(**fields["source"])})
