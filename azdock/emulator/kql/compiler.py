"""Scalar expressions to closures over a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from azdock.emulator.kql.batch import Row
from azdock.emulator.kql.errors import QueryError, unresolved_column
from azdock.emulator.kql.functions import FUNCTIONS, to_string
from azdock.emulator.kql.operators import NUMERIC, TESTS, arithmetic, equal
from azdock.emulator.kql.tree import Among, Between, Binary, Call, Element, Expr, Literal, Name, Negative, Star
from azdock.emulator.kql.values import DateTime, TimeSpan, type_name


class Compiled(NamedTuple):
    """What an expression gives for a row, and its type."""

    run: Callable[[Row], Any]
    type: str


@dataclass(frozen=True, slots=True)
class Scope:
    """What names mean: the columns of the rows and their types, scalar `let` values, the query's now()."""

    columns: Mapping[str, str]
    lets: Mapping[str, Expr]
    now: DateTime


def compiled(expr: Expr, scope: Scope) -> Compiled:
    """The closure for an expression. Raises QueryError."""
    match expr:
        case Literal(value):
            return Compiled(lambda _row: value, type_name(value))
        case Name(name):
            return _name(name, scope)
        case Negative(value):
            return _infix("-", Literal(_zero(compiled(value, scope).type)), value, scope)
        case Binary("and" | "or", _, _):
            return _logic(expr, scope)
        case Binary(op, left, right):
            return _infix(op, left, right, scope)
        case Among():
            return _among(expr, scope)
        case Between():
            return _between(expr, scope)
        case Element(value, key):
            return _element(compiled(value, scope), compiled(key, scope))
        case Call():
            return _call(expr, scope)
        case Star():
            raise QueryError("SEM0030", "The * is not allowed here")


def _zero(kind: str) -> Any:
    return TimeSpan(0) if kind == "timespan" else 0


def _name(name: str, scope: Scope) -> Compiled:
    if name in scope.columns:
        return Compiled(lambda row: row[name], scope.columns[name])
    if name in scope.lets:
        return compiled(scope.lets[name], Scope({}, {k: v for k, v in scope.lets.items() if k != name}, scope.now))
    raise unresolved_column(name)


def _logic(expr: Binary, scope: Scope) -> Compiled:
    sides = [compiled(side, scope) for side in operands(expr, expr.op)]
    for side in sides:
        if side.type not in ("bool", "dynamic") and side.type not in NUMERIC:
            raise QueryError("SEM0024", f"'{expr.op}' needs operands of type bool, not {side.type}")
    runs, decide = [side.run for side in sides], all if expr.op == "and" else any
    if len(runs) == 2 and expr.op == "and":
        first, second = runs
        return Compiled(lambda row: bool(first(row)) and bool(second(row)), "bool")
    return Compiled(lambda row: decide(run(row) for run in runs), "bool")


def operands(expr: Expr, op: str) -> list[Expr]:
    """The operands of a chain of one operator; queries made by programs have chains of hundreds."""
    found: list[Expr] = []
    while isinstance(expr, Binary) and expr.op == op:
        found.append(expr.right)
        expr = expr.left
    return [expr, *reversed(found)]


def guarded(name: str, run: Callable[..., Any]) -> Callable[..., Any]:
    """A function that refuses values it cannot take as Kusto would, instead of failing."""

    def call(*args: Any) -> Any:
        try:
            return run(*args)
        except (TypeError, ValueError, ArithmeticError, AttributeError) as error:
            raise QueryError("SEM0001", f"{name}(): an argument does not fit: {error}") from error

    return call


def _infix(op: str, left_expr: Expr, right_expr: Expr, scope: Scope) -> Compiled:
    left, right = compiled(left_expr, scope), compiled(right_expr, scope)
    first, second = left.run, right.run
    if op in TESTS:
        if op in ("==", "!=", "<", "<=", ">", ">="):
            _comparable(left.type, right.type)
        test = TESTS[op]
        return Compiled(lambda row: test(first(row), second(row)), "bool")
    found = arithmetic(op, left.type, right.type)
    if found is None:
        raise QueryError("SEM0025", f"Operator '{op}' cannot take values of types {left.type} and {right.type}")
    run, kind = found
    return Compiled(lambda row: run(first(row), second(row)), kind)


def _comparable(left: str, right: str) -> None:
    if "dynamic" in (left, right) or left == right:
        return
    if {left, right} <= NUMERIC | {"bool"} or {left, right} == {"guid", "string"}:
        return
    raise QueryError("SEM0064", f"Cannot compare values of types {left} and {right}. Try adding explicit casts")


