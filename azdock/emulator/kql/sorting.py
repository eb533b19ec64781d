"""order by and top."""

from __future__ import annotations

from typing import Any

from azdock.emulator.kql.batch import Column, Constant
from azdock.emulator.kql.tree import Key


def order(size: int, keys: list[tuple[Column, Key]]) -> list[int]:
    """The places of rows in order of the keys; equal rows keep their order."""
    found = list(range(size))
    for column, key in reversed(keys):
        if not isinstance(column, Constant):
            found = _by(found, column, key)
    return found


def _by(places: list[int], column: list[Any], key: Key) -> list[int]:
    nulls = [place for place in places if column[place] is None] if None in column else []
    known = [place for place in places if column[place] is not None] if nulls else places
    try:
        known = sorted(known, key=column.__getitem__, reverse=key.descending)
    except TypeError:
        known = sorted(known, key=lambda place: _comparable(column[place]), reverse=key.descending)
    return [*nulls, *known] if key.nulls_first else [*known, *nulls]


def _comparable(value: Any) -> tuple[int, Any, str]:
    """Values of dynamic columns may differ in type: numbers come before text, text before the rest."""
    if isinstance(value, int | float):
        return (0, value, "")
    return (1, 0, value) if isinstance(value, str) else (2, 0, str(value))
