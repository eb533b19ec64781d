"""azdock rename."""

from __future__ import annotations

from azdock.docker.values import BadValue
from tests.support.fakes import Services, World, azdock, record


def test_renames() -> None:
    """Nothing is printed."""
    made = Services(records={"a": record("a")})
    result = azdock("rename", "a", "b", world=World(made))
    assert (result.out, result.err, result.code) == ("", "", 0)
    assert made.calls[-1] == ("rename", "a", "b")


def test_failures_have_two_lines() -> None:
    """What the engine said, then docker's own sentence."""
    result = azdock("rename", "a", "b")
    text = "Error response from Azure: No such container: a\nError: failed to rename container named a\n"
    assert (result.err, result.code) == (text, 1)


def test_a_bad_name_comes_from_the_engine() -> None:
    """As docker words it."""
    made = Services(records={"a": record("a")})
    made.fail = {"rename": BadValue("Invalid container name (a b)")}  # type: ignore[dict-item]
    result = azdock("rename", "a", "a b", world=World(made))
    assert result.err.startswith("Error response from Azure: Invalid container name (a b)\n")
