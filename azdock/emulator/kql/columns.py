"""Operators that only pick and name columns, and the names that unnamed expressions get."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from azdock.emulator.kql.batch import Row
from azdock.emulator.kql.errors import unresolved_column
from azdock.emulator.kql.tree import Call, Element, Expr, Literal, Name


def chosen(op: str, patterns: tuple[str, ...], columns: Mapping[str, str]) -> list[str]:
    """What project-away, project-keep and project-reorder leave, in order. Raises QueryError for an unknown column."""
    for one in patterns:
        if "*" not in one and one not in columns:
            raise unresolved_column(one)
    named = list(dict.fromkeys(name for one in patterns for name in columns if _matches(one, name)))
    if op == "away":
        return [name for name in columns if name not in named]
    if op == "keep":
        return [name for name in columns if name in named]
    return [*named, *(name for name in columns if name not in named)]


def renamed(new: Mapping[str, str], columns: Mapping[str, str]) -> dict[str, str]:
    """Every column's new name and its old one; `new` maps old names to new ones. Raises QueryError for an unknown."""
    for old in new:
        if old not in columns:
            raise unresolved_column(old)
    return {new.get(name, name): name for name in columns}


_SYSTEM_TYPES = {"string": "String", "long": "Int64", "int": "Int32", "real": "Double", "bool": "SByte"}
_SYSTEM_TYPES |= {"datetime": "DateTime", "timespan": "TimeSpan", "guid": "Guid", "dynamic": "Object"}


SCHEMA = {"ColumnName": "string", "ColumnOrdinal": "long", "DataType": "string", "ColumnType": "string"}


def schema(columns: Mapping[str, str]) -> list[Row]:
    """The rows of getschema, with the columns of SCHEMA."""
    return [
        {
            "ColumnName": name,
            "ColumnOrdinal": number,
            "DataType": f"System.{_SYSTEM_TYPES.get(kind, 'Object')}",
            "ColumnType": kind,
        }
        for number, (name, kind) in enumerate(columns.items())
    ]


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
