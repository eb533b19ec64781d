"""Conditions that can be decided for a whole part of a table before its rows are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce
from typing import Any

from azdock.emulator.kql.batch import Row
from azdock.emulator.kql.compiler import Scope
from azdock.emulator.kql.tree import Among, Between, Binary, Call, Element, Expr, Name, Negative, Operator, Where
from azdock.emulator.kql.vectors import condition_of, conjuncts

Match = Callable[[Row], Any]


def for_source(
    operators: tuple[Operator, ...], fixed: frozenset[str], scope: Scope
) -> tuple[Match, tuple[Operator, ...]]:
    """A test over the fixed columns, taken out of the leading `where` operators, and the operators that are left."""
    tests: list[Match] = []
    left: list[Operator] = []
    for position, operator in enumerate(operators):
        if not isinstance(operator, Where):
            left += operators[position:]
            break
        others: list[Expr] = []
        for condition in conjuncts(operator.condition):
            names = set(_names(condition))
            if names and names <= fixed:
                tests.append(condition_of(condition, scope).run)
            else:
                others.append(condition)
        if others:
            left.append(Where(reduce(lambda first, second: Binary("and", first, second), others)))
    return lambda facts: all(test(facts) for test in tests), tuple(left)


def _names(expr: Expr) -> Iterator[str]:
    """Every column an expression may read; "*" for what cannot be told."""
    waiting: list[Expr] = [expr]
    while waiting:
        match waiting.pop():
            case Name(name):
                yield name
            case Negative(value):
                waiting.append(value)
            case Binary(_, left, right):
                waiting += [left, right]
            case Among(_, value, items):
                waiting += [value, *items]
            case Between(value, low, high, _):
                waiting += [value, low, high]
            case Element(value, key):
                waiting += [value, key]
            case Call("column_ifexists" | "columnifexists", _):
                yield "*"
            case Call(_, args):
                waiting += args
