"""What apps refuse, and what they can do that jobs cannot."""

from __future__ import annotations

from typing import Any

import pytest

from azdock.backends import aca_app_gaps, aca_job_gaps
from azdock.docker.spec import ContainerSpec, Restart


def gaps(spec: dict[str, Any] | None = None, **asked: str) -> list[tuple[str, str]]:
    named = {name.replace("_", "-"): text for name, text in asked.items()}
    return [(gap.flag, gap.action) for gap in aca_app_gaps.gaps(ContainerSpec("i", asked=named, **(spec or {})))]


@pytest.mark.parametrize("flag", sorted(aca_app_gaps.OWN))
def test_what_only_apps_can(flag: str) -> None:
    """Ports, checks, policies, terminals and scale are no gaps."""
    assert gaps({"session": flag == "tty"}, **{flag.replace("-", "_"): "1"}) == []


@pytest.mark.parametrize("flag", ["privileged", "user", "hostname", "cap-add", "volumes-from", "gpus", "sysctl"])
def test_what_azure_cannot(flag: str) -> None:
    """What no container on Azure can have is refused by both backends."""
    assert gaps(**{flag.replace("-", "_"): "x"}) == [(flag, "refuse")]


def test_policies() -> None:
    """Every restart policy is docker's on apps."""
    for policy in (Restart("always"), Restart("unless-stopped"), Restart("on-failure"), Restart("on-failure", 3)):
        assert gaps({"restart": policy}, restart="x") == []


def test_timeout_and_sessions() -> None:
    """An app has no end of its own, and a session one container."""
    assert gaps(timeout="5") == [("timeout", "refuse")]
    assert gaps({"session": True, "scale": (1, 2)}, scale="1..2") == [("scale", "refuse")]
    assert gaps({"scale": (1, 2)}, scale="1..2") == []


def test_switches_that_are_off() -> None:
    """A switch that was turned off asks for nothing."""
    assert gaps(privileged="false", read_only="0") == []


def test_unknown_flags() -> None:
    """What no table knows is refused."""
    assert gaps(nonsense="1") == [("nonsense", "refuse")]


def test_refusals_come_first() -> None:
    """A warning does not hide a refusal."""
    assert gaps(annotation="a", privileged="true") == [("privileged", "refuse"), ("annotation", "warn")]


def test_alternatives_are_for_known_flags() -> None:
    """Each alternative belongs to a gap."""
    assert set(aca_job_gaps.ALTERNATIVES) - {"timeout"} <= set(aca_app_gaps.GAPS)
    assert not aca_app_gaps.OWN & set(aca_app_gaps.GAPS)
    assert aca_app_gaps.SUPPORTED | set(aca_job_gaps.GAPS) >= aca_app_gaps.OWN
