"""Runs a syntax tree over tables: rows flow through the operators one by one where that is possible."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

from azdock.emulator.kql.aggregates import aggregate
from azdock.emulator.kql.columns import chosen, hashable, own_name, renamed, schema
from azdock.emulator.kql.compiler import Row, Scope, compiled
from azdock.emulator.kql.errors import QueryError, unresolved_table
from azdock.emulator.kql.parser import parse
from azdock.emulator.kql.pushdown import condition_of, for_source
from azdock.emulator.kql.sorting import ordered
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


class Tables(Protocol):
    """Where tables come from."""

    def columns(self, table: str) -> Mapping[str, str] | None:
        """Names and types of a table's columns; None when it does not exist."""

    def fixed(self, table: str) -> frozenset[str]:
        """Columns that have one value for all rows of a part of the table."""

    def rows(self, table: str, match: Callable[[Row], Any]) -> Iterator[Row]:
        """All rows of those parts whose fixed columns `match` accepts; it is given these columns only."""


@dataclass(frozen=True, slots=True)
class Result:
    """Columns (name to type) and the rows, which may be read once."""

    columns: dict[str, str]
    rows: Iterator[Row]


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
        return Result(dict(columns), self._tables.rows(name, match)), left

    def _print(self, source: Print) -> Result:
        columns, runs = self._named(source.items, {}, "print_{}", 0)
        return Result(columns, iter([{name: run({}) for name, run in runs.items()}]))

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
        blank: Row = {name: "" if kind == "string" else None for name, kind in columns.items()}

        def rows() -> Iterator[Row]:
            for name, result in legs:
                extra = {union.source_column: name} if union.source_column else {}
                for row in result.rows:
                    yield {**extra, **blank, **{name: row[name] for name in result.columns if name in columns}}

        label = {union.source_column: "string"} if union.source_column else {}
        return Result({**label, **columns}, rows())

    def _apply(self, operator: Operator, result: Result) -> Result:
        columns, rows = result.columns, result.rows
        match operator:
            case Where(condition):
                return Result(columns, filter(condition_of(condition, self._scope(columns)), rows))
            case Project(items):
                return self._project(items, result)
            case Extend(items):
                return self._extend(items, result)
            case Choose(op, patterns):
                return Result(*chosen(op, patterns, columns, rows))
            case Rename(pairs):
                return Result(*renamed({old: new for new, old in pairs}, columns, rows))
            case Distinct(items):
                return self._distinct(items, result)
            case Sort():
                return self._sort(operator, result)
            case Take(count):
                return Result(columns, islice(rows, self._constant(count)))
            case Count():
                return Result({"Count": "long"}, ({"Count": sum(1 for _ in rows)} for _ in (0,)))
            case Schema():
                return Result(*schema(columns))
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
    ) -> tuple[dict[str, str], dict[str, Callable[[Row], Any]]]:
        """Types and closures of items by their column names."""
        kinds: dict[str, str] = {}
        runs: dict[str, Callable[[Row], Any]] = {}
        for item in items:
            if isinstance(item.value, Star):
                kinds |= columns
                runs |= {name: compiled(Name(name), self._scope(columns)).run for name in columns}
                continue
            value = compiled(item.value, self._scope(columns))
            name = item.name or own_name(item.value) or unnamed.format(first)
            first += not item.name and not own_name(item.value)
            kinds[name], runs[name] = value.type, value.run
        return kinds, runs

    def _project(self, items: tuple[Item, ...], result: Result) -> Result:
        kinds, runs = self._named(items, result.columns)
        pairs = list(runs.items())
        return Result(kinds, ({name: run(row) for name, run in pairs} for row in result.rows))

    def _extend(self, items: tuple[Item, ...], result: Result) -> Result:
        columns, stages = dict(result.columns), []
        for item in items:
            kinds, runs = self._named((item,), columns)
            columns |= kinds
            stages.append(runs)

        def extended(row: Row) -> Row:
            row = dict(row)
            for runs in stages:
                for name, run in runs.items():
                    row[name] = run(row)
            return row

        return Result(columns, map(extended, result.rows))

    def _distinct(self, items: tuple[Item, ...], result: Result) -> Result:
        wanted = self._project(items, result) if items else result

        def rows() -> Iterator[Row]:
            seen = set()
            for row in wanted.rows:
                key = tuple(hashable(value) for value in row.values())
                if key not in seen:
                    seen.add(key)
                    yield row

        return Result(wanted.columns, rows())

    def _sort(self, sort: Sort, result: Result) -> Result:
        keys = [(compiled(key.value, self._scope(result.columns)), key) for key in sort.keys]
        limit = None if sort.limit is None else self._constant(sort.limit)
        return Result(result.columns, ordered(result.rows, [(value.run, key) for value, key in keys], limit))

    def _summarize(self, operator: Summarize, result: Result) -> Result:
        scope = self._scope(result.columns)
        kinds, runs = self._named(operator.by, result.columns)
        aggregates = [aggregate(item, scope, number) for number, item in enumerate(operator.items, 1)]
        columns = dict(kinds)
        for one in aggregates:
            columns |= one.columns

        def rows() -> Iterator[Row]:
            groups: dict[tuple[Any, ...], list[Row]] = {}
            if not runs:
                groups[()] = []
            for row in result.rows:
                groups.setdefault(tuple(hashable(run(row)) for run in runs.values()), []).append(row)
            for key, members in groups.items():
                values = list(key)
                for one in aggregates:
                    values.extend(one.run(members))
                yield dict(zip([*kinds, *(name for one in aggregates for name in one.columns)], values, strict=True))

        return Result(columns, rows())
