"""Waiting for rows, and for a connection."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from azdock.azure.loganalytics import Row
from azdock.backends.log_source import LATE_SECONDS, Late, Notes, Steady
from azdock.errors import Unreachable


class Clock:
    """Time that passes by sleeping only."""

    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def late(self) -> Late:
        return Late(self.sleep, lambda: self.now)


def counts(*numbers: int) -> Callable[[], list[Row]]:
    """So many rows at each look, in the end always the last number."""
    left = list(numbers)
    return lambda: [Row(0, "stdout", "", "")] * (left.pop(0) if len(left) > 1 else left[0])


@pytest.mark.parametrize(
    ("looks", "result", "waits"),
    [((3,), (3, True), 0), ((1, 3, 3), (3, True), 2), ((1, 3, 4, 4), (4, True), 3), ((1,), (1, False), 999)],
)
def test_late_rows(looks: tuple[int, ...], result: tuple[int, bool], waits: int) -> None:
    """Enough rows at the first look will do; rows that were waited for must be the same twice."""
    clock = Clock()
    rows, enough = clock.late().rows(counts(*looks), lambda rows: len(rows) >= 3)
    assert (len(rows), enough) == result
    assert clock.now == LATE_SECONDS if waits == 999 else clock.now < 1 * waits + 0.01


def test_notes() -> None:
    """The first reason is told."""
    notes = Notes()
    notes.lost("one")
    notes.lost("two")
    assert notes.missing == "one"


def test_steady() -> None:
    """A connection that comes back in time is waited for, one that does not is an error."""
    clock, failures = Clock(), [1, 1, 1]

    def call() -> str:
        if failures:
            failures.pop()
            raise Unreachable("gone")
        return "back"

    assert Steady(clock.late(), 10.0, lambda: False)(call) == "back"
    failures[:] = [1] * 99
    with pytest.raises(Unreachable):
        Steady(clock.late(), 10.0, lambda: False)(call)
    assert 10 <= clock.now < 30


def test_steady_elsewhere() -> None:
    """An Azure that is somewhere else now is asked there at once."""
    clock, failures = Clock(), [1]

    def call() -> str:
        if failures:
            failures.pop()
            raise Unreachable("gone")
        return "back"

    assert Steady(clock.late(), 10.0, lambda: True)(call) == "back"
    assert clock.now == 0
