"""What the log engine needs of a kind of Azure resource, and what its parts share while one log is read."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Protocol, TypeVar

from azdock.azure import progress, retry
from azdock.azure.loganalytics import Asked, Row
from azdock.azure.logstream import Record
from azdock.docker.record import Status
from azdock.errors import Unreachable

T = TypeVar("T")
# How long Log Analytics is waited for: rows become visible after about two minutes.
LATE_SECONDS = 150.0

WITHOUT_HISTORY = "the environment keeps no logs (destination none): only what the live stream still shows is here"


class Source(Protocol):
    """Where the lines and the state of one run come from. Methods raise AzdockError."""

    @property
    def run(self) -> str:
        """The run's name, "" for none."""

    @property
    def marked(self) -> bool:
        """Whether the run shim marks the run's beginning and end for sure."""

    def replicas(self) -> list[tuple[str, str]]:
        """Names and log stream addresses of the replicas that have one just now, the oldest first."""

    def status(self) -> Status | None:
        """The run's present status; None when somebody has removed the container."""

    def attempts(self) -> list[str]:
        """Names of the replicas that the run has had, in order, as far as Azure tells."""

    def restarts(self, replica: str) -> int:
        """How often the container had been started anew inside a replica when replicas() was asked last: its live
        stream shows the last start only."""

    def is_of_run(self, row: Row) -> bool:
        """Whether a row was printed in the run."""

    @property
    def apart(self) -> bool:
        """Whether each attempt of a run has a replica of its own, or else all are starts in the same one."""

    def stream(self, endpoint: str, *, follow: bool) -> Generator[list[Record], None, None]:
        """The live stream of a replica. Raises logstream.Cut, NotFound when the replica is gone."""

    def rows(self, asked: Asked) -> list[Row]:
        """Rows of Log Analytics, oldest first."""

    @property
    def same_ns(self) -> int:
        """How far the times of a row and of the same line in the live stream may lie apart."""

    @property
    def keeps(self) -> bool:
        """Whether Log Analytics gets the lines at all."""

    @property
    def partial(self) -> bool:
        """Whether an answer of Log Analytics left rows out."""


class Notes:
    """Why lines may be missing: the first reason is told."""

    def __init__(self) -> None:
        self.missing = ""

    def lost(self, sentence: str) -> None:
        """Lines may be missing because of this."""
        self.missing = self.missing or sentence


@dataclass(frozen=True)
class Late:
    """Waiting for Log Analytics. `sleep` and `clock` are the outside world's."""

    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def rows(
        self, ask: Callable[[], list[Row]], enough: Callable[[list[Row]], bool], seconds: float = LATE_SECONDS
    ) -> tuple[list[Row], bool]:
        """Rows as soon as there are enough, else what there is after `seconds`; and whether there are enough."""
        deadline, pause = self.clock() + seconds, retry.backoff(0.1, 5.0)
        before = -1
        while True:
            rows = ask()
            # Rows that had to be waited for may still be arriving, and not in order: then two looks must agree.
            if enough(rows) and before in (-1, len(rows)):
                return rows, True
            before = len(rows)
            left = deadline - self.clock()
            if left <= 0:
                return rows, False
            wait = min(pause(), left)
            with progress.waiting("Log Analytics does not have the lines yet", wait):
                self.sleep(wait)


@dataclass(frozen=True)
class Steady:
    """Calls that go on when the connection is back: Azure may be out of reach for `seconds` at a time. `moved` tells
    whether it is somewhere else now."""

    late: Late
    seconds: float
    moved: Callable[[], bool]

    def __call__(self, call: Callable[[], T]) -> T:
        """What `call` gives. Raises Unreachable when the time is over."""
        deadline, pause = 0.0, retry.backoff(0.1, 5.0)
        while True:
            try:
                return call()
            except Unreachable:
                deadline = deadline or self.late.clock() + self.seconds
                if self.late.clock() >= deadline:
                    raise
                if not self.moved():
                    seconds = pause()
                    with progress.waiting("Azure cannot be reached", seconds):
                        self.late.sleep(seconds)
