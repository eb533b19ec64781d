"""What was printed up to now, and when Log Analytics is asked for it."""

from __future__ import annotations

import pytest

from azdock.azure.loganalytics import Asked
from azdock.azure.logtable import SAME_NS
from azdock.backends.log_history import SPARE_ROWS, History, within
from azdock.backends.log_run import UNREAD
from azdock.backends.log_source import LATE_SECONDS, WITHOUT_HISTORY, Notes
from azdock.docker.channels import LogLine, LogQuery
from tests.support.logworld import BEGIN_NS, TICK_NS, LogWorld, Printed
from tests.unit.backends.test_log_run import marked


def history(world: LogWorld, *, printed: bool = True, **facts: object) -> History:
    world.printed = 999 if printed else 0
    world._print(0)
    return History(world, world.late_waits(), Notes(), world.status(), **({"only": True} | facts))  # type: ignore[arg-type]


def read(look: History, **query: object) -> list[tuple[str, bytes]]:
    return [(line.stream, line.data) for line in look.lines(LogQuery(**query))]  # type: ignore[arg-type]


def test_rows_tell_the_stream_of_plain_lines() -> None:
    """Without the shim the live stream does not tell stderr: the rows do, for the lines that they have."""
    world = LogWorld([Printed("stdout", "a"), Printed("stderr", "b")], tail=300)
    assert read(history(world)) == [("out", b"a\n"), ("err", b"b\n")]
    assert world.asked == [Asked()]


def test_a_line_without_its_end() -> None:
    """The last line of a program that did not end it is shown as it is."""
    world = LogWorld([Printed("stdout", "a"), Printed("stdout", "b", ended=False)], tail=300)
    assert read(history(world)) == [("out", b"a\n"), ("out", b"b")]


def test_lines_that_suffice() -> None:
    """The live lines of the only run, from mark to mark, need nothing else; of another run they do."""
    world = LogWorld(marked("a", "b"), tail=300)
    assert read(history(world)) == [("out", b"a\n"), ("out", b"b\n")]
    assert read(history(world), tail=1) == [("out", b"b\n")]
    assert read(history(world, only=False), since_ns=BEGIN_NS + 3 * TICK_NS) == [("out", b"b\n")]
    assert world.asked == []
    assert read(history(world, only=False)) == [("out", b"a\n"), ("out", b"b\n")]
    assert world.asked == [Asked()]


def test_a_tail_without_marks() -> None:
    """Marks among the rows are not counted, however many there are."""
    world = LogWorld([*marked("a")] * 9, gone=True)
    assert read(history(world), tail=7) == [("out", b"a\n")] * 7
    assert [asked.tail for asked in world.asked] == [7 + SPARE_ROWS, 4 * (7 + SPARE_ROWS)]


def test_nothing_is_asked_for_no_lines() -> None:
    """--tail 0 costs nothing."""
    world = LogWorld(marked("a"))
    assert read(history(world), tail=0) == []
    assert world.asked == []


@pytest.mark.parametrize(("ago", "waited"), [(0.0, LATE_SECONDS), (100.0, LATE_SECONDS - 100), (1e6, 0.0)])
def test_an_end_that_is_not_there(ago: float, waited: float) -> None:
    """A run whose end must be marked and is not is waited for while it may still come, and is incomplete then."""
    world = LogWorld(marked("a")[:-1], gone=True, marked=True)
    look = history(world, ago=ago)
    assert read(look) == [("out", b"a\n")]
    assert look.notes.missing == UNREAD
    assert world.slept == pytest.approx(waited)


def test_no_log_analytics() -> None:
    """An environment that keeps no logs shows what can be read live, and says that there may have been more."""
    look = history(LogWorld(marked("a"), gone=True, keeps=False))
    look.source.rows = lambda asked: []  # type: ignore[method-assign]
    assert read(look) == []
    assert look.notes.missing == WITHOUT_HISTORY


@pytest.mark.parametrize(
    ("since", "until", "inside"),
    [(None, None, True), (BEGIN_NS, BEGIN_NS, True), (BEGIN_NS + SAME_NS, None, True),
     (None, BEGIN_NS - SAME_NS, True), (BEGIN_NS + SAME_NS + 1, None, False), (None, BEGIN_NS - SAME_NS - 1, False)],
)  # fmt: skip
def test_within(since: int | None, until: int | None, inside: bool) -> None:
    """A time that was printed finds its line again, whichever of Azure's two clocks it was read from."""
    assert within(LogLine("out", b"a\n", BEGIN_NS), LogQuery(since_ns=since, until_ns=until)) is inside
