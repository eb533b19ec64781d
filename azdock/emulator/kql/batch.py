"""Rows held by column, which is how queries compute with them.

A column that nobody asks for is never made, and one that is the same in all rows is kept as one value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import compress, repeat
from typing import Any, TypeAlias

Row: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Constant:
    """A column with the same value in every row."""

    value: Any
    size: int

    def __iter__(self) -> Iterator[Any]:
        return repeat(self.value, self.size)


Column: TypeAlias = list[Any] | Constant
Maker: TypeAlias = Callable[[], Column]


class Batch:
    """Some rows of a table. `makers` make the columns, each when it is asked for the first time."""

    def __init__(self, size: int, makers: Mapping[str, Maker]) -> None:
        self.size = size
        self._makers = makers
        self._made: dict[str, Column] = {}

    @classmethod
    def of_rows(cls, names: Iterable[str], rows: Sequence[Row]) -> Batch:
        """Rows that are there already."""

        def made(name: str) -> Column:
            return [row[name] for row in rows]

        return cls(len(rows), {name: partial(made, name) for name in names})

    def column(self, name: str) -> Column:
        """One column."""
        made = self._made.get(name)
        if made is None:
            made = self._made[name] = self._makers[name]()
        return made

    def shaped(self, names: Mapping[str, str]) -> Batch:
        """The columns that `names` maps new names to."""
        return Batch(self.size, {new: partial(self.column, old) for new, old in names.items()})

    def extended(self, makers: Mapping[str, Callable[[Batch], Column]]) -> Batch:
        """More columns, made of the ones that are there; they may replace some."""
        own = {name: partial(self.column, name) for name in self._makers}
        return Batch(self.size, {**own, **{name: partial(run, self) for name, run in makers.items()}})

    def kept(self, mask: Column) -> Batch:
        """The rows for which `mask` is true."""
        if all(mask):
            return self
        size = sum(map(bool, mask))

        def made(name: str) -> Column:
            column = self.column(name)
            return Constant(column.value, size) if isinstance(column, Constant) else list(compress(column, mask))

        return Batch(size, {name: partial(made, name) for name in self._makers})

    def picked(self, places: list[int]) -> Batch:
        """The rows at these places, in this order."""
        if places == list(range(self.size)):
            return self
        size = len(places)

        def made(name: str) -> Column:
            column = self.column(name)
            if isinstance(column, Constant):
                return Constant(column.value, size)
            return list(map(column.__getitem__, places))

        return Batch(size, {name: partial(made, name) for name in self._makers})

    def rows(self, names: Iterable[str]) -> Iterator[Row]:
        """Row by row, with these columns."""
        wanted = list(names)
        if not wanted:
            return ({} for _ in range(self.size))
        return (dict(zip(wanted, values, strict=True)) for values in zip(*map(self.column, wanted), strict=True))


def joined(names: Iterable[str], batches: list[Batch]) -> Batch:
    """All rows of several batches."""
    if len(batches) == 1:
        return batches[0]
    size = sum(batch.size for batch in batches)

    def made(name: str) -> Column:
        columns = [batch.column(name) for batch in batches]
        found: list[Any] = []
        for column in columns:
            found.extend(column)
        return found

    return Batch(size, {name: partial(made, name) for name in names})
