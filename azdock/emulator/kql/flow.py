"""Batches on their way through the operators of a query."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from azdock.emulator.kql.batch import Batch, Column, Constant, Row
from azdock.emulator.kql.vectors import Vector

Batches: TypeAlias = Iterator[Batch]


@dataclass(frozen=True, slots=True)
class Result:
    """Columns (name to type) and the rows, which may be read once."""

    columns: dict[str, str]
    batches: Batches

    @property
    def rows(self) -> Iterator[Row]:
        """The rows one by one."""
        return (row for batch in self.batches for row in batch.rows(self.columns))


def same(value: Any, batch: Batch) -> Column:
    """The same value in every row."""
    return Constant(value, batch.size)


def kinds(named: Mapping[str, Vector]) -> dict[str, str]:
    """The types of named expressions."""
    return {name: one.type for name, one in named.items()}


def shaped(batch: Batch, named: Mapping[str, Vector]) -> Batch:
    """The columns that named expressions give."""
    return Batch(batch.size, {name: partial(one.run, batch) for name, one in named.items()})


def filtered(tests: list[Vector], batches: Batches) -> Batches:
    """The rows for which all tests are true; a batch without any is left out."""
    for batch in batches:
        for test in tests:
            batch = batch.kept(test.run(batch))
        if batch.size:
            yield batch


def taken(batches: Batches, count: int) -> Batches:
    """The first `count` rows; nothing behind them is computed."""
    if count == 0:
        return
    for batch in batches:
        yield batch if batch.size <= count else batch.picked(list(range(count)))
        count -= batch.size
        if count <= 0:
            return


def counted(batches: Batches) -> Batch:
    """One row: how many there are."""
    return Batch.of_rows(["Count"], [{"Count": sum(batch.size for batch in batches)}])
