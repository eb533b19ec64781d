"""Kusto's scalar values. null is None; string str; bool bool; long int; real float; dynamic list and dict."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

TICKS = 10_000_000  # 100 ns ticks in a second


class DateTime(int):
    """Ticks since 1970, UTC."""

    __slots__ = ()

    def __str__(self) -> str:
        seconds, ticks = divmod(int(self), TICKS)
        return f"{_second(seconds)}.{ticks:07}Z"


@lru_cache(maxsize=1024)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


class TimeSpan(int):
    """Ticks; written [-][d.]hh:mm:ss[.fffffff]."""

    __slots__ = ()

    def __str__(self) -> str:
        seconds, ticks = divmod(abs(int(self)), TICKS)
        minutes, second = divmod(seconds, 60)
        days, minute = divmod(minutes, 1440)
        text = f"{minute // 60:02}:{minute % 60:02}:{second:02}" + (f".{ticks:07}" if ticks else "")
        return ("-" if self < 0 else "") + (f"{days}." if days else "") + text


UNITS = {
    "d": 86400 * TICKS,
    "h": 3600 * TICKS,
    "m": 60 * TICKS,
    "s": TICKS,
    "ms": TICKS // 1000,
    "microsecond": 10,
    "tick": 1,
}
# dataexplorer-docs, kusto/query/scalar-data-types/timespan.md: the short and the long unit names
for _unit, _names in {
    "d": "day days",
    "h": "hr hrs hour hours",
    "m": "min minute minutes",
    "s": "sec second seconds",
    "ms": "milli millis millisecond milliseconds",
    "microsecond": "micro micros microseconds",
    "tick": "ticks",
}.items():
    UNITS.update(dict.fromkeys(_names.split(), UNITS[_unit]))

_DATE = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)(?:[T ](\d\d?):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?\s*(Z|[+-]\d\d:?\d\d)?", re.IGNORECASE
)
_SPAN = re.compile(r"(-)?(?:(\d+)\.)?(\d+):(\d\d)(?::(\d\d)(?:\.(\d{1,7}))?)?")
_SHORT_SPAN = re.compile(r"(-?\d+(?:\.\d+)?)\s*([a-z]+)")


def parse_datetime(text: str) -> DateTime | None:
    """An ISO date, with or without time and offset; None when it is not one."""
    match = _DATE.fullmatch(text.strip())
    if not match:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    ticks = int(moment.timestamp()) * TICKS + int((match[7] or "").ljust(7, "0")[:7])
    zone = match[8] or "Z"
    if zone not in "Zz":
        away = int(zone[1:3]) * 3600 + int(zone[-2:]) * 60
        ticks -= away * TICKS * (-1 if zone[0] == "-" else 1)
    return DateTime(ticks)


def parse_timespan(text: str) -> TimeSpan | None:
    """1.02:03:04.5, 02:03, 1d, 15m, or a bare number of days; None when it is none of them."""
    text = text.strip()
    if match := _SPAN.fullmatch(text):
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups()[1:5])
        ticks = (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * TICKS + int((match[6] or "").ljust(7, "0"))
        return TimeSpan(-ticks if match[1] else ticks)
    if (match := _SHORT_SPAN.fullmatch(text)) and match[2] in UNITS:
        return TimeSpan(round(float(match[1]) * UNITS[match[2]]))
    if re.fullmatch(r"-?\d+", text):
        return TimeSpan(int(text) * UNITS["d"])
    return None


def type_name(value: Any) -> str:
    """Kusto's name for a value's type; null has none and gives "dynamic"."""
    for kind, name in (
        (bool, "bool"),
        (DateTime, "datetime"),
        (TimeSpan, "timespan"),
        (int, "long"),
        (float, "real"),
        (str, "string"),
    ):
        if isinstance(value, kind):
            return name
    return "dynamic"
