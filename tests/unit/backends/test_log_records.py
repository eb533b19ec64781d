"""Records become lines; what a repeated stream shows again is dropped."""

from __future__ import annotations

import pytest

from azdock.azure.logstream import Record, parse_time
from azdock.backends.log_records import REMEMBERED, Joiner, Overlap
from azdock.backends.shim import STDERR

STAMPS = [f"2025-05-24T17:39:25.{number:07d}+00:00" for number in range(20)]


def records(*logs: str) -> list[Record]:
    return list(zip(STAMPS, logs, strict=False))


@pytest.mark.parametrize(
    ("logs", "lines"),
    [
        (["F a", "F "], ["a", ""]),
        (["P ab", "F cd"], ["abcd"]),
        (["P ab", "P cd", "F ", "F e"], ["abcd", "e"]),
        (["plain", "F really"], ["plain", "F really"]),
        (["F No logs since last 60 seconds"], ["No logs since last 60 seconds"]),
        (["P o1", f"P {STDERR}e1", "F e2", "F o2"], [f"{STDERR}e1e2", "o1o2"]),
        ([f"P {STDERR}e1", f"F {STDERR}e"], [f"{STDERR}e1", f"{STDERR}e"]),
        (["P o1", f"F {STDERR}e", "F o2"], [f"{STDERR}e", "o1o2"]),
    ],
)
def test_lines(logs: list[str], lines: list[str]) -> None:
    """Tags go, parts are joined per stream, and a stream without tags keeps what looks like one."""
    assert [text for _, text, _ in Joiner().feed(records(*logs))] == lines


def test_time_and_end() -> None:
    """A line has the time of its last part; one whose end never came is given at the end, without it."""
    joiner = Joiner()
    assert joiner.feed(records("P a", "F b", "P c")) == [(parse_time(STAMPS[1]), "ab", True)]
    assert joiner.open
    assert joiner.end() == [(parse_time(STAMPS[2]), "c", False)]
    assert not joiner.open and joiner.end() == []


def test_overlap() -> None:
    """After a reconnection known records are dropped, equal ones counted, and a gap is noticed."""
    one, two, far, new = records("F a", "F b", "F z", "F q")
    seen = Overlap()
    assert seen.empty
    assert seen.take([one, one, two]) == [one, one, two]
    seen.reconnect()
    assert seen.take([one]) == []
    assert seen.take([one, two, far]) == [far]
    assert not seen.gap and not seen.empty
    seen.reconnect()
    assert seen.take([new]) == [new]
    assert seen.gap


def test_the_longest_overlap_wins() -> None:
    """Where a beginning fits in several places, nothing is shown twice."""
    a, b = records("F a", "F b")
    seen = Overlap()
    seen.take([a, b, a])
    seen.reconnect()
    assert seen.take([a, b]) == []
    assert seen.take([a, b]) == [b]


def test_a_stream_that_goes_another_way() -> None:
    """What begins like something known and goes on otherwise is new from there on."""
    a, b, c, d = records("F a", "F b", "F c", "F d")
    seen = Overlap()
    seen.take([a, b, c])
    seen.reconnect()
    assert seen.take([a, d]) == [d]


def test_memory_is_bounded() -> None:
    """Only what a tail can show again is kept."""
    seen = Overlap()
    for number in range(REMEMBERED * 2):
        seen.take([(str(number), "F a")])
    assert len(seen._seen) <= REMEMBERED
