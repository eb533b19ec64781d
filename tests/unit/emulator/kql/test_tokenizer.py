"""Tokens of a query, and the values of its literals."""

from __future__ import annotations

from typing import Any

import pytest

from azdock.emulator.kql.errors import BadSyntax
from azdock.emulator.kql.tokenizer import tokenize
from azdock.emulator.kql.values import TICKS, DateTime, TimeSpan, parse_datetime, parse_timespan


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"'a\\b\'c\"d\n\té'", "a\\b'c\"d\n\té"),
        ('"it\'s"', "it's"),
        ("@'a\\b''c'", "a\\b'c"),
        ('@"a""b"', 'a"b'),
        ("h'secret'", "secret"),
        ("```two\nlines '```", "two\nlines '"),
        ("12", 12),
        ("0x1F", 31),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("10m", TimeSpan(600 * TICKS)),
        ("1.5h", TimeSpan(5400 * TICKS)),
        ("100ms", TimeSpan(TICKS // 10)),
        ("2days", TimeSpan(2 * 86400 * TICKS)),
        ("datetime(1970-01-01T00:00:01Z)", DateTime(TICKS)),
        ("datetime('1970-01-02')", DateTime(86400 * TICKS)),
        ("timespan(1.02:03:04.5)", TimeSpan(93784 * TICKS + TICKS // 2)),
        ("time(15m)", TimeSpan(900 * TICKS)),
        ("datetime(null)", None),
    ],
)
def test_literals(text: str, expected: Any) -> None:
    """Each form of literal has the documented value and type."""
    first, end = tokenize(text)
    assert (first.kind, first.value, type(first.value)) == ("literal", expected, type(expected))
    assert end.kind == "end"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a|b", ["a", "|", "b"]),
        ("1..2", [1, "..", 2]),
        ("x !in~ (1)", ["x", "!in~", "(", 1, ")"]),
        ("x!contains 'a'", ["x", "!contains", "a"]),
        ("a-b", ["a", "-", "b"]),
        ("project-away a", ["project-away", "a"]),
        ("todatetime(x)", ["todatetime", "(", "x", ")"]),
        ("a == 1 // b | c\n!= 2", ["a", "==", 1, "!=", 2]),
        ("in_x between_y", ["in_x", "between_y"]),
    ],
)
def test_words(text: str, expected: list[Any]) -> None:
    """Names, words and operators are told apart by the longest match."""
    assert [token.value for token in tokenize(text)[:-1]] == expected


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [("'open", 1, 0), ("a\n  ?", 2, 2), ("'a\nb'", 1, 0), ("1x", 1, 1), ("datetime(x)", 1, 0)],
)
def test_errors(text: str, line: int, column: int) -> None:
    """Text that is no token is refused with its place."""
    with pytest.raises(BadSyntax) as caught:
        tokenize(text)
    assert (caught.value.details["line"], caught.value.details["pos"]) == (line, column)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2026-08-01", "2026-08-01T00:00:00.0000000Z"),
        ("2026-08-01 10:15", "2026-08-01T10:15:00.0000000Z"),
        ("2026-08-01T10:15:30.1234567Z", "2026-08-01T10:15:30.1234567Z"),
        ("2026-08-01T10:15:30+02:30", "2026-08-01T07:45:30.0000000Z"),
        ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.5000000Z"),
        ("2026-02-31", "None"),
        ("soon", "None"),
    ],
)
def test_datetimes(text: str, written: str) -> None:
    """ISO dates are read and written in UTC with ticks; anything else is null."""
    assert str(parse_datetime(text)) == written


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("1d", "1.00:00:00"),
        ("-00:00:01.5", "-00:00:01.5000000"),
        ("90m", "01:30:00"),
        ("2", "2.00:00:00"),
        ("x", "None"),
    ],
)
def test_timespans(text: str, written: str) -> None:
    """Durations are read in their short and long forms and written in the long one."""
    assert str(parse_timespan(text)) == written
