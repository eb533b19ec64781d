"""Scalar functions over values. Each takes plain values, None for null.

Source: dataexplorer-docs, kusto/query, one page per function.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from azdock.emulator.kql.errors import QueryError
from azdock.emulator.kql.values import TICKS, DateTime, TimeSpan, parse_datetime, parse_timespan

SINCE_YEAR_ONE = 62_135_596_800 * TICKS  # bins are counted from 0001-01-01


@dataclass(frozen=True, slots=True)
class Function:
    """`type` is the result's type, or "same:n" for the type of argument n."""

    run: Callable[..., Any]
    type: str
    least: int
    most: int


def to_string(value: Any) -> str:
    """Any value as text; null is empty."""
    if type(value) is str:
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dict | list):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return str(value)


def to_long(value: Any) -> int | None:
    """A whole number; a real is cut."""
    if isinstance(value, float):
        return int(value) if math.isfinite(value) else None
    if isinstance(value, int):
        return int(value)
    try:
        return int(str(value).strip(), 0) if value is not None else None
    except ValueError:
        return int(value) if re.fullmatch(r"\s*-?\d+\s*", str(value)) else None


def to_int(value: Any) -> int | None:
    """A whole number of 32 bits, else null."""
    number = to_long(value)
    return number if number is not None and -(2**31) <= number < 2**31 else None


def to_real(value: Any) -> float | None:
    """A floating point number."""
    try:
        return None if value is None or isinstance(value, dict | list) else float(value)
    except ValueError:
        return None


def to_bool(value: Any) -> bool | None:
    """true, false, a number other than 0, or null."""
    if isinstance(value, int | float):
        return bool(value)
    return {"true": True, "1": True, "false": False, "0": False}.get(str(value).strip().lower())


def to_datetime(value: Any) -> DateTime | None:
    """A point in time out of ISO text."""
    return value if isinstance(value, DateTime) else parse_datetime(value) if isinstance(value, str) else None


def to_timespan(value: Any) -> TimeSpan | None:
    """A duration out of its text."""
    return value if isinstance(value, TimeSpan) else parse_timespan(value) if isinstance(value, str) else None


