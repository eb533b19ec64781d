"""Aggregation functions of summarize.

Source: dataexplorer-docs, kusto/query/aggregation-functions.md
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from azdock.emulator.kql.batch import Row
from azdock.emulator.kql.compiler import Compiled, Scope, compiled, guarded
from azdock.emulator.kql.errors import QueryError
from azdock.emulator.kql.functions import to_string
from azdock.emulator.kql.tree import Call, Expr, Item, Name, Star

Rows = list[Row]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One or more columns out of a group of rows."""

    columns: dict[str, str]  # name -> type
    run: Callable[[Rows], tuple[Any, ...]]


def aggregate(item: Item, scope: Scope, position: int) -> Aggregate:
    """The aggregate an item of summarize asks for. Raises QueryError."""
    call = item.value
    if not isinstance(call, Call):
        raise QueryError("SEM0034", "summarize takes aggregation functions only")
    if call.function in ("arg_max", "arg_min"):
        return _extreme_row(item, call, scope)
    if call.function not in _SIMPLE:
        return _over_aggregates(item, call, scope, position)
    least, most, kind, fold = _SIMPLE[call.function]
    if not least <= len(call.args) <= most:
        raise QueryError("SEM0219", f"{call.function}(): function expects {least} to {most} argument(s)")
    args = [] if call.args == (Star(),) else [compiled(arg, scope) for arg in call.args]
    name = item.name or _default_name(call)
    found = args[0].type if kind == "same" else kind
    runs, safe = [arg.run for arg in args], guarded(call.function, fold)
    return Aggregate({name: found}, lambda rows: (safe(rows, *runs),))


def _default_name(call: Call) -> str:
    argument = call.args[0].name if call.args and isinstance(call.args[0], Name) else ""
    prefix = {"make_list": "list", "make_set": "set", "take_any": "", "any": "any"}.get(call.function, call.function)
    return f"{prefix}_{argument}" if prefix else argument


def _over_aggregates(item: Item, call: Call, scope: Scope, position: int) -> Aggregate:
    """A scalar function of aggregates, as in tostring(max(x))."""
    inner = [aggregate(Item(f"arg{i}", arg), scope, position) for i, arg in enumerate(call.args) if _aggregates(arg)]
    if not inner:
        raise QueryError("SEM0034", f"'{call.function}' is not an aggregation function")
    columns = {name: kind for one in inner for name, kind in one.columns.items()}
    args = tuple(Name(f"arg{i}") if _aggregates(arg) else arg for i, arg in enumerate(call.args))
    outer = compiled(Call(call.function, args), Scope(columns, scope.lets, scope.now))

    def run(rows: Rows) -> tuple[Any, ...]:
        values = [value for one in inner for value in one.run(rows)]
        return (outer.run(dict(zip(columns, values, strict=True))),)

    return Aggregate({item.name or f"Column{position}": outer.type}, run)


def _aggregates(expr: Expr) -> bool:
    return isinstance(expr, Call) and (expr.function in _SIMPLE or any(_aggregates(arg) for arg in expr.args))


def _extreme_row(item: Item, call: Call, scope: Scope) -> Aggregate:
    """arg_max(x, columns): the columns of the row in which x is largest."""
    if not call.args:
        raise QueryError("SEM0219", f"{call.function}(): function expects at least 1 argument")
    by = compiled(call.args[0], scope)
    first = call.args[0].name if isinstance(call.args[0], Name) else f"{call.function.replace('arg_', '')}_"
    wanted: dict[str, Compiled] = {item.name or first: by}
    for i, arg in enumerate(call.args[1:], 1):
        if isinstance(arg, Star):
            others = [name for name in scope.columns if name != first]
            wanted |= {name: compiled(Name(name), scope) for name in others}
        else:
            wanted[arg.name if isinstance(arg, Name) else f"Column{i}"] = compiled(arg, scope)
    choose = max if call.function == "arg_max" else min

    def run(rows: Rows) -> tuple[Any, ...]:
        known = [row for row in rows if by.run(row) is not None]
        if not known:
            return tuple(None for _ in wanted)
        best = choose(known, key=by.run)
        return tuple(one.run(best) for one in wanted.values())

    return Aggregate({name: one.type for name, one in wanted.items()}, run)


Run = Callable[[Row], Any]


def _values(rows: Rows, run: Run) -> Iterable[Any]:
    return (value for row in rows if (value := run(row)) is not None)


def _sum(rows: Rows, run: Run) -> Any:
    return sum(_values(rows, run))


def _average(rows: Rows, run: Run) -> float | None:
    values = list(_values(rows, run))
    return sum(values) / len(values) if values else None


def _list(rows: Rows, run: Run, limit: Run | None = None) -> list[Any]:
    values = [_plain(value) for value in _values(rows, run)]
    return values[: limit(rows[0])] if limit and rows else values


def _set(rows: Rows, run: Run, limit: Run | None = None) -> list[Any]:
    values = list({to_string(value): _plain(value) for value in _values(rows, run)}.values())
    return values[: limit(rows[0])] if limit and rows else values


def _plain(value: Any) -> Any:
    """Inside a dynamic value a time is text."""
    return str(value) if type(value).__name__ in ("DateTime", "TimeSpan") else value


_SIMPLE: dict[str, tuple[int, int, str, Callable[..., Any]]] = {
    "count": (0, 1, "long", lambda rows, *_: len(rows)),
    "countif": (1, 1, "long", lambda rows, run: sum(1 for row in rows if run(row) is True)),
    "min": (1, 1, "same", lambda rows, run: min(_values(rows, run), default=None)),
    "max": (1, 1, "same", lambda rows, run: max(_values(rows, run), default=None)),
    "sum": (1, 1, "same", _sum),
    "sumif": (2, 2, "same", lambda rows, run, test: sum(_values([row for row in rows if test(row) is True], run))),
    "avg": (1, 1, "real", _average),
    "dcount": (1, 2, "long", lambda rows, run, *_: len({to_string(value) for value in _values(rows, run)})),
    "take_any": (1, 1, "same", lambda rows, run: next(iter(_values(rows, run)), None)),
    "make_list": (1, 2, "dynamic", _list),
    "make_set": (1, 2, "dynamic", _set),
}
