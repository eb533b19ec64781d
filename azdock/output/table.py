"""Docker's column layout."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

_MIN_WIDTH, _PADDING = 10, 3


def layout(rows: Sequence[str], minimum: int = _MIN_WIDTH) -> str:
    """Lines whose cells are separated by tabs -> aligned lines, each ended by a newline.

    A cell is as wide as the longest of its column plus 3, at least `minimum`; the last cell of a line is not padded.
    As in Go's tabwriter a column ends with the first line that has no such cell.
    """
    cells = [line.split("\t") for row in rows for line in row.split("\n")]
    widths: list[list[int]] = [[0] * (len(line) - 1) for line in cells]
    for column in range(max((len(line) for line in cells), default=0)):
        start = 0
        while start < len(cells):
            stop = start
            while stop < len(cells) and column < len(cells[stop]) - 1:
                stop += 1
            block = range(start, stop)
            width = max((_width(cells[place][column]) + _PADDING for place in block), default=0)
            for place in block:
                widths[place][column] = max(width, minimum)
            start = stop + 1
    return "".join(_line(line, sizes) for line, sizes in zip(cells, widths, strict=True))


def _line(cells: list[str], widths: list[int]) -> str:
    padded = [cell + " " * (width - _width(cell)) for cell, width in zip(cells, widths, strict=False)]
    return "".join([*padded, cells[-1]]) + "\n"


def _width(text: str) -> int:
    # Go counts characters, not columns; combining marks count too
    return len(unicodedata.normalize("NFC", text)) if text.isascii() else len(text)