def parse_json(value: Any) -> Any:
    """The value of JSON text; text that is none stays a string."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def bin_of(value: Any, size: Any) -> Any:
    """The largest multiple of `size` that is not above `value`."""
    if value is None or size is None or size == 0:
        return None
    if isinstance(value, DateTime):
        return DateTime((int(value) + SINCE_YEAR_ONE) // int(size) * int(size) - SINCE_YEAR_ONE)
    if isinstance(value, TimeSpan):
        return TimeSpan(int(value) // int(size) * int(size))
    return math.floor(value / size) * size if isinstance(size, float) else math.floor(value // size) * size


@lru_cache(maxsize=256)
def pattern(text: str) -> re.Pattern[str]:
    """A compiled RE2 pattern. Raises QueryError."""
    try:
        return re.compile(text)
    except re.error as error:
        raise QueryError("SEM0420", f"Regex pattern is ill-formed: {error}") from None


def extract(regex: str, group: int, source: Any) -> str | None:
    """A group of the first match; null when there is none."""
    found = pattern(regex).search(to_string(source))
    if not found or group > found.re.groups:
        return None
    return found[group]


def extract_all(regex: str, source: Any) -> list[Any] | None:
    """All matches: the group, or a list of groups if there are several."""
    found = [list(match.groups()) or [match[0]] for match in pattern(regex).finditer(to_string(source))]
    return [groups[0] if len(groups) == 1 else groups for groups in found] or None


def substring(source: Any, start: int, length: int | None = None) -> str:
    """Characters from `start`, counted from the end when negative."""
    text = to_string(source)
    begin = max(0, len(text) + start) if start < 0 else start
    return text[begin:] if length is None else text[begin : begin + max(0, length)]


def coalesce(*values: Any) -> Any:
    """The first value that is neither null nor empty text."""
    chosen = next((value for value in values if value is not None and value != ""), None)
    return "" if chosen is None and any(value == "" for value in values) else chosen


def case_of(*args: Any) -> Any:
    """The value after the first true predicate, else the last."""
    for i in range(0, len(args) - 1, 2):
        if args[i] is True:
            return args[i + 1]
    return args[-1]


def iff(condition: Any, then: Any, otherwise: Any) -> Any:
    """`then` when the condition is true; a null condition is not."""
    return then if condition is True else otherwise


def empty(value: Any) -> bool:
    """Null or empty text."""
    return value is None or value == ""


def replace_regex(source: Any, regex: str, rewrite: str) -> str:
    """All matches replaced; \\1 stands for a group."""
    return pattern(regex).sub(rewrite, to_string(source))


def index_of(source: Any, lookup: Any) -> int:
    """Where the text begins, or -1."""
    return to_string(source).find(to_string(lookup))


def split(source: Any, delimiter: str, index: int | None = None) -> list[str]:
    """Parts between delimiters."""
    text = to_string(source)
    parts = text.split(delimiter) if delimiter else [text]
    return parts if index is None else parts[index : index + 1]


def trim(regex: str, source: Any) -> str:
    """Without the matches at both ends."""
    return pattern(f"(?:{regex})$").sub("", pattern(f"^(?:{regex})").sub("", to_string(source)))


def negate(value: Any) -> bool | None:
    """not(); null stays null."""
    return None if value is None else not value


def from_unix(value: Any) -> DateTime | None:
    """Seconds since 1970 as a datetime."""
    return None if value is None else DateTime(round(value * TICKS))


def _nullable(run: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args: None if any(arg is None for arg in args) else run(*args)


def _start_of(size: int) -> Callable[[Any], Any]:
    return lambda value: bin_of(value, TimeSpan(size))


def _length(value: Any) -> int | None:
    return len(value) if isinstance(value, list) else None


def _least(*values: Any) -> Any:
    known = [value for value in values if value is not None]
    return min(known) if known else None


def _most(*values: Any) -> Any:
    known = [value for value in values if value is not None]
    return max(known) if known else None


FUNCTIONS: dict[str, Function] = {
    "tostring": Function(to_string, "string", 1, 1),
    "toint": Function(to_int, "int", 1, 1),
    "tolong": Function(to_long, "long", 1, 1),
    "todouble": Function(to_real, "real", 1, 1),
    "toreal": Function(to_real, "real", 1, 1),
    "tobool": Function(to_bool, "bool", 1, 1),
    "todatetime": Function(to_datetime, "datetime", 1, 1),
    "totimespan": Function(to_timespan, "timespan", 1, 1),
    "toguid": Function(to_string, "guid", 1, 1),
    "parse_json": Function(parse_json, "dynamic", 1, 1),
    "todynamic": Function(parse_json, "dynamic", 1, 1),
    "bin": Function(bin_of, "same:0", 2, 2),
    "floor": Function(bin_of, "same:0", 2, 2),
    "startofday": Function(_start_of(86400 * TICKS), "datetime", 1, 1),
    "strcat": Function(lambda *args: "".join(map(to_string, args)), "string", 1, 64),
    "strcat_delim": Function(lambda by, *args: by.join(map(to_string, args)), "string", 2, 64),
    "strlen": Function(lambda value: len(to_string(value)), "long", 1, 1),
    "tolower": Function(lambda value: to_string(value).lower(), "string", 1, 1),
    "toupper": Function(lambda value: to_string(value).upper(), "string", 1, 1),
    "substring": Function(substring, "string", 2, 3),
    "indexof": Function(index_of, "long", 2, 2),
    "split": Function(split, "dynamic", 2, 3),
    "trim": Function(trim, "string", 2, 2),
    "replace_string": Function(
        lambda text, old, new: to_string(text).replace(old, new) if old else to_string(text), "string", 3, 3
    ),
    "replace_regex": Function(replace_regex, "string", 3, 3),
    "extract": Function(extract, "string", 3, 3),
    "extract_all": Function(extract_all, "dynamic", 2, 2),
    "coalesce": Function(coalesce, "same:0", 2, 64),
    "iff": Function(iff, "same:1", 3, 3),
    "iif": Function(iff, "same:1", 3, 3),
    "case": Function(case_of, "same:1", 3, 255),
    "isempty": Function(empty, "bool", 1, 1),
    "isnotempty": Function(lambda value: not empty(value), "bool", 1, 1),
    "isnull": Function(lambda value: value is None, "bool", 1, 1),
    "isnotnull": Function(lambda value: value is not None, "bool", 1, 1),
    "not": Function(negate, "bool", 1, 1),
    "abs": Function(_nullable(abs), "same:0", 1, 1),
    "round": Function(_nullable(lambda value, digits=0: float(round(value, digits))), "real", 1, 2),
    "ceiling": Function(_nullable(lambda value: float(math.ceil(value))), "real", 1, 1),
    "min_of": Function(_least, "same:0", 1, 64),
    "max_of": Function(_most, "same:0", 1, 64),
    "array_length": Function(_length, "long", 1, 1),
    "unixtime_seconds_todatetime": Function(from_unix, "datetime", 1, 1),
    "unixtime_milliseconds_todatetime": Function(
        lambda value: from_unix(None if value is None else value / 1000), "datetime", 1, 1
    ),
}
