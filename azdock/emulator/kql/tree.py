"""The syntax tree of a query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant."""

    value: Any


@dataclass(frozen=True, slots=True)
class Name:
    """A column, a `let` name or a table."""

    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function; `args` may hold Star for count(*) and the like."""

    function: str
    args: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Star:
    """All columns."""


@dataclass(frozen=True, slots=True)
class Binary:
    """An infix operator, words such as `has` included."""

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Negative:
    """Unary minus."""

    value: Expr


@dataclass(frozen=True, slots=True)
class Among:
    """`value in (items)` and its variants; op is in, !in, in~, !in~, has_any or has_all."""

    op: str
    value: Expr
    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """`value between (low .. high)`."""

    value: Expr
    low: Expr
    high: Expr
    negated: bool


@dataclass(frozen=True, slots=True)
class Element:
    """`value.key` or `value[key]` of a dynamic value."""

    value: Expr
    key: Expr


Expr: TypeAlias = Literal | Name | Call | Star | Binary | Negative | Among | Between | Element


@dataclass(frozen=True, slots=True)
class Item:
    """`name = value` in project, extend, summarize ...; `name` is empty when it was not given."""

    name: str
    value: Expr


@dataclass(frozen=True, slots=True)
class Key:
    """A sort key."""

    value: Expr
    descending: bool
    nulls_first: bool


@dataclass(frozen=True, slots=True)
class Where:
    """where, filter."""

    condition: Expr


@dataclass(frozen=True, slots=True)
class Project:
    """project."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Extend:
    """extend."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Choose:
    """project-away, project-keep, project-reorder: `op` is the last word; patterns may hold *."""

    op: str
    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rename:
    """project-rename; pairs of new and old name."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Distinct:
    """distinct; no items for all columns."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Sort:
    """order by, sort by; with `limit` top."""

    keys: tuple[Key, ...]
    limit: Expr | None = None


@dataclass(frozen=True, slots=True)
class Take:
    """take, limit."""

    count: Expr


@dataclass(frozen=True, slots=True)
class Count:
    """count."""


@dataclass(frozen=True, slots=True)
class Schema:
    """getschema."""


@dataclass(frozen=True, slots=True)
class Summarize:
    """summarize ... by ..."""

    items: tuple[Item, ...]
    by: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Union:
    """union as a source, or as an operator with what flows in as first leg."""

    legs: tuple[Pipeline, ...]
    fuzzy: bool
    inner: bool
    source_column: str


@dataclass(frozen=True, slots=True)
class Same:
    """An operator that leaves the rows alone: render, serialize, as."""


Operator: TypeAlias = (
    Where | Project | Extend | Choose | Rename | Distinct | Sort | Take | Count | Schema | Summarize | Union | Same
)


@dataclass(frozen=True, slots=True)
class Table:
    """A table, or a `let` name that stands for rows."""

    name: str


@dataclass(frozen=True, slots=True)
class Print:
    """print: one row of its own."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A source and what is done to its rows."""

    source: Table | Print | Union | Pipeline
    operators: tuple[Operator, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """`let` statements and the query itself."""

    lets: tuple[tuple[str, Expr | Pipeline], ...]
    body: Pipeline
