"""Replicas that print side by side, are started anew, cut and taken away while several threads read their logs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, field

from azdock.azure.loganalytics import Asked, Row
from azdock.azure.logstream import Cut, Record
from azdock.backends.log_source import Late
from azdock.backends.shim import MARK
from azdock.docker.record import Status
from azdock.errors import NotFound
from tests.support.logworld import BEGIN_NS, TICK_NS, stamp

TAIL = 6  # records that a stream shows of the past


@dataclass
class Start:
    """One start of a container: what it has printed since, and whether it has ended."""

    records: list[Record] = field(default_factory=list)
    over: bool = False


@dataclass
class Side:
    """One replica: its starts, and how often its streams were cut."""

    starts: list[Start] = field(default_factory=lambda: [Start()])
    listed: bool = True
    cuts: int = 0


class SideWorld:
    """A source of lines whose replicas are told from another thread what to do."""

    run = "web--1"
    partial = apart = False
    same_ns = 750

    def __init__(self, *names: str, marked: bool = False, keeps: bool = True) -> None:
        self.sides = {name: Side() for name in names}
        self.marked, self.keeps = marked, keeps
        self.state = Status(state="running", run=self.run)
        self.gone = False
        self.asked: list[Asked] = []
        self.connections: list[str] = []
        self._rows: list[Row] = []
        self._now = BEGIN_NS
        self._moved = threading.Condition()
        self._seen: dict[str, int] = {}

    # ---- what happens
    def add(self, name: str) -> None:
        """Another replica."""
        self._move(lambda: self.sides.__setitem__(name, Side()))

    def say(self, name: str, *texts: str) -> None:
        """Lines of the container's present start."""

        def act() -> None:
            for text in texts:
                self._now += TICK_NS
                self.sides[name].starts[-1].records.append((stamp(self._now), f"F {text}"))
                self._rows.append(Row(self._now, "stdout", text, name))

        self._move(act)

    def mark(self, name: str, text: str) -> None:
        """Marks of the run shim on both streams: "begin", or "end" with a code."""
        kind, _, code = text.partition(" ")
        for stream in ("out", "err"):
            self.say(name, f"{MARK}azdock {name} {kind} {stream}{' ' if code else ''}{code}")

    def end(self, name: str) -> None:
        """The present start of the container ends."""
        self._move(lambda: setattr(self.sides[name].starts[-1], "over", True))

    def again(self, name: str) -> None:
        """The container is started anew in the same replica."""
        self.end(name)
        self._move(lambda: self.sides[name].starts.append(Start()))

    def cut(self, name: str) -> None:
        """Break the streams of a replica."""
        self._move(lambda: setattr(self.sides[name], "cuts", self.sides[name].cuts + 1))

    def take(self, name: str) -> None:
        """A replica ends and is listed no more."""
        self.end(name)
        self._move(lambda: setattr(self.sides[name], "listed", False))

    def finish(self, **status: object) -> None:
        """The run is over for Azure."""
        facts = {"state": "exited", "run": self.run, "exit_known": False} | status
        self._move(lambda: setattr(self, "state", Status(**facts)))  # type: ignore[arg-type]

    def _move(self, act: Callable[[], object]) -> None:
        with self._moved:
            act()
            self._moved.notify_all()

    def printed(self, name: str) -> list[bytes]:
        """The lines of a replica as they must arrive."""
        return [f"{row.text}\n".encode() for row in self._rows if row.replica == name and MARK not in row.text]

    def late_waits(self) -> Late:
        """Waits that take no time."""
        ticks = iter(range(10**6))
        return Late(lambda seconds: None, lambda: float(next(ticks)))

    # ---- azdock.backends.log_source.Source
    def replicas(self) -> list[tuple[str, str]]:
        """Those that are listed."""
        with self._moved:
            self._seen |= {name: len(side.starts) - 1 for name, side in self.sides.items()}
            return [(name, name) for name, side in self.sides.items() if side.listed]

    def status(self) -> Status | None:
        """As finish() has set it."""
        return None if self.gone else self.state

    def attempts(self) -> list[str]:
        """None is told."""
        return []

    def restarts(self, replica: str) -> int:
        """As of the last look at the list."""
        return self._seen.get(replica, 0)

    def is_of_run(self, row: Row) -> bool:
        """There is one run."""
        return row.replica in self.sides

    def rows(self, asked: Asked) -> list[Row]:
        """What was printed by one replica, or by all."""
        self.asked.append(asked)
        with self._moved:
            found = [row for row in self._rows if asked.replica in ("", row.replica)]
        since, until = asked.since_ns or 0, asked.until_ns or 2 * BEGIN_NS
        return [row for row in found if since - self.same_ns <= row.time_ns <= until + self.same_ns]

    def stream(self, endpoint: str, *, follow: bool) -> Generator[list[Record], None, None]:
        """The last records of the present start, and what follows until it ends or is cut."""
        with self._moved:
            side = self.sides[endpoint]
            if not side.listed:
                raise NotFound("the replica is gone")
            self.connections.append(endpoint)
            start, cuts = side.starts[-1], side.cuts
            place = max(0, len(start.records) - TAIL)
        while True:
            with self._moved:
                while follow and not start.over and side.cuts == cuts and place == len(start.records):
                    self._moved.wait(5.0)
                records, place = start.records[place:], len(start.records)
                broken, over = side.cuts > cuts, start.over or not follow
            if records:
                yield records
            if broken:
                raise Cut("reset")
            if over:
                return
