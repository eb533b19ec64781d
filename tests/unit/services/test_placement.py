"""Which kind of Azure resource runs a container."""

from __future__ import annotations

from typing import Any

import pytest

from azdock.docker.health import Health, Probe
from azdock.docker.ports import Port
from azdock.docker.spec import ContainerSpec, Restart
from azdock.services import placement


@pytest.mark.parametrize(
    ("changes", "backend"),
    [
        ({}, "job"),
        ({"stdin_open": True}, "job"),
        ({"restart": Restart("on-failure", 3)}, "job"),
        ({"health": Health(disabled=True)}, "job"),
        ({"restart": Restart("on-failure")}, "app"),
        ({"restart": Restart("always")}, "app"),
        ({"restart": Restart("unless-stopped")}, "app"),
        ({"ports": (Port(80),)}, "app"),
        ({"publish_all": True}, "app"),
        ({"expose": (Port(5432),)}, "app"),
        ({"scale": (1, 3)}, "app"),
        ({"health": Health(check=Probe("tcp", 80))}, "app"),
        ({"session": True}, "app"),
        ({"plan": "EP1"}, "function"),
        ({"plan": "EP1", "ports": (Port(80),)}, "function"),
    ],
)
def test_choice(changes: dict[str, Any], backend: str) -> None:
    """What has an address, stays up, or is spoken to, is an app; the rest runs to completion."""
    assert placement.choose(ContainerSpec(image="x", **changes), "") == backend


def test_wish() -> None:
    """--backend decides, whatever the table says."""
    assert placement.choose(ContainerSpec(image="x", ports=(Port(80),)), "job") == "job"
    assert placement.choose(ContainerSpec(image="x"), "app") == "app"


def test_what_stays_up() -> None:
    """Azure runs an app's container again when it ends, a job's not."""
    assert placement.stays_up("app")
    assert not placement.stays_up("job")


def test_traits() -> None:
    """Each kind says whether Azure runs its containers again, and whether their runs are requests."""
    assert [name for name in ("job", "app", "function") if placement.stays_up(name)] == ["app"]
    assert [name for name in ("job", "app", "function") if placement.by_request(name)] == ["function"]
