"""The `timespan` of a log query: an ISO 8601 duration or interval.

Source: learn.microsoft.com/azure/azure-monitor/logs/api/timeouts and request-format; ISO 8601 section 4.4.
"""

from __future__ import annotations

import re

from azdock.emulator.kql.values import parse_datetime

Span = tuple[int, int]  # Unix nanoseconds, both ends belong to it
ALWAYS: Span = (0, 2**63 - 1_000_000)

_NUMBER = r"(\d+(?:[.,]\d+)?)"
_DURATION = re.compile(
    rf"P(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}W)?(?:{_NUMBER}D)?"
    rf"(?:T(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?",
    re.IGNORECASE,
)
_SECONDS = (365 * 86400, 30 * 86400, 7 * 86400, 86400, 3600, 60, 1)


def parse_span(text: str, now: int) -> Span:
    """Start and end; no text is all of time. Raises ValueError."""
    if not text:
        return ALWAYS
    first, slash, second = text.strip().partition("/")
    if not slash:
        return now - _duration(first, text), now
    if second[:1] in "Pp" and second:
        start = _moment(first, text)
        return start, start + _duration(second, text)
    if first[:1] in "Pp" and first:
        end = _moment(second, text)
        return end - _duration(first, text), end
    return _moment(first, text), _moment(second, text)


def _duration(text: str, whole: str) -> int:
    match = _DURATION.fullmatch(text.strip())
    if not match or not any(match.groups()):
        raise ValueError(f"Invalid timespan: {whole}")
    parts = (float((number or "0").replace(",", ".")) for number in match.groups())
    return round(sum(part * seconds for part, seconds in zip(parts, _SECONDS, strict=True)) * 1e9)


def _moment(text: str, whole: str) -> int:
    moment = parse_datetime(text)
    if moment is None:
        raise ValueError(f"Invalid timespan: {whole}")
    return int(moment) * 100
