"""Timespans of log queries."""

from __future__ import annotations

import pytest

from azdock.emulator.kql.values import parse_datetime
from azdock.emulator.timespans import ALWAYS, parse_span

HOUR = 3600 * 10**9
DAY = 24 * HOUR
NOW = 1_785_000_000 * 10**9


def at(text: str) -> int:
    return int(parse_datetime(text) or 0) * 100


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ALWAYS),
        ("PT1H", (NOW - HOUR, NOW)),
        ("PT3600.0S", (NOW - HOUR, NOW)),
        ("P3DT12H", (NOW - 3 * DAY - 12 * HOUR, NOW)),
        ("P1W", (NOW - 7 * DAY, NOW)),
        ("2026-01-01/2026-01-02", (at("2026-01-01"), at("2026-01-02"))),
        ("2026-01-01T00:00:00.5Z/PT1H", (at("2026-01-01T00:00:00.5"), at("2026-01-01T01:00:00.5"))),
        ("P1D/2026-01-02T00:00:00+00:00", (at("2026-01-01"), at("2026-01-02"))),
    ],
)
def test_parse(text: str, expected: tuple[int, int]) -> None:
    """Durations, intervals and their mixtures."""
    assert parse_span(text, NOW) == expected


@pytest.mark.parametrize("text", ["soon", "P", "PT", "1h", "2026-01-01", "2026-01-01/", "/PT1H", "PT1H/PT1H"])
def test_refused(text: str) -> None:
    """Anything else is no timespan."""
    with pytest.raises(ValueError, match="Invalid timespan"):
        parse_span(text, NOW)
