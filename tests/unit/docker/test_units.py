"""Sizes, CPUs, durations, times."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from azdock.docker import units
from azdock.docker.values import BadValue

NOW = datetime(2024, 1, 1, 12, tzinfo=UTC)
SECOND = 10**9
NOON = 1704110400 * SECOND


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1", 1),
        ("1b", 1),
        ("1k", 1024),
        ("1kb", 1024),
        ("1KiB", 1024),
        ("512m", 536870912),
        ("1.5g", 1610612736),
        ("1 g", 1073741824),
        ("1e3", 1000),
        (".5m", 524288),
        ("1.", 1),
        ("+1", 1),
        ("2t", 2199023255552),
        ("9999999999999g", -(2**63)),
    ],
)
def test_memory(text: str, size: int) -> None:
    """Memory is read in powers of 1024, with any of docker's suffixes."""
    assert units.parse_memory(text) == size


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1x", "invalid suffix: 'x'"),
        ("-1", "invalid size: '-1'"),
        ("", "invalid size: ''"),
        ("abc", "invalid size: 'abc'"),
        (" ", 'strconv.ParseFloat: parsing "": invalid syntax'),
        ("1  g", 'strconv.ParseFloat: parsing "1 ": invalid syntax'),
        ("1ib", "invalid suffix: 'ib'"),
        ("0x10", 'strconv.ParseFloat: parsing "0x10": invalid syntax'),
        ("1,5", 'strconv.ParseFloat: parsing "1,5": invalid syntax'),
        ("1kbb", "invalid suffix: 'kbb'"),
        (" 1k", 'strconv.ParseFloat: parsing " 1": invalid syntax'),
        ("1k ", 'strconv.ParseFloat: parsing "1k": invalid syntax'),
    ],
)
def test_memory_refused(text: str, message: str) -> None:
    """A malformed size is refused in docker's words."""
    with pytest.raises(BadValue) as bad:
        units.parse_memory(text)
    assert str(bad.value) == message


@pytest.mark.parametrize(
    ("text", "nano"),
    [
        ("1", SECOND),
        ("1/2", SECOND // 2),
        ("1e-1", SECOND // 10),
        ("0x1", SECOND),
        (".5", SECOND // 2),
        ("5.", 5 * SECOND),
        ("-1", -SECOND),
        ("1_000", 1000 * SECOND),
    ],
)
def test_cpus(text: str, nano: int) -> None:
    """CPUs are rational numbers, counted in billionths."""
    assert units.parse_cpus(text) == nano


@pytest.mark.parametrize("text", ["abc", "", " 1", "1/0", "inf", "nan"])
def test_cpus_refused(text: str) -> None:
    """What is no rational number is refused."""
    with pytest.raises(BadValue) as bad:
        units.parse_cpus(text)
    assert str(bad.value) == f"failed to parse {text} as a rational number"


@pytest.mark.parametrize("text", ["0.0000000001", "1/3"])
def test_cpus_too_precise(text: str) -> None:
    """Less than a billionth of a CPU cannot be asked for."""
    with pytest.raises(BadValue, match=r"^value is too precise$"):
        units.parse_cpus(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1h", 3600), ("1m30s", 90), ("1.5h", 5400), ("+2s", 2), ("-1s", -1), ("0", 0), ("1µs", 1e-6), ("250ms", 0.25)],
)
def test_duration(text: str, seconds: float) -> None:
    """Go's durations become seconds."""
    assert units.parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("bogus", 'invalid duration "bogus"'),
        ("1x", 'unknown unit "x" in duration "1x"'),
        ("1.5", 'missing unit in duration "1.5"'),
        ("1h30", 'missing unit in duration "1h30"'),
        ("", 'invalid duration ""'),
        ("1d", 'unknown unit "d" in duration "1d"'),
        (".h", 'invalid duration ".h"'),
        (".", 'invalid duration "."'),
        ("-", 'invalid duration "-"'),
        ("1 s", 'unknown unit " s" in duration "1 s"'),
        ("9999999999h", 'invalid duration "9999999999h"'),
        ('1h"', 'unknown unit "h\\"" in duration "1h\\""'),
        ("00", 'missing unit in duration "00"'),
        ("1..5s", 'missing unit in duration "1..5s"'),
        ("é", 'invalid duration "\\xc3\\xa9"'),
    ],
)
def test_duration_refused(text: str, message: str) -> None:
    """A malformed duration is refused in Go's words."""
    with pytest.raises(BadValue) as bad:
        units.parse_duration(text)
    assert str(bad.value) == f"time: {message}"


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("1h", NOON - 3600 * SECOND),
        ("-1h", NOON + 3600 * SECOND),
        ("2024-01-01T12:00:00Z", NOON),
        ("2024-01-01T12:00Z", NOON),
        ("2024-01-01T12:00:00.5+02:00", NOON - 7200 * SECOND + SECOND // 2),
        ("2024-01-01T12:00:00.1234567891Z", NOON + 123456789),
        ("2024-01-01Z", NOON - 12 * 3600 * SECOND),
        ("0", 0),
        ("1.5", 3 * SECOND // 2),
        ("12.1234567890", 12123456789),
        ("1704110400", NOON),
    ],
)
def test_time(text: str, nanoseconds: int) -> None:
    """Durations count back from now; stamps and Unix seconds are taken as they are."""
    assert units.parse_time(text, NOW) == nanoseconds


def test_time_without_zone_is_local(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stamp without a zone means the user's own zone."""
    monkeypatch.setenv("TZ", "XXX-3")
    time.tzset()
    try:
        assert units.parse_time("2024-01-01T15", NOW) == NOON
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("text", ["bogus", "1x", "1h30", ".h", "1e3", "1.x", "1700000000.x", ""])
def test_time_refused(text: str) -> None:
    """What is neither a duration nor a time is refused in docker's words."""
    with pytest.raises(BadValue) as bad:
        units.parse_time(text, NOW)
    assert str(bad.value) == f'failed to parse value as time or duration: "{text}"'


@pytest.mark.parametrize(
    ("text", "part"),
    [("2024-13-01", "month"), ("2024-02-30", "day"), ("2024-01-01T25:00", "hour"), ("2024-01-01T00:60", "minute")],
)
def test_time_out_of_range(text: str, part: str) -> None:
    """A stamp that no calendar has is refused in Go's words."""
    with pytest.raises(BadValue) as bad:
        units.parse_time(text, NOW)
    assert str(bad.value) == f'parsing time "{text}": {part} out of range'


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0B"), (999, "999B"), (1000, "1kB"), (1983524, "1.98MB"), (123456789, "123MB"), (2.5e9, "2.5GB")],
)
def test_human_size(size: float, text: str) -> None:
    """Sizes are shown in powers of 1000 with three digits."""
    assert units.human_size(size) == text


def test_human_size_with_precision() -> None:
    """The virtual size of an image has four digits."""
    assert units.human_size_with_precision(1983524, 4) == "1.984MB"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.9, "Less than a second"),
        (1, "1 second"),
        (59.9, "59 seconds"),
        (60, "About a minute"),
        (120, "2 minutes"),
        (3599, "59 minutes"),
        (3600, "About an hour"),
        (5400, "2 hours"),
        (47 * 3600, "47 hours"),
        (48 * 3600, "2 days"),
        (14 * 86400, "2 weeks"),
        (60 * 86400, "2 months"),
        (730 * 86400, "2 years"),
    ],
)
def test_human_duration(seconds: float, text: str) -> None:
    """Spans are worded as docker words them."""
    assert units.human_duration(seconds) == text
