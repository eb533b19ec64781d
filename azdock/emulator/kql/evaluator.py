"""Runs a syntax tree over tables: batches of rows flow through the operators."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol

from azdock.emulator.kql.aggregates import aggregate
from azdock.emulator.kql.batch import Batch, Column, Row, joined
from azdock.emulator.kql.columns import SCHEMA, chosen, hashable, own_name, renamed, schema
from azdock.emulator.kql.compiler import Scope, compiled
from azdock.emulator.kql.errors import QueryError, unresolved_table
from azdock.emulator.kql.flow import Batches, Result, counted, filtered, kinds, same, shaped, taken
from azdock.emulator.kql.parser import parse
from azdock.emulator.kql.pushdown import for_source
from azdock.emulator.kql.sorting import order
from azdock.emulator.kql.tree import (
    Choose,
    Count,
    Distinct,
    Expr,
    Extend,
    Item,
    Name,
    Operator,
    Pipeline,
    Print,
    Project,
    Query,
    Rename,
    Same,
    Schema,
    Sort,
    Star,
    Summarize,
    Table,
    Take,
    Union,
    Where,
)
from azdock.emulator.kql.values import DateTime
from azdock.emulator.kql.vectors import Vector, conditions, reads, vector


class Tables(Protocol):
    """Where tables come from."""

    def columns(self, table: str) -> Mapping[str, str] | None:
        """Names and types of a table's columns; None when it does not exist."""

    def fixed(self, table: str) -> frozenset[str]:
        """Columns that have one value for all rows of a part of the table."""

    def batches(self, table: str, match: Callable[[Row], Any]) -> Batches:
        """All rows of those parts whose fixed columns `match` accepts; it is given these columns only."""


def run(text: str, tables: Tables, now: DateTime) -> Result:
    """The result of a query; rows are still to be computed. Raises QueryError, also while rows are read."""
    return Evaluation(parse(text), tables, now).result()


