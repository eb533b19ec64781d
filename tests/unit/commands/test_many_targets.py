"""stop, kill, restart, rm, start, wait: all targets are tried, failures are told, one failure makes 1."""

from __future__ import annotations

import pytest

from azdock.errors import Conflict
from tests.support.fakes import Services, World, azdock, record


def services() -> Services:
    return Services(records={name: record(name, id=name * 8) for name in ("aaaaaaaa", "bbbbbbbb")})


@pytest.mark.parametrize(
    ("argv", "call"),
    [
        (("stop",), ("stop", "aaaaaaaa", None)),
        (("stop", "-t", "0"), ("stop", "aaaaaaaa", 0)),
        (("stop", "--time", "3"), ("stop", "aaaaaaaa", 3)),
        (("container", "stop", "--timeout=5"), ("stop", "aaaaaaaa", 5)),
        (("kill",), ("kill", "aaaaaaaa", "KILL")),
        (("kill", "-sINT"), ("kill", "aaaaaaaa", "INT")),
        (("restart",), ("restart", "aaaaaaaa", None)),
        (("restart", "-t", "0"), ("restart", "aaaaaaaa", 0)),
        (("rm",), ("remove", "aaaaaaaa", False, False)),
        (("container", "remove", "-fv"), ("remove", "aaaaaaaa", True, True)),
        (("start",), ("start", "aaaaaaaa", True)),
    ],
)
def test_one(argv: tuple[str, ...], call: tuple[object, ...]) -> None:
    """The service is asked with what the flags say, and the name is printed."""
    made = services()
    result = azdock(*argv, "aaaaaaaa", world=World(made))
    assert (result.out, result.err, result.code) == ("aaaaaaaa\n", "", 0)
    assert made.calls[-1] == call


@pytest.mark.parametrize("verb", ["stop", "kill", "restart", "rm"])
def test_all_are_tried(verb: str) -> None:
    """Failures do not keep the others from being done."""
    result = azdock(verb, "n1", "aaaaaaaa", "n2", "bbbbbbbb", world=World(services()))
    assert result.out == "aaaaaaaa\nbbbbbbbb\n"
    assert result.err == "".join(f"Error response from Azure: No such container: {name}\n" for name in ("n1", "n2"))
    assert result.code == 1


def test_start_sums_up() -> None:
    """docker names the failed ones again in the last line."""
    result = azdock("start", "n1", "aaaaaaaa", "n2", world=World(services()))
    assert result.err.splitlines()[-1] == "Error: failed to start containers: n1, n2"
    assert (result.out, result.code) == ("aaaaaaaa\n", 1)


def test_rm_f_forgives_what_is_missing_but_nothing_else() -> None:
    """rm -f of a missing container is told, and succeeds."""
    assert azdock("rm", "-f", "n1", world=World(services())).code == 0
    made = services()
    made.fail = {"remove": Conflict("busy")}
    assert azdock("rm", "-f", "aaaaaaaa", world=World(made)).code == 1


def test_wait_prints_codes() -> None:
    """One code a line, in the order of the names."""
    made = services()
    result = azdock("wait", "aaaaaaaa", "n1", "bbbbbbbb", world=World(made))
    assert (result.out, result.code) == ("0\n0\n", 1)


@pytest.mark.parametrize("argv", [("stop", "-s", "INT"), ("restart", "-s", "HUP"), ("rm", "-l")])
def test_refused_flags(argv: tuple[str, ...]) -> None:
    """What Azure cannot do is refused before anything is done."""
    made = services()
    result = azdock(*argv, "aaaaaaaa", world=World(made))
    assert result.code == 125
    assert made.calls == []
