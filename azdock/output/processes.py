"""The top view."""

from __future__ import annotations

from azdock.docker.processes import Listing
from azdock.output.table import layout

# docker/cli, cli/command/container/top.go: tabwriter.NewWriter(out, 20, 1, 3, ' ', 0)
_MIN_WIDTH = 20


def text(found: Listing) -> str:
    """Titles and processes in columns of at least 20 characters."""
    # a tab or newline within a cell would begin another
    rows = ["\t".join(cell.replace("\t", " ").replace("\n", " ") for cell in row) for row in found.rows]
    return layout(["\t".join(found.titles), *rows], _MIN_WIDTH)
