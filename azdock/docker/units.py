"""Docker's units: memory sizes, CPUs, durations, points in time, and how they are shown."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from azdock.docker.values import BadValue

_BINARY = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_SUFFIXES = {
    f"{unit}{tail}": power for unit, power in _BINARY.items() for tail in ("", "b", "ib") if unit or tail != "ib"
}
_DURATION = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)(?=[\d.]|$)")
_OVERFLOW = 2**63  # of Go's int64
_STAMP = re.compile(r"(\d{4}-\d\d-\d\d)(?:T(\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d+))?)?)?)?(Z|[+-]\d\d:\d\d)?")


def parse_memory(text: str) -> int:
    """ "512m" -> 536870912 bytes; units b k m g t p with an optional b or ib. Raises BadValue."""
    last = max((place for place, character in enumerate(text) if character in "0123456789. "), default=-1)
    if last < 0 or (last < len(text) - 1 and text[last] == " " and last == 0):
        raise BadValue(f"invalid size: '{text}'")
    number, suffix = (text[: last + 1], text[last + 1 :]) if text[last] != " " else (text[:last], text[last + 1 :])
    if number.startswith("-"):
        raise BadValue(f"invalid size: '{text}'")
    if not re.fullmatch(r"\+?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", number):
        raise BadValue(f'strconv.ParseFloat: parsing "{number}": invalid syntax')
    power = _SUFFIXES.get(suffix.lower())
    if power is None:
        raise BadValue(f"invalid suffix: '{suffix}'")
    size = int(Decimal(number) * 1024**power)
    return size if size < _OVERFLOW else -_OVERFLOW  # what Go makes of it


def parse_cpus(text: str) -> int:
    """ "1.5", "1/2" or "1e-1" -> billionths of a CPU. Raises BadValue."""
    try:
        cpus = (Fraction(int(text, 16)) if text[:2] in ("0x", "0X") else Fraction(text)) * 10**9
        if text != text.strip():
            raise ValueError(text)
    except (ValueError, ZeroDivisionError):
        raise BadValue(f"failed to parse {text} as a rational number") from None
    if cpus.denominator != 1:
        raise BadValue("value is too precise")
    return int(cpus)


def parse_duration(text: str) -> float:
    """Go's durations ("1h30m", "1.5s", "0") -> seconds. Raises BadValue as Go's time.ParseDuration words it."""
    body = text[1:] if text[:1] in ("+", "-") else text
    if body == "0":
        return 0.0
    shown = _go_quoted(text)
    if not body or body[0] not in ".0123456789" or body == ".":
        raise BadValue(f'time: invalid duration "{shown}"')
    total, place = 0.0, 0
    while place < len(body):
        match = _DURATION.match(body, place)
        if match is None:
            raise BadValue(_duration_error(body[place:], shown))
        total += float(match[1]) * _SECONDS[match[2]]
        place = match.end()
    if total * 10**9 >= _OVERFLOW:
        raise BadValue(f'time: invalid duration "{shown}"')
    return -total if text[0] == "-" else total


def _go_quoted(text: str) -> str:
    plain = {'"': '\\"', "\\": "\\\\"}
    return "".join(
        plain.get(one) or (one if " " <= one < "\x7f" else "".join(f"\\x{byte:02x}" for byte in one.encode()))
        for one in text
    )


def _duration_error(rest: str, shown: str) -> str:
    number = re.match(r"\d*\.?\d*", rest)
    unit = re.match(r"[^\d.]*", rest[number.end() if number else 0 :])
    if number is None or number[0] in ("", "."):
        return f'time: invalid duration "{shown}"'
    if unit is None or not unit[0]:
        return f'time: missing unit in duration "{shown}"'
    return f'time: unknown unit "{_go_quoted(unit[0])}" in duration "{shown}"'


def parse_time(text: str, now: datetime) -> int:
    """A --since/--until value -> Unix nanoseconds: a duration before `now`, RFC 3339 or parts of it, or seconds.

    A time without a zone is local, as docker takes it. Raises BadValue.
    """
    try:
        return _nanoseconds(now) - round(parse_duration(text) * 10**9) if text != "0" else 0
    except BadValue:
        pass
    match = _STAMP.fullmatch(text)
    if match:
        return _stamp(match, text)
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        raise BadValue(f'failed to parse value as time or duration: "{text}"')
    return int(Decimal(text) * 10**9)


def _stamp(match: re.Match[str], text: str) -> int:
    date, hour, minute, second, fraction, zone = match.groups()
    try:
        clock = f"{hour or '00'}:{minute or '00'}:{second or '00'}"
        moment = datetime.fromisoformat(f"{date}T{clock}{'+00:00' if zone == 'Z' else zone or ''}")
    except ValueError:
        raise BadValue(f'parsing time "{text}": {_out_of_range(match)} out of range') from None
    return _nanoseconds(moment.astimezone(UTC)) + int((fraction or "0")[:9].ljust(9, "0"))


def _out_of_range(match: re.Match[str]) -> str:
    month, hour, minute, second = (int(part or 0) for part in (match[1][5:7], *match.groups()[1:4]))
    if not 1 <= month <= 12:
        return "month"
    limits = (("hour", hour, 24), ("minute", minute, 60), ("second", second, 60))
    return next((name for name, value, limit in limits if value >= limit), "day")


def _nanoseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000


def human_size(size: float) -> str:
    """Bytes as docker shows them in lists: powers of 1000, three significant digits ("1.23MB", "0B")."""
    return human_size_with_precision(size, 3)


def human_size_with_precision(size: float, precision: int) -> str:
    """Bytes in powers of 1000 with so many significant digits (docker images uses 3)."""
    units = ("B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB")
    place = 0
    while size >= 1000.0 and place < len(units) - 1:
        size /= 1000.0
        place += 1
    return f"{size:.{precision}g}{units[place]}" if size < 10**precision else f"{size:.0f}{units[place]}"


def human_duration(seconds: float) -> str:
    """A span as docker says it: "Less than a second", "About a minute", "3 hours", "2 weeks"."""
    whole = int(seconds)
    minutes, hours = whole // 60, int(seconds / 3600 + 0.5)
    if whole < 1:
        return "Less than a second"
    if whole < 60:
        return "1 second" if whole == 1 else f"{whole} seconds"
    if minutes < 60:
        return "About a minute" if minutes == 1 else f"{minutes} minutes"
    return _long_duration(hours, seconds)


def _long_duration(hours: int, seconds: float) -> str:
    if hours == 1:
        return "About an hour"
    for limit, size, noun in ((48, 1, "hours"), (24 * 7 * 2, 24, "days"), (24 * 30 * 2, 24 * 7, "weeks")):
        if hours < limit:
            return f"{hours // size} {noun}"
    if hours < 24 * 365 * 2:
        return f"{hours // 24 // 30} months"
    return f"{int(seconds / 3600) // 24 // 365} years"
