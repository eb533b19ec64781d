"""Scalar expressions over whole columns: common shapes at once, all others row by row."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from functools import reduce
from typing import Any, NamedTuple

from azdock.emulator.kql.batch import Batch, Column, Constant
from azdock.emulator.kql.compiler import Compiled, Scope, compiled, operands
from azdock.emulator.kql.errors import QueryError
from azdock.emulator.kql.operators import TESTS
from azdock.emulator.kql.tree import Among, Between, Binary, Call, Element, Expr, Literal, Name, Negative, Star

# conditions of one `where` that are applied one after the other; the rest is decided row by row
CONDITIONS = 16
_PLAIN: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Vector(NamedTuple):
    """What an expression gives for all rows of a batch, and its type."""

    run: Callable[[Batch], Column]
    type: str


def vector(expr: Expr, scope: Scope) -> Vector:
    """The closure for an expression. Raises QueryError, also when it is called."""
    plain = compiled(expr, scope)
    match expr:
        case Name(name) if name in scope.columns:
            return Vector(lambda batch: batch.column(name), plain.type)
        case Binary(op, left, right) if op in TESTS:
            return Vector(_compared(op, vector(left, scope), vector(right, scope)), "bool")
    return Vector(_each(plain, reads(expr, scope)), plain.type)


def _each(plain: Compiled, names: list[str]) -> Callable[[Batch], Column]:
    def run(batch: Batch) -> Column:
        columns = {name: batch.column(name) for name in names}
        alike = {name: column.value for name, column in columns.items() if isinstance(column, Constant)}
        if len(alike) == len(columns):
            return Constant(plain.run(alike), batch.size) if batch.size else []
        return list(map(plain.run, batch.rows(names)))

    return run


def _compared(op: str, left: Vector, right: Vector) -> Callable[[Batch], Column]:
    test = TESTS[op]
    # Python's own operators agree with Kusto's where neither a null nor a dynamic value takes part.
    quick = _PLAIN.get(op) if "dynamic" not in (left.type, right.type) and left.type == right.type else None

    def run(batch: Batch) -> Column:
        first, second = left.run(batch), right.run(batch)
        if isinstance(first, Constant) and isinstance(second, Constant):
            return Constant(test(first.value, second.value), batch.size)
        if quick is not None and not _null(first) and not _null(second):
            return list(map(quick, first, second))
        return list(map(test, first, second))

    return run


def _null(column: Column) -> bool:
    return column.value is None if isinstance(column, Constant) else None in column


def condition_of(condition: Expr, scope: Scope) -> Compiled:
    """The closure of a condition for a single row. Raises QueryError if it is none."""
    test = compiled(condition, scope)
    if test.type not in ("bool", "dynamic", "int", "long", "real"):
        raise QueryError("SEM0024", "'where' operator: the condition must be of type bool")
    return test


def conditions(condition: Expr, scope: Scope) -> list[Vector]:
    """A condition in parts that must all be true. Raises QueryError if it is none."""
    parts = [half for part in conjuncts(condition) for half in _halves(part, scope)]
    if len(parts) > CONDITIONS:
        rest = reduce(lambda first, second: Binary("and", first, second), parts[CONDITIONS:])
        parts = [*parts[:CONDITIONS], rest]
    for part in parts:
        condition_of(part, scope)
    return [vector(part, scope) for part in parts]


def conjuncts(condition: Expr) -> Iterator[Expr]:
    """The conditions that a condition joins with `and`."""
    for part in operands(condition, "and"):
        if isinstance(part, Binary) and part.op == "and":
            yield from conjuncts(part)
        else:
            yield part


def _halves(condition: Expr, scope: Scope) -> list[Expr]:
    """`x between (a .. b)` as two comparisons, which can be made for whole columns."""
    match condition:
        case Between(value, low, high, False):
            compiled(condition, scope)  # the types of all three must fit
            if compiled(high, scope).type == "timespan" and compiled(low, scope).type == "datetime":
                high = Binary("+", low, high)
            return [Binary(">=", value, low), Binary("<=", value, high)]
    return [condition]


def reads(expr: Expr, scope: Scope) -> list[str]:
    """The columns of `scope` that an expression reads."""
    found: dict[str, None] = {}
    waiting: list[Expr] = [expr]
    while waiting:
        match waiting.pop():
            case Name(name) if name in scope.columns:
                found[name] = None
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
            case Call("column_ifexists" | "columnifexists", (Literal(name), default)):
                waiting += [Name(str(name)), default]
            case Call(_, args):
                waiting += args
            case Star():
                found |= dict.fromkeys(scope.columns)
    return list(found)
