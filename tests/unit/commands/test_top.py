"""azdock top."""

from __future__ import annotations

from azdock.docker.processes import Listing
from tests.support.fakes import Services, World, azdock, record

FOUND = Listing(("PID", "CMD"), (("1", "sleep 300"), ("1000", "a\tb\n")))


def test_top() -> None:
    """Columns of at least 20 characters; a tab or newline in an argument cannot break them."""
    made = Services(records={"web": record()}, insight=FOUND)
    result = azdock("top", "web", world=World(made))
    assert result.out == f"{'PID':<20}CMD\n{'1':<20}sleep 300\n{'1000':<20}a b \n"
    assert (result.err, result.code) == ("", 0)


def test_options_are_for_ps() -> None:
    """Everything behind the container goes to ps, also what looks like a flag of ours."""
    made = Services(records={"web": record()}, insight=FOUND)
    azdock("container", "top", "web", "-o", "pid", "--help", world=World(made))
    assert made.calls[-1] == ("processes", "web", ("-o", "pid", "--help"))


def test_missing() -> None:
    """docker's words and code."""
    result = azdock("top", "nosuch")
    assert (result.out, result.err, result.code) == ("", "Error response from Azure: No such container: nosuch\n", 1)


def test_one_replica() -> None:
    """--replica before the container is ours."""
    made = Services(records={"web": record()}, insight=FOUND)
    azdock("top", "--replica", "abcde", "web", "-e", world=World(made))
    assert made.calls[-1] == ("processes", "web", ("-e",), "abcde")
