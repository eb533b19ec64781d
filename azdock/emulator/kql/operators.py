"""Infix operators over values: comparison, text matching, arithmetic.

Source: dataexplorer-docs, kusto/query/datatypes-string-operators.md, scalar-data-types/null-values.md
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from azdock.emulator.kql.functions import pattern, to_string
from azdock.emulator.kql.values import DateTime, TimeSpan

Infix = Callable[[Any, Any], Any]
NUMERIC = frozenset(("int", "long", "real", "decimal"))


def equal(left: Any, right: Any) -> bool | None:
    """Null equals nothing; two nulls are unknown."""
    if left is None or right is None:
        return None if left is right else False
    return bool(left == right)


def unequal(left: Any, right: Any) -> bool | None:
    """The opposite of equal, where that is known."""
    if left is None or right is None:
        return None if left is right else True
    return bool(left != right)


def _ordered(compare: Infix) -> Infix:
    def ordered(left: Any, right: Any) -> bool | None:
        if left is None or right is None:
            return None
        if isinstance(left, str) != isinstance(right, str) or isinstance(left, list | dict):
            return None
        return bool(compare(left, right))

    return ordered


@lru_cache(maxsize=1024)
def _term(text: str, sensitive: bool, start: bool, end: bool) -> re.Pattern[str]:
    """A whole term: letters and digits are not continued at its ends."""
    before = r"(?<![^\W_])" if start and text[:1].isalnum() else ""
    after = r"(?![^\W_])" if end and text[-1:].isalnum() else ""
    return re.compile(before + re.escape(text) + after, 0 if sensitive else re.IGNORECASE)


def _has(sensitive: bool, start: bool, end: bool) -> Infix:
    return lambda left, right: _term(to_string(right), sensitive, start, end).search(to_string(left)) is not None


def _insensitive(test: Callable[[str, str], bool]) -> Infix:
    return lambda left, right: test(to_string(left).casefold(), to_string(right).casefold())


def _sensitive(test: Callable[[str, str], bool]) -> Infix:
    return lambda left, right: test(to_string(left), to_string(right))


def _contains(text: str, part: str) -> bool:
    return part in text


TESTS: dict[str, Infix] = {
    "==": equal,
    "!=": unequal,
    "=~": _insensitive(str.__eq__),
    "!~": _insensitive(str.__ne__),
    "<": _ordered(lambda left, right: left < right),
    "<=": _ordered(lambda left, right: left <= right),
    ">": _ordered(lambda left, right: left > right),
    ">=": _ordered(lambda left, right: left >= right),
    "has": _has(False, True, True),
    "has_cs": _has(True, True, True),
    "hasprefix": _has(False, True, False),
    "hasprefix_cs": _has(True, True, False),
    "hassuffix": _has(False, False, True),
    "hassuffix_cs": _has(True, False, True),
    "contains": _insensitive(_contains),
    "contains_cs": _sensitive(_contains),
    "startswith": _insensitive(str.startswith),
    "startswith_cs": _sensitive(str.startswith),
    "endswith": _insensitive(str.endswith),
    "endswith_cs": _sensitive(str.endswith),
    "matches": lambda left, right: pattern(to_string(right)).search(to_string(left)) is not None,
}


def _negated(test: Infix) -> Infix:
    return lambda left, right: not test(left, right)


TESTS |= {"!" + name: _negated(test) for name, test in list(TESTS.items()) if name[0] in "hcse"}


def add(left: Any, right: Any) -> Any:
    """Numbers and times."""
    return left + right


def divide(left: Any, right: Any) -> Any:
    """Whole numbers give a whole number, cut; division by zero gives null or infinity."""
    if isinstance(left, int) and isinstance(right, int):
        return None if right == 0 else int(left / right) if abs(left) < 2**53 else left // right
    return left / right if right else math.copysign(math.inf, left) if left else math.nan


def modulo(left: Any, right: Any) -> Any:
    """Remainder that is not negative."""
    return None if right == 0 else left % right


_ARITHMETIC: dict[str, Infix] = {
    "+": add,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": divide,
    "%": modulo,
}


def arithmetic(op: str, left: str, right: str) -> tuple[Infix, str] | None:
    """The operator for two types and the type of its result; None when there is none."""
    run, found = _ARITHMETIC[op], _result(op, left, right)
    if found is None:
        return None
    wrap: Callable[[Any], Any] = _WRAP.get(found, _plain)
    if op == "/" and left == "timespan":
        run = (lambda a, b: int(a) / int(b) if b else None) if right == "timespan" else (lambda a, b: int(a) / b)

    def apply(a: Any, b: Any) -> Any:
        if not _number(a) or not _number(b):
            return None
        value = run(a, b)
        return None if value is None else wrap(value)

    return apply, found


def _plain(value: Any) -> Any:
    return value


def _number(value: Any) -> bool:
    return isinstance(value, int | float)


def _span(value: Any) -> TimeSpan:
    return TimeSpan(round(value))


_WRAP: dict[str, Callable[[Any], Any]] = {"datetime": DateTime, "timespan": _span, "real": float}


def _result(op: str, left: str, right: str) -> str | None:
    numbers = NUMERIC | {"dynamic", "bool"}
    if left in numbers and right in numbers:
        return "real" if "real" in (left, right) or "dynamic" in (left, right) else "long"
    if (op, left, right) == ("-", "datetime", "datetime"):
        return "timespan"
    if op in "+-" and left == "datetime" and right == "timespan":
        return "datetime"
    if op == "+" and left == "timespan" and right == "datetime":
        return "datetime"
    if left == right == "timespan":
        return "real" if op == "/" else "timespan" if op in "+-%" else None
    if op in "*/" and left == "timespan" and right in NUMERIC:
        return "timespan"
    if op == "*" and right == "timespan" and left in NUMERIC:
        return "timespan"
    return None
