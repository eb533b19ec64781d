"""azdock update: what is changed, and what is said."""

from __future__ import annotations

import pytest

from azdock.docker.spec import Restart
from azdock.errors import Unsupported
from azdock.services.updating import Changes
from tests.support.fakes import Services, World, azdock, record

LONG = {"-m": "memory", "-e": "env"}


def services(**changes: object) -> Services:
    made = Services(**changes)  # type: ignore[arg-type]
    made.records["web"] = record("web")
    return made


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (("--cpus", "1.5"), Changes(nano_cpus=1_500_000_000)),
        (("-m", "1g"), Changes(memory=2**30)),
        (("--restart", "on-failure:3"), Changes(restart=Restart("on-failure", 3))),
        (("-e", "A=1", "-e", "B=2"), Changes(env=("A=1", "B=2"))),
        (("--image", "busybox:2"), Changes(image="busybox:2")),
        (("--scale", "1..4"), Changes(scale=(1, 4))),
    ],
)
def test_changes(argv: tuple[str, ...], expected: Changes) -> None:
    """Every flag becomes its change, and the name is printed."""
    made = services()
    result = azdock("update", *argv, "web", world=World(made))
    assert (result.out, result.code) == ("web\n", 0)
    (asked,) = [call[2] for call in made.calls if call[0] == "update"]
    assert {name: getattr(asked, name) for name in Changes.__slots__ if name != "asked"} == {
        name: getattr(expected, name) for name in Changes.__slots__ if name != "asked"
    }
    assert set(asked.asked) == {LONG.get(argv[0], argv[0].strip("-"))} - {"image"}


def test_nothing_given() -> None:
    """docker's sentence for a call that would change nothing."""
    result = azdock("update", "web", world=World(services()))
    assert (result.err, result.code) == ("you must provide one or more flags when using this command\n", 1)


def test_notices() -> None:
    """Warnings, and what takes effect when, are said on stderr."""
    result = azdock("update", "--image", "busybox:2", "web", world=World(services(notices=["rounded"])))
    assert (result.out, result.err) == ("web\n", "WARNING: rounded\nweb: revision r2 takes over\n")


@pytest.mark.parametrize("flag", ["--cpu-shares=2", "--pids-limit=5", "--memory-swap=1g", "--blkio-weight=10"])
def test_refused(flag: str) -> None:
    """What Azure cannot change is refused before anything is asked."""
    made = services()
    result = azdock("update", flag, "web", world=World(made))
    assert result.code == 125
    assert result.err.startswith(f"{flag.partition('=')[0]}: ")
    assert made.calls == []


@pytest.mark.parametrize(("policy", "text"), [("bogus", "invalid restart policy 'bogus'"), ("no:3", "maximum retry")])
def test_bad_policy(policy: str, text: str) -> None:
    """A policy that docker's engine refuses is refused in its words."""
    result = azdock("update", "--restart", policy, "web", world=World(services()))
    assert text in result.err
    assert result.code == 1


def test_failures_do_not_stop_the_others() -> None:
    """Each container is tried; one failure makes the exit code 1."""
    made = services()
    result = azdock("update", "--cpus", "1", "nosuch", "web", world=World(made))
    assert (result.out, result.code) == ("web\n", 1)
    assert "No such container: nosuch" in result.err


def test_what_the_backend_cannot_do() -> None:
    """A refusal keeps its code."""
    made = services(fail={"update": Unsupported("--scale: a job has no replicas")})
    result = azdock("update", "--scale", "2", "web", world=World(made))
    assert ("a job has no replicas" in result.err, result.code) == (True, 125)
