"""The ways the log endpoints write a time. All times are Unix nanoseconds."""

from __future__ import annotations

from datetime import UTC, datetime


def _split(time_ns: int, digits: int) -> tuple[datetime, str]:
    seconds, rest = divmod(time_ns, 1_000_000_000)
    fraction = f"{rest:09}"[:digits].rstrip("0")
    return datetime.fromtimestamp(seconds, UTC), f".{fraction}" if fraction else ""


def payload_times(times_ns: list[int]) -> list[str]:
    """2026-08-01T10:15:30.4471213+00:00, up to seven decimals; times of one second share their beginning."""
    found: list[str] = []
    second, start = -1, ""
    for time_ns in times_ns:
        if time_ns // 1_000_000_000 != second:
            second = time_ns // 1_000_000_000
            start = f"{_split(time_ns, 0)[0]:%Y-%m-%dT%H:%M:%S}"
        digits = f".{time_ns % 1_000_000_000 // 100:07}"
        found.append(f"{start}{digits.rstrip('0').rstrip('.')}+00:00")
    return found


def banner_time(time_ns: int) -> str:
    """2026-08-01T10:15:31.12345, up to five decimals and no offset."""
    moment, fraction = _split(time_ns, 5)
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}"


def go_time(time_ns: int) -> str:
    """2026-08-01 10:15:31.1234567 +0000 UTC, as Go prints a time."""
    moment, fraction = _split(time_ns, 7)
    return f"{moment:%Y-%m-%d %H:%M:%S}{fraction} +0000 UTC"


def zulu_time(time_ns: int) -> str:
    """2026-08-01T10:15:29Z, whole seconds."""
    return f"{_split(time_ns, 0)[0]:%Y-%m-%dT%H:%M:%S}Z"
