"""Docker's column layout."""

from __future__ import annotations

import pytest

from azdock.output.table import layout


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ([], ""),
        (["A\tB", "a long cell\tb"], "A             B\na long cell   b\n"),
        (["A\tB"], "A         B\n"),
        (["é\tB", "12345678\tb"], "é          B\n12345678   b\n"),
        (["A\tB", "no cells", "a\tb"], "A         B\nno cells\na         b\n"),
        (["A\t", "a\tb"], "A         \na         b\n"),
    ],
)
def test_layout(rows: list[str], text: str) -> None:
    """Cells are as wide as their column needs plus three, at least ten; the last one is not padded."""
    assert layout(rows) == text
