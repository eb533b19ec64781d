"""The top view."""

from __future__ import annotations

from azdock.docker.processes import Listing
from azdock.output.processes import text


def test_columns() -> None:
    """docker's tabwriter: at least 20 wide, three blanks behind the longest cell, the last one unpadded."""
    found = Listing(("PID", "USER", "CMD"), (("1", "u" * 25, "a b"),))
    assert text(found) == f"PID{' ' * 17}USER{' ' * 24}CMD\n1{' ' * 19}{'u' * 25}   a b\n"


def test_nobody() -> None:
    """The titles stand alone when there is no process."""
    assert text(Listing(("PID", "CMD"), ())) == f"PID{' ' * 17}CMD\n"
