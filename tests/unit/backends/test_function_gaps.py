"""What function apps refuse, and what they say."""

from __future__ import annotations

from typing import Any

import pytest

from azdock.backends import function_gaps
from azdock.cli.flags import flags_of
from azdock.commands.flags import CreateFlags, RunFlags
from azdock.docker.spec import ContainerSpec, ImageFacts, Restart


def spec(asked: dict[str, str], **changes: Any) -> ContainerSpec:
    return ContainerSpec("x", asked=asked, **changes)


@pytest.mark.parametrize(
    ("flag", "word", "alternative"),
    [
        ("publish", "one HTTP address of its own", "--backend app"),
        ("publish-all", "one HTTP address of its own", "azdock port NAME"),
        ("expose", "one HTTP address of its own", "azdock port NAME"),
        ("tty", "no terminal", "azdock exec -it"),
        ("health-cmd", "checks the Functions host", "--backend app"),
        ("startup-probe", "checks the Functions host", "--backend app"),
        ("workdir", "working directory", "WORKDIR"),
        ("privileged", "privileges", "docker itself"),
        ("no-such-flag", "does not know", ""),
    ],
)
def test_refused(flag: str, word: str, alternative: str) -> None:
    """What a function app cannot have is refused with the reason and what to do instead."""
    (gap,) = function_gaps.gaps(spec({flag: "x"}))
    assert (gap.flag, gap.action) == (flag, "refuse")
    assert word in gap.reason
    assert alternative in gap.alternative


@pytest.mark.parametrize(
    "flag",
    [
        *("interactive", "timeout", "plan", "route", "method", "data", "header", "yes", "scale", "stop-timeout", "env"),
        *("entrypoint", "volume", "tmpfs", "cpus", "memory", "network", "shim", "rm", "detach", "no-healthcheck"),
    ],
)
def test_accepted(flag: str) -> None:
    """What a function app can have is no gap."""
    assert function_gaps.gaps(spec({flag: "true"}, shim="never")) == []


def test_a_switch_turned_off() -> None:
    """A switch that is off asks for nothing."""
    assert function_gaps.gaps(spec({"publish-all": "false", "init": "false", "tty": "false"})) == []


def test_init_is_passed_over() -> None:
    """--init is harmless, so that it is only told that it does nothing."""
    (gap,) = function_gaps.gaps(spec({"init": "true"}))
    assert gap.action == "warn"


@pytest.mark.parametrize(("policy", "count"), [("no", 0), ("always", 1), ("on-failure", 1), ("unless-stopped", 1)])
def test_restart(policy: str, count: int) -> None:
    """Any restart policy but "no" is refused: a run is a request, and the app stays up anyway."""
    found = function_gaps.gaps(spec({"restart": policy}, restart=Restart(policy)))
    assert [gap.action for gap in found] == ["refuse"] * count


def test_shim_always() -> None:
    """A command that must be wrapped cannot be a function's."""
    assert [gap.flag for gap in function_gaps.gaps(spec({"shim": "always"}, shim="always"))] == ["shim"]


def test_refusals_come_first() -> None:
    """A warning never hides a refusal."""
    found = function_gaps.gaps(spec({"init": "true", "publish": "80"}))
    assert [gap.action for gap in found] == ["refuse", "warn"]


def test_every_flag_of_run_is_judged() -> None:
    """No flag that `run` knows is unknown to function apps."""
    unknown = "azdock does not know how"
    for name in {flag.name for declared in (CreateFlags, RunFlags) for flag in flags_of(declared)}:
        for gap in function_gaps.gaps(spec({name: "x"})):
            assert unknown not in gap.reason, name


def test_every_refusal_has_an_alternative() -> None:
    """Whoever is refused is told what to do."""
    for name, gap in function_gaps.GAPS.items():
        assert gap.action == "warn" or gap.alternative, name


@pytest.mark.parametrize(
    ("plan", "timeout", "seconds"), [("", 241, "240"), ("", 240, ""), ("EP1", 231, "230"), ("EP1", 230, "")]
)
def test_a_time_out_beyond_the_front_end(plan: str, timeout: int, seconds: str) -> None:
    """A time-out that Azure's front end cuts is told of, with the way around it."""
    said = function_gaps.notices(spec({"timeout": f"{timeout}s"}, timeout=timeout, plan=plan), ImageFacts())
    assert [text for text in said if f"{seconds} seconds" in text and "202" in text and "job" in text] == said
    assert bool(said) == bool(seconds)


def test_the_default_time_out_says_nothing() -> None:
    """Nobody is warned of a time-out that he did not ask for."""
    assert function_gaps.notices(ContainerSpec("x"), ImageFacts()) == []


def test_an_image_with_a_port_and_a_check() -> None:
    """A port other than 80 is told, and that the image's HEALTHCHECK is left out."""
    said = function_gaps.notices(ContainerSpec("x"), ImageFacts(exposed=("8080/tcp",), health=("CMD", "true")))
    assert "port 8080" in said[0]
    assert "HEALTHCHECK" in said[1]
