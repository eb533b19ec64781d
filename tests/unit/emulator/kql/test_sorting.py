"""The order of rows."""

from __future__ import annotations

from typing import Any

import pytest

from azdock.emulator.kql.batch import Column, Constant
from azdock.emulator.kql.sorting import order
from azdock.emulator.kql.tree import Key, Name


def key(column: Column, descending: bool = False, nulls_first: bool = True) -> tuple[Column, Key]:
    return column, Key(Name("x"), descending, nulls_first)


@pytest.mark.parametrize(
    ("column", "descending", "nulls_first", "expected"),
    [
        ([3, 1, 2], False, True, [1, 2, 0]),
        ([3, 1, 2], True, False, [0, 2, 1]),
        ([1, 2, 3], False, True, [0, 1, 2]),
        ([2, None, 1], False, True, [1, 2, 0]),
        ([2, None, 1], True, False, [0, 2, 1]),
        ([None, None], True, True, [0, 1]),
        (["b", 2, [1], "a", 1], False, True, [4, 1, 3, 0, 2]),
        ([1, 1, 0, 0], True, False, [0, 1, 2, 3]),
        (Constant("x", 3), True, False, [0, 1, 2]),
    ],
)
def test_one_key(column: Column, descending: bool, nulls_first: bool, expected: list[int]) -> None:
    """Values, nulls and mixed types have their places; equal rows keep theirs."""
    size = column.size if isinstance(column, Constant) else len(column)
    assert order(size, [key(column, descending, nulls_first)]) == expected


def test_several_keys() -> None:
    """A later key decides among rows that are equal in the earlier ones."""
    first: list[Any] = ["b", "a", "b", "a"]
    assert order(4, [key(first), key([1, 1, 2, 2], descending=True)]) == [3, 1, 2, 0]
