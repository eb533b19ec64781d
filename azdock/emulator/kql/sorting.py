"""order by and top."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from azdock.emulator.kql.compiler import Row
from azdock.emulator.kql.tree import Key

KeyRun = tuple[Callable[[Row], Any], Key]


def ordered(rows: Iterator[Row], keys: list[KeyRun], limit: int | None) -> Iterator[Row]:
    """The rows in order of the keys; equal rows keep their order."""
    found = list(rows)
    for run, key in reversed(keys):
        valued = [(_comparable(run(row)), row) for row in found]
        nulls = [row for value, row in valued if value is None]
        known = [pair for pair in valued if pair[0] is not None]
        known.sort(key=_value, reverse=key.descending)
        rest = [row for _, row in known]
        found = nulls + rest if key.nulls_first else rest + nulls
    yield from found[:limit]


def _value(pair: tuple[Any, Row]) -> Any:
    return pair[0]


def _comparable(value: Any) -> Any:
    """Values of dynamic columns may differ in type: numbers come before text, text before the rest."""
    if value is None:
        return None
    if isinstance(value, int | float):
        return (0, value, "")
    return (1, 0, value) if isinstance(value, str) else (2, 0, str(value))
