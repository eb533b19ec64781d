"""The health flags become checks, with docker's complaints."""

from __future__ import annotations

from typing import Any

import pytest

from azdock.commands.flags import CreateFlags
from azdock.commands.spec_health import health_of
from azdock.docker.health import Health, Probe
from azdock.docker.values import BadValue

CURL = "curl -f http://localhost:8080/x || exit 1"


def test_nothing_asked() -> None:
    """Without flags there is nothing to say."""
    assert health_of(CreateFlags()) is None
    assert health_of(CreateFlags(health_interval=0.0)) is None


def test_a_command_that_is_a_check() -> None:
    """A recognisable command becomes a check of Azure's, with the times given, and is kept to be shown."""
    found = health_of(CreateFlags(health_cmd=CURL, health_interval=5.0, health_retries=2, health_start_period=9.0))
    check = Probe("http", 8080, "/x", command=("CMD-SHELL", CURL), interval=5.0, retries=2)
    assert found == Health(check=check, start_period=9.0)


def test_another_command() -> None:
    """Any other command stays one, and --health-via exec keeps even a recognisable one."""
    for flags in (CreateFlags(health_cmd="pg_isready"), CreateFlags(health_cmd=CURL, health_via="exec")):
        found = health_of(flags)
        assert found is not None
        assert found.check == Probe("exec", command=("CMD-SHELL", flags.health_cmd))


def test_without_a_command() -> None:
    """Times alone are about the image's test, which --health-via exec leaves to azdock."""
    assert health_of(CreateFlags(health_interval=5.0)) == Health(check=Probe("http", interval=5.0))
    assert health_of(CreateFlags(health_via="exec")) == Health(check=Probe("exec"))


def test_own_probes() -> None:
    """The probe flags stand beside docker's, also when the image's check is dropped."""
    probe = Probe("tcp", 80)
    assert health_of(CreateFlags(startup_probe="tcp:80")) == Health(startup=probe)
    assert health_of(CreateFlags(no_healthcheck=True, liveness_probe="tcp:80")) == Health(liveness=probe, disabled=True)
    assert health_of(CreateFlags(no_healthcheck=True)) == Health(disabled=True)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"no_healthcheck": True, "health_cmd": "x"}, "--no-healthcheck conflicts with --health-* options"),
        ({"no_healthcheck": True, "health_retries": 1}, "--no-healthcheck conflicts with --health-* options"),
        ({"health_interval": -1.0}, "--health-interval cannot be negative"),
        ({"health_timeout": -1.0}, "--health-timeout cannot be negative"),
        ({"health_retries": -1}, "--health-retries cannot be negative"),
        ({"health_start_period": -1.0}, "--health-start-period cannot be negative"),
        ({"health_start_interval": -1.0}, "--health-start-interval cannot be negative"),
    ],
)
def test_refused(flags: dict[str, Any], message: str) -> None:
    """What docker's client refuses is refused in its words."""
    with pytest.raises(BadValue) as bad:
        health_of(CreateFlags(**flags))
    assert str(bad.value) == message


def test_two_checks_of_readiness() -> None:
    """Docker's check and --readiness-probe are the same check: only one of them."""
    with pytest.raises(BadValue, match="--readiness-probe"):
        health_of(CreateFlags(health_cmd=CURL, readiness_probe="tcp:80"))
