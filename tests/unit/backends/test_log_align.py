"""Rows of Log Analytics find their lines of the live stream."""

from __future__ import annotations

import pytest

from azdock.azure.loganalytics import Row
from azdock.backends.log_align import FIELD_BYTES, ahead, between, find, find_last, is_cut, matched
from azdock.backends.log_records import Raw

NS = 1_760_000_000_123_456_000
WITHIN = 750


def row(text: str, time_ns: int = NS) -> Row:
    return Row(time_ns, "stdout", text, "run-1")


def rows(texts: str, tick: int = 1000) -> list[Row]:
    return [row(text, NS + number * tick) for number, text in enumerate(texts)]


def lines(texts: str, first: int, tick: int = 1000) -> list[Raw]:
    return [(NS + (first + number) * tick, text, True) for number, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("have", "after", "place"),
    [("abc", lines("bc", 1), 1), ("abc", lines("c", 2), 2), ("abc", lines("x", 1), None), ("", lines("a", 0), None),
     ("ab", lines("bcd", 1), 1), ("aaaa", lines("aa", 2), 2), ("abc", lines("b", 2), None)],
)  # fmt: skip
def test_find(have: str, after: list[Raw], place: int | None) -> None:
    """A row is found by time and text, however far rows and lines go on."""
    assert find(rows(have), after, WITHIN) == place


def test_neighbours_decide_where_times_do_not() -> None:
    """Where many equal lines share a moment, those after or before them tell which one it is."""
    have = rows("ababcab", tick=0)
    assert find(have, lines("abcab", 0, tick=0), WITHIN) == 2
    assert find_last(have, lines("abc", 0, tick=0), WITHIN) == 4
    assert find(rows("aaaaab", tick=0), lines("aab", 0, tick=0), WITHIN) == 3
    # all are equal: as many as possible were seen, so that none is shown twice
    assert find(rows("aaaa", tick=0), lines("aa", 0, tick=0), WITHIN) == 2


def test_between() -> None:
    """What lies between known lines, and whether the rows reach so far."""
    have = rows("abcdef")
    assert between(have, lines("ab", 0), lines("ef", 4), WITHIN) == (have[2:4], True)
    assert between(have, (), lines("ef", 4), WITHIN) == (have[:4], True)
    assert between(have, lines("ab", 0), (), WITHIN) == (have[2:], True)
    # rows that have not arrived: times decide
    assert between(have, lines("ax", 0), lines("xf", 4), WITHIN) == (have[2:4], False)
    assert between(have, lines("f", 5), lines("b", 1), WITHIN)[0] == []


def test_the_middle_of_a_long_line() -> None:
    """A tail that begins within a long line gets the whole line, as far as there is one."""
    long = "y" * 20_000
    have = [row("a"), row(long, NS + 1000), row("b", NS + 2000)]
    for rest in ([(NS + 1000, "yyy", True)], [(NS + 1500, "yyy", True), (NS + 2000, "b", True)]):
        part, mended, found = ahead(have, (), rest, WITHIN)
        assert (part, mended[0][1:], found) == ([have[0]], (long, True), True)
    assert ahead(have, (), [(NS + 1000, "z", True)], WITHIN) == ([have[0]], [(NS + 1000, "z", True)], False)


@pytest.mark.parametrize(
    ("have", "live", "places"),
    [
        ([row("a")], [], []),
        ([], [(NS, "a", True)], [None]),
        ([row("a")], [(NS + 600, "a", True)], [0]),
        ([row("a")], [(NS, "b", True)], [None]),
        ([row("a")], [(NS, "a", True), (NS + 1000, "a", True)], [0, None]),
        ([row("a")], [(NS + 1_000_000, "a", True)], [None]),
        ([row("a"), row("a", NS + 1000)], [(NS + 1000, "a", True), (NS + 2000, "a", True)], [1, None]),
        ([row("a"), row("c", NS + 2000)], lines("abc", 0), [0, None, 1]),
        ([row("x" * 32_768)], [(NS, "x" * 36_384, True)], [0]),
        (rows("abc"), lines("bc", 1), [1, 2]),
    ],
    ids=["row", "line", "both", "other text", "twice", "other time", "again at once", "a row lacks", "long", "tail"],
)
def test_matched(have: list[Row], live: list[Raw], places: list[int | None]) -> None:
    """Each line finds its own row, and no row is two lines."""
    assert matched(have, live, WITHIN) == places


def test_is_cut() -> None:
    """Text as long as a field can be may lack its end."""
    assert not is_cut("x" * (FIELD_BYTES - 1))
    assert is_cut("x" * FIELD_BYTES)
    assert is_cut("é" * (FIELD_BYTES // 2 + 1))
