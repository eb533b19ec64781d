"""Expressions over columns give what they give row by row."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from azdock.emulator.kql.batch import Batch, Constant
from azdock.emulator.kql.compiler import Scope, compiled
from azdock.emulator.kql.errors import QueryError
from azdock.emulator.kql.parser import parse
from azdock.emulator.kql.tree import Expr, Where
from azdock.emulator.kql.values import DateTime
from azdock.emulator.kql.vectors import CONDITIONS, conditions, reads, vector

COLUMNS = {"n": "long", "m": "long", "s": "string", "t": "datetime", "d": "dynamic", "k": "string"}
VALUES: dict[str, list[Any]] = {
    "n": [None, -1, 0, 3],
    "m": [None, 0, 3],
    "s": ["", "Abc", "abc def"],
    "t": [None, DateTime(0), DateTime(10**7)],
    "d": [None, [1], {"x": 3}, "abc", 3],
}
ROWS = [{**dict(zip(VALUES, row, strict=True)), "k": "kept"} for row in itertools.product(*VALUES.values())]
SCOPE = Scope(COLUMNS, {}, DateTime(10**7))
EXPRESSIONS = [
    *(f"n {op} m" for op in ("==", "!=", "<", "<=", ">", ">=")),
    *(f"n {op} 0" for op in ("==", "!=", "<", "<=", ">", ">=")),
    *(f"d {op} 3" for op in ("==", "!=", "<", ">=")),
    "d == s",
    "t >= ago(1s)",
    "t between (datetime(1970-01-01) .. 1s)",
    "t !between (datetime(1970-01-01) .. datetime(1970-01-01))",
    "n between (-1 .. 0) and s startswith 'a'",
    "s startswith_cs 'abc'",
    "s has 'ABC'",
    "s contains_cs 'c d'",
    "s matches regex '^a'",
    "k == 'kept'",
    "k startswith_cs 'ke' and s != ''",
    "n == 1 or m == 3",
    "not(n == 3)",
    "n in (0, 3)",
    "isnull(n)",
    "n + m > 2",
    "tostring(d.x) == '3'",
    "column_ifexists('none', 1) == 1",
]


def condition(text: str) -> Expr:
    operator = parse(f"T | where {text}").body.operators[0]
    assert isinstance(operator, Where)
    return operator.condition


def batch() -> Batch:
    found = Batch.of_rows(COLUMNS, ROWS)
    return found.extended({"k": lambda one: Constant("kept", one.size)})


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_columns_and_rows_agree(text: str) -> None:
    """Whole columns and single rows have the same values, nulls included."""
    expr = condition(text)
    plain = compiled(expr, SCOPE).run
    found = list(vector(expr, SCOPE).run(batch()))
    assert found == [plain(row) for row in ROWS]


@pytest.mark.parametrize("text", [*EXPRESSIONS, " and ".join(f"n != {i + 5}" for i in range(CONDITIONS + 3))])
def test_conditions_keep_the_same_rows(text: str) -> None:
    """The parts of a condition, one after the other, keep the rows that the whole keeps."""
    expr, kept = condition(text), batch()
    for test in conditions(expr, SCOPE):
        kept = kept.kept(test.run(kept))
    assert list(kept.rows(COLUMNS)) == [row for row in ROWS if compiled(expr, SCOPE).run(row)]


def test_a_condition_on_what_is_the_same_everywhere_is_decided_once() -> None:
    """No list is made for the comparison of a constant column with a constant."""
    assert isinstance(vector(condition("k == 'kept'"), SCOPE).run(batch()), Constant)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("n + 1 > m and s in ('a', k)", {"n", "m", "s", "k"}),
        ("column_ifexists('n', '') == column_ifexists('none', s)", {"n", "s"}),
        ("t between (now() .. now()) or d.x[n] == 1", {"t", "d", "n"}),
    ],
)
def test_what_is_read(text: str, names: set[str]) -> None:
    """Every column an expression needs is named, and no other."""
    assert set(reads(condition(text), SCOPE)) == names


def test_a_condition_must_be_one() -> None:
    """Text is no condition, nor is it as a part of one."""
    for text in ("s", "n == 1 and s"):
        with pytest.raises(QueryError):
            conditions(condition(text), SCOPE)
