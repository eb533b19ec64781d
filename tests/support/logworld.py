"""A replica that prints while its log is read: a source of lines that cuts, forgets and is late as it is told."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from azdock.azure.loganalytics import Asked, Row
from azdock.azure.logstream import Cut, Record
from azdock.backends.log_source import Late
from azdock.docker.record import Status
from azdock.errors import NotFound

BEGIN_NS = 1_760_000_000_123_456_000
TICK_NS = 1_000


@dataclass(frozen=True)
class Printed:
    """One line: "stdout" or "stderr", its text, the sizes of its parts (none: it is no long one)."""

    stream: str
    text: str
    ended: bool = True
    parts: tuple[int, ...] = ()

    def pieces(self) -> list[str]:
        """The texts of its records."""
        found, rest = [], self.text
        for size in self.parts:
            found.append(rest[:size])
            rest = rest[size:]
        return [*found, rest]


def stamp(time_ns: int) -> str:
    """A time as the live stream writes it."""
    seconds, rest = divmod(time_ns, 10**9)
    fraction = f"{rest:09d}"[:7].rstrip("0")
    whole = f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"
    return f"{whole}.{fraction}+00:00" if fraction else f"{whole}+00:00"


@dataclass
class Pace:
    """What happens around one connection: records printed before it, records it shows of what follows, and whether
    it breaks (else the server ends it)."""

    before: int = 0
    during: int = 1
    breaks: bool = False


@dataclass
class LogWorld:
    """One run with one replica. `paces` are used one after the other, then everything is printed at once.

    `late` says for each line after how many queries its row shows up, the last one also for the others. `gone` makes
    the replica vanish with its end.
    """

    lines: Sequence[Printed]
    paces: list[Pace] = field(default_factory=list)
    late: Sequence[int] = ()
    tail: int = 4
    gone: bool = False
    keeps: bool = True
    marked: bool = False
    run: str = "job-abc"
    name: str = "job-abc-x1"
    code: int = 0
    same_ns: int = 750
    partial: bool = False
    printed: int = 0
    queries: int = 0
    asked: list[Asked] = field(default_factory=list)
    slept: float = 0.0
    rounding: Callable[[int], int] = lambda time_ns: round(time_ns / 1e9 * 1e7) * 100

    def __post_init__(self) -> None:
        self._records: list[Record] = []
        self._rows: list[tuple[int, Row]] = []  # with the number of records that complete it
        for line in self.lines:
            *parts, last = line.pieces()
            for part in parts:
                self._record("P " + part)
            self._record(("F " if line.ended else "P ") + last)
            row = Row(self.rounding(self._now), line.stream, line.text, self.name)
            self._rows.append((len(self._records), row))

    def _record(self, log: str) -> None:
        self._now = BEGIN_NS + len(self._records) * TICK_NS
        self._records.append((stamp(self._now), log))

    @property
    def over(self) -> bool:
        """Whether everything was printed."""
        return self.printed == len(self._records)

    def late_waits(self) -> Late:
        """Waits that take no time."""
        return Late(self._sleep, lambda: self.slept)

    def _sleep(self, seconds: float) -> None:
        self.slept += seconds

    def _print(self, count: int) -> None:
        self.printed = min(len(self._records), self.printed + count)

    # ---- azdock.backends.log_source.Source
    def replicas(self) -> list[tuple[str, str]]:
        """The replica, while it is there."""
        return [] if self.gone and self.over else [(self.name, "address")]

    def status(self) -> Status | None:
        """Running until everything was printed."""
        state = "exited" if self.over else "running"
        return Status(state=state, run=self.run, exit_code=self.code if self.over else 0)  # type: ignore[arg-type]

    def attempts(self) -> list[str]:
        """The one replica."""
        return [self.name]

    def restarts(self, replica: str) -> int:
        """Nothing is started anew inside a replica."""
        return 0

    def is_of_run(self, row: Row) -> bool:
        """There is one run."""
        return True

    @property
    def apart(self) -> bool:
        """As a job's."""
        return True

    def stream(self, endpoint: str, *, follow: bool) -> Generator[list[Record], None, None]:
        """The last records, then those that are printed while the connection lasts."""
        if not follow:
            yield self._records[max(0, self.printed - self.tail) : self.printed]
            return
        pace = self.paces.pop(0) if self.paces else Pace(len(self._records), 0)
        self._print(pace.before)
        if self.gone and self.over:
            raise NotFound("the replica is gone")
        if self.printed:
            yield self._records[max(0, self.printed - self.tail) : self.printed]
        for _ in range(pace.during):
            if self.over:
                return
            self._print(1)
            yield self._records[self.printed - 1 : self.printed]
        if pace.breaks:
            raise Cut("reset")

    def rows(self, asked: Asked) -> list[Row]:
        """Rows of what was printed whose time has come."""
        self.asked.append(asked)
        self.queries += 1
        late = [*self.late, *[self.late[-1] if self.late else 0] * len(self._rows)]
        due = [count <= self.printed and late[number] < self.queries for number, (count, _) in enumerate(self._rows)]
        found = [row for (_, row), is_due in zip(self._rows, due, strict=True) if is_due]
        if asked.since_ns is not None:
            found = [row for row in found if row.time_ns >= asked.since_ns - self.same_ns]
        return found if asked.tail is None else found[max(0, len(found) - asked.tail) :]