class Evaluation:
    """One run of one query."""

    def __init__(self, query: Query, tables: Tables, now: DateTime) -> None:
        self._query = query
        self._tables = tables
        self._now = now
        self._views = {name: value for name, value in query.lets if isinstance(value, Pipeline)}
        self._lets = {name: value for name, value in query.lets if not isinstance(value, Pipeline)}
        for name, value in list(self._lets.items()):
            if isinstance(value, Name) and self._knows(value.name):
                self._views[name] = Pipeline(Table(value.name))
                del self._lets[name]

    def result(self) -> Result:
        """Columns and rows of the query's body."""
        return self._pipeline(self._query.body)

    def _knows(self, table: str) -> bool:
        return table in self._views or self._tables.columns(table) is not None

    def _scope(self, columns: Mapping[str, str]) -> Scope:
        return Scope(columns, self._lets, self._now)

    def _pipeline(self, pipeline: Pipeline) -> Result:
        source, operators = pipeline.source, pipeline.operators
        if isinstance(source, Table):
            result, operators = self._table(source.name, operators)
        elif isinstance(source, Print):
            result = self._print(source)
        elif isinstance(source, Union):
            result = self._union(source)
        else:
            result = self._pipeline(source)
        for operator in operators:
            result = self._apply(operator, result)
        return result

    def _table(self, name: str, operators: tuple[Operator, ...]) -> tuple[Result, tuple[Operator, ...]]:
        """The rows of a table or view, and those operators that are still to be applied to them."""
        if name in self._views:
            view = self._views.pop(name)  # a view does not see itself
            try:
                return self._pipeline(view), operators
            finally:
                self._views[name] = view
        columns = self._tables.columns(name)
        if columns is None:
            raise unresolved_table(name)
        fixed = self._tables.fixed(name)
        match, left = for_source(operators, fixed, self._scope({column: columns[column] for column in fixed}))
        return Result(dict(columns), self._tables.batches(name, match)), left

    def _print(self, source: Print) -> Result:
        named = self._named(source.items, {}, "print_{}", 0)
        return Result(kinds(named), iter([shaped(Batch(1, {}), named)]))

    def _union(self, union: Union, first: Result | None = None) -> Result:
        legs = [("union_arg", first)] if first else []
        missing: QueryError | None = None
        for leg in union.legs:
            try:
                name = leg.source.name if isinstance(leg.source, Table) else "union_arg"
                legs.append((name, self._pipeline(leg)))
            except QueryError as error:
                # isfuzzy: a leg whose table cannot be resolved is left out, but not the last one
                if not union.fuzzy or error.code != "SEM0100":
                    raise
                missing = error
        if not legs:
            raise missing or QueryError("SEM0001", "union has no legs")
        columns: dict[str, str] = {}
        for _, result in legs:
            columns |= {name: kind for name, kind in result.columns.items() if name not in columns}
        if union.inner:
            columns = {name: kind for name, kind in columns.items() if all(name in leg.columns for _, leg in legs)}
        label = {union.source_column: "string"} if union.source_column else {}

        def batches() -> Batches:
            for name, result in legs:
                added: Row = {column: "" if kind == "string" else None for column, kind in columns.items()}
                added = {column: value for column, value in added.items() if column not in result.columns}
                added |= dict.fromkeys(label, name)
                for batch in result.batches:
                    more = {name: partial(same, value) for name, value in added.items()}
                    yield batch.extended(more)

        return Result({**label, **columns}, batches())

    def _apply(self, operator: Operator, result: Result) -> Result:
        columns, batches = result.columns, result.batches
        match operator:
            case Where(condition):
                return Result(columns, filtered(conditions(condition, self._scope(columns)), batches))
            case Project(items):
                named = self._named(items, columns)
                return Result(kinds(named), (shaped(batch, named) for batch in batches))
            case Extend(items):
                return self._extend(items, result)
            case Choose(op, patterns):
                names = chosen(op, patterns, columns)
                return Result({name: columns[name] for name in names}, batches)
            case Rename(pairs):
                old = renamed({old: new for new, old in pairs}, columns)
                types = {new: columns[name] for new, name in old.items()}
                return Result(types, (batch.shaped(old) for batch in batches))
            case Distinct(items):
                return self._distinct(items, result)
            case Sort():
                return self._sort(operator, result)
            case Take(count):
                return Result(columns, taken(batches, self._constant(count)))
            case Count():
                return Result({"Count": "long"}, (counted(batches) for _ in (0,)))
            case Schema():
                return Result(dict(SCHEMA), iter([Batch.of_rows(SCHEMA, schema(columns))]))
            case Summarize():
                return self._summarize(operator, result)
            case Union():
                return self._union(operator, result)
            case Same():
                return result

    def _constant(self, expr: Expr) -> int:
        value = compiled(expr, self._scope({})).run({})
        if not isinstance(value, int) or value < 0:
            raise QueryError("SEM0002", "The number of rows must be a whole number that is not negative")
        return int(value)

    def _named(
        self, items: tuple[Item, ...], columns: Mapping[str, str], unnamed: str = "Column{}", first: int = 1
    ) -> dict[str, Vector]:
        """Items by their column names."""
        found: dict[str, Vector] = {}
        for item in items:
            if isinstance(item.value, Star):
                found |= {name: vector(Name(name), self._scope(columns)) for name in columns}
                continue
            name = item.name or own_name(item.value) or unnamed.format(first)
            first += not item.name and not own_name(item.value)
            found[name] = vector(item.value, self._scope(columns))
        return found

    def _extend(self, items: tuple[Item, ...], result: Result) -> Result:
        columns: dict[str, str] = dict(result.columns)
        stages: list[dict[str, Callable[[Batch], Column]]] = [{}]
        for item in items:
            if not stages[-1].keys().isdisjoint(reads(item.value, self._scope(columns))):
                stages.append({})
            named = self._named((item,), columns)
            columns |= kinds(named)
            stages[-1] |= {name: one.run for name, one in named.items()}

        def extended(batch: Batch) -> Batch:
            for stage in stages:
                batch = batch.extended(stage)
            return batch

        return Result(columns, map(extended, result.batches))

    def _distinct(self, items: tuple[Item, ...], result: Result) -> Result:
        columns = result.columns
        named = self._named(items or tuple(Item(name, Name(name)) for name in columns), columns)

        def batches() -> Batches:
            seen: set[tuple[Any, ...]] = set()
            for batch in result.batches:
                wanted = shaped(batch, named)
                places = []
                for place, row in enumerate(wanted.rows(named)):
                    key = tuple(map(hashable, row.values()))
                    if key not in seen:
                        seen.add(key)
                        places.append(place)
                yield wanted.picked(places)

        return Result(kinds(named), batches())

    def _sort(self, sort: Sort, result: Result) -> Result:
        keys = [(vector(key.value, self._scope(result.columns)), key) for key in sort.keys]
        limit = None if sort.limit is None else self._constant(sort.limit)

        def batches() -> Batches:
            whole = joined(result.columns, list(result.batches))
            places = order(whole.size, [(value.run(whole), key) for value, key in keys])
            yield whole.picked(places[:limit])

        return Result(result.columns, batches())

    def _summarize(self, operator: Summarize, result: Result) -> Result:
        scope = self._scope(result.columns)
        named = self._named(operator.by, result.columns)
        aggregates = [aggregate(item, scope, number) for number, item in enumerate(operator.items, 1)]
        names = list(dict.fromkeys(name for item in operator.items for name in reads(item.value, scope)))
        columns = kinds(named)
        for one in aggregates:
            columns |= one.columns

        def batches() -> Batches:
            groups: dict[tuple[Any, ...], list[Row]] = {}
            if not named:
                groups[()] = []
            for batch in result.batches:
                keys = shaped(batch, named).rows(named)
                for key, row in zip(keys, batch.rows(names), strict=True):
                    groups.setdefault(tuple(map(hashable, key.values())), []).append(row)
            rows = [[*key, *(value for one in aggregates for value in one.run(rows))] for key, rows in groups.items()]
            heads = [*named, *(name for one in aggregates for name in one.columns)]
            yield Batch.of_rows(columns, [dict(zip(heads, row, strict=True)) for row in rows])

        return Result(columns, batches())
