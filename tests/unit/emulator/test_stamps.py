"""The ways in which times are written."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from azdock.emulator.stamps import banner_time, go_time, payload_times, zulu_time

AT = 1_785_579_330 * 10**9


@pytest.mark.parametrize(
    ("write", "ns", "expected"),
    [
        (banner_time, 309_930_000, "2026-08-01T10:15:30.30993"),
        (banner_time, 300_000_000, "2026-08-01T10:15:30.3"),
        (go_time, 123_456_700, "2026-08-01 10:15:30.1234567 +0000 UTC"),
        (go_time, 0, "2026-08-01 10:15:30 +0000 UTC"),
        (zulu_time, 999_999_999, "2026-08-01T10:15:30Z"),
    ],
)
def test_forms(write: Callable[[int], str], ns: int, expected: str) -> None:
    """Zeros at the end of the fraction are left out, as recordings show."""
    assert write(AT + ns) == expected


def test_payload_times() -> None:
    """Times of several seconds in one go, each as recordings show it."""
    times = [AT + ns for ns in (447_121_399, 439_303_000, 0, 10**9 + 500_000_000, 2 * 10**9)]
    assert payload_times(times) == [
        "2026-08-01T10:15:30.4471213+00:00",
        "2026-08-01T10:15:30.439303+00:00",
        "2026-08-01T10:15:30+00:00",
        "2026-08-01T10:15:31.5+00:00",
        "2026-08-01T10:15:32+00:00",
    ]