def _among(expr: Among, scope: Scope) -> Compiled:
    value = compiled(expr.value, scope).run
    items = [compiled(item, scope).run for item in expr.items]

    def wanted(row: Row) -> list[Any]:
        found: list[Any] = []
        for item in items:
            one = item(row)
            found.extend(one if isinstance(one, list) else [one])
        return found

    if expr.op in ("has_any", "has_all"):
        has, some = TESTS["has"], any if expr.op == "has_any" else all
        return Compiled(lambda row: some(has(value(row), item) for item in wanted(row)), "bool")
    test = TESTS["=~"] if expr.op.endswith("~") else equal
    negated = expr.op.startswith("!")
    return Compiled(lambda row: any(test(value(row), item) for item in wanted(row)) != negated, "bool")


def _between(expr: Between, scope: Scope) -> Compiled:
    value, low, high = (compiled(part, scope) for part in (expr.value, expr.low, expr.high))
    length = high.type == "timespan" and low.type == "datetime"
    _comparable(value.type, low.type)
    if not length:
        _comparable(value.type, high.type)

    def run(row: Row) -> bool | None:
        x, a, b = value.run(row), low.run(row), high.run(row)
        if x is None or a is None or b is None:
            return None
        return bool(a <= x <= (a + b if length else b)) != expr.negated

    return Compiled(run, "bool")


def _element(value: Compiled, key: Compiled) -> Compiled:
    if value.type != "dynamic":
        raise QueryError("SEM0002", f"A value of type {value.type} has no members")

    def run(row: Row) -> Any:
        holder, name = value.run(row), key.run(row)
        if isinstance(holder, dict):
            return holder.get(to_string(name))
        if isinstance(holder, list) and isinstance(name, int) and -len(holder) <= name < len(holder):
            return holder[name]
        return None

    return Compiled(run, "dynamic")


def _call(call: Call, scope: Scope) -> Compiled:
    special = _SPECIAL.get(call.function)
    if special is not None:
        return special(call, scope)
    return _function(call, scope)


def _function(call: Call, scope: Scope) -> Compiled:
    function = FUNCTIONS.get(call.function)
    if function is None:
        raise QueryError("SEM0260", f"Unknown function: '{call.function}'.")
    _count(call, function.least, function.most)
    args = [compiled(arg, scope) for arg in call.args]
    runs, run = [arg.run for arg in args], guarded(call.function, function.run)
    kind = _result_type(function.type, args)
    if len(runs) == 1:
        only = runs[0]
        return Compiled(lambda row: run(only(row)), kind)
    return Compiled(lambda row: run(*[one(row) for one in runs]), kind)


def _result_type(rule: str, args: list[Compiled]) -> str:
    if not rule.startswith("same:"):
        return rule
    kind = args[int(rule[5:])].type
    if kind == "dynamic":  # a null literal says nothing about the type
        return next((arg.type for arg in args if arg.type not in ("dynamic", "bool")), kind)
    return kind


def _count(call: Call, least: int, most: int) -> None:
    if not least <= len(call.args) <= most:
        raise QueryError("SEM0219", f"{call.function}(): function expects {least} to {most} argument(s)")


def _now(call: Call, scope: Scope) -> Compiled:
    _count(call, 0, 1)
    if not call.args:
        return Compiled(lambda _row: scope.now, "datetime")
    return _infix("+", Literal(scope.now), call.args[0], scope)


def _ago(call: Call, scope: Scope) -> Compiled:
    _count(call, 1, 1)
    return _infix("-", Literal(scope.now), call.args[0], scope)


def _column_ifexists(call: Call, scope: Scope) -> Compiled:
    _count(call, 2, 2)
    name, default = call.args
    if isinstance(name, Literal):
        name = Name(str(name.value))
    if isinstance(name, Name) and name.name in scope.columns:
        return compiled(name, scope)
    return compiled(default, scope)


def _typed_extract(call: Call, scope: Scope) -> Compiled:
    """extract() with typeof(...) as fourth argument converts what it found."""
    _count(call, 3, 4)
    plain = _function(Call("extract", call.args[:3]), scope)
    if len(call.args) == 3:
        return plain
    match call.args[3]:
        case Call("typeof", (Name(kind),)) if f"to{kind}" in FUNCTIONS:
            convert = FUNCTIONS[f"to{kind}"].run
            return Compiled(lambda row: convert(plain.run(row)), kind)
    raise QueryError("SEM0219", "extract(): the fourth argument must be typeof(type)")


def _cast(call: Call, scope: Scope) -> Compiled:
    """long(1), string(x) ...: the same as tolong(1), tostring(x)."""
    return _function(Call(f"to{call.function}", call.args), scope)


_SPECIAL: dict[str, Callable[[Call, Scope], Compiled]] = {
    "now": _now,
    "ago": _ago,
    "column_ifexists": _column_ifexists,
    "columnifexists": _column_ifexists,
    "extract": _typed_extract,
    **dict.fromkeys(("int", "long", "real", "double", "bool", "string", "datetime", "timespan"), _cast),
}
