"""Operators that only pick and name columns, and the names that unnamed expressions get."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from azdock.emulator.kql.compiler import Row
from azdock.emulator.kql.errors import unresolved_column
from azdock.emulator.kql.tree import Call, Element, Expr, Literal, Name

Shaped = tuple[dict[str, str], Iterator[Row]]  # columns (name to type) and rows


def chosen(op: str, patterns: tuple[str, ...], columns: Mapping[str, str], rows: Iterator[Row]) -> Shaped:
    """project-away, project-keep and project-reorder. Raises QueryError for a column that is not there."""
    for one in patterns:
        if "*" not in one and one not in columns:
            raise unresolved_column(one)
    named = list(dict.fromkeys(name for one in patterns for name in columns if _matches(one, name)))
    if op == "away":
        names = [name for name in columns if name not in named]
    elif op == "keep":
        names = [name for name in columns if name in named]
    else:
        names = [*named, *(name for name in columns if name not in named)]
    return {name: columns[name] for name in names}, ({name: row[name] for name in names} for row in rows)


def renamed(new: Mapping[str, str], columns: Mapping[str, str], rows: Iterator[Row]) -> Shaped:
    """project-rename; `new` maps old names to new ones. Raises QueryError for a column that is not there."""
    for old in new:
        if old not in columns:
            raise unresolved_column(old)
    names = {name: new.get(name, name) for name in columns}
    kinds = {names[name]: kind for name, kind in columns.items()}
    return kinds, ({names[name]: row[name] for name in names} for row in rows)


_SYSTEM_TYPES = {"string": "String", "long": "Int64", "int": "Int32", "real": "Double", "bool": "SByte"}
_SYSTEM_TYPES |= {"datetime": "DateTime", "timespan": "TimeSpan", "guid": "Guid", "dynamic": "Object"}


def schema(columns: Mapping[str, str]) -> Shaped:
    """getschema."""
    rows: Iterator[Row] = (
        {
            "ColumnName": name,
            "ColumnOrdinal": number,
            "DataType": f"System.{_SYSTEM_TYPES.get(kind, 'Object')}",
            "ColumnType": kind,
        }
        for number, (name, kind) in enumerate(columns.items())
    )
    kinds = {"ColumnName": "string", "ColumnOrdinal": "long", "DataType": "string", "ColumnType": "string"}
    return kinds, rows


def own_name(expr: Expr) -> str:
    """The column name an expression gives by itself, or nothing."""
    match expr:
        case Name(name):
            return name
        case Call("bin" | "floor" | "startofday", (Name(name), *_)):
            return name
        case Element(Name(holder), Literal(key)):
            return f"{holder}_{key}"
    return ""


def hashable(value: Any) -> Any:
    """Something that is equal for equal values and can be a key."""
    return str(value) if isinstance(value, dict | list) else value


def _matches(pattern: str, name: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), name) is not None
