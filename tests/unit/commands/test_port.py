"""azdock port: jobs publish nothing, in docker's words."""

from __future__ import annotations

import pytest

from tests.support.fakes import Services, World, azdock, record


@pytest.mark.parametrize(
    ("argv", "err", "code"),
    [
        (("web",), "", 0),
        (("web", "80"), "Error: No public port '80' published for web\n", 1),
        (("web", "80/udp"), "Error: No public port '80/udp' published for web\n", 1),
        (("web", "abc"), 'Error: invalid port (abc): strconv.ParseUint: parsing "abc": invalid syntax\n', 1),
        (("web", "70000"), 'Error: invalid port (70000): strconv.ParseUint: parsing "70000": value out of range\n', 1),
    ],
)
def test_answers(argv: tuple[str, ...], err: str, code: int) -> None:
    """Recorded from docker for a container without ports."""
    made = Services()
    made.records["web"] = record("web")
    result = azdock("port", *argv, world=World(made))
    assert (result.out, result.err, result.code) == ("", err, code)


def test_missing() -> None:
    """A container that does not exist is no container without ports."""
    result = azdock("port", "nosuch", world=World(Services()))
    assert result.code == 1
    assert "No such container: nosuch" in result.err
