"""Rows held by column."""

from __future__ import annotations

import pytest

from azdock.emulator.kql.batch import Batch, Constant, joined

ROWS = [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}, {"a": 3, "b": "z"}]


def batch() -> Batch:
    return Batch.of_rows(("a", "b"), ROWS)


def test_rows_come_back() -> None:
    """What was put in by row is read by row again, in the columns that are asked for."""
    assert list(batch().rows(("a", "b"))) == ROWS
    assert list(batch().rows(("b",))) == [{"b": "x"}, {"b": "y"}, {"b": "z"}]
    assert list(batch().rows(())) == [{}, {}, {}]


def test_a_column_is_made_once_and_only_when_it_is_needed() -> None:
    """Nothing is computed for a column that nobody reads."""
    made: list[str] = []

    def make(name: str) -> list[int]:
        made.append(name)
        return [1]

    one = Batch(1, {"a": lambda: make("a"), "b": lambda: make("b")})
    kept = one.kept([True]).picked([0]).shaped({"c": "a"})
    assert made == []
    assert kept.column("c") == kept.column("c") == [1]
    assert made == ["a"]


@pytest.mark.parametrize("constant", [False, True])
def test_keeping_and_picking(constant: bool) -> None:
    """A selection holds the chosen rows of every column, constant ones too."""
    mask = Constant(False, 3) if constant else [True, None, True]
    added = batch().extended({"c": lambda one: Constant(7, one.size)})
    kept = added.kept(mask)
    assert list(kept.rows(("a", "c"))) == ([] if constant else [{"a": 1, "c": 7}, {"a": 3, "c": 7}])
    assert list(added.picked([2, 0]).rows(("a", "c"))) == [{"a": 3, "c": 7}, {"a": 1, "c": 7}]


def test_extending_replaces() -> None:
    """A new column may be made of the old one of the same name."""
    doubled = batch().extended({"a": lambda one: [value * 2 for value in one.column("a")]})
    assert doubled.column("a") == [2, 4, 6]
    assert doubled.column("b") == ["x", "y", "z"]


def test_joining() -> None:
    """Several batches are one, in order; none are an empty one."""
    other = Batch(2, {"a": lambda: Constant(9, 2), "b": lambda: ["p", "q"]})
    both = joined(("a", "b"), [batch(), other])
    assert both.size == 5
    assert both.column("a") == [1, 2, 3, 9, 9]
    assert joined(("a",), []).column("a") == []
