"""Names of apps on the network."""

from __future__ import annotations

from typing import Any, cast

from azdock.emulator import appnames
from azdock.emulator.store import Store
from azdock.emulator.world import World


class _World:
    """As much of a world as names need."""

    def __init__(self) -> None:
        self.store = Store()
        self.store.put({"id": "/e", "name": "Env", "type": "t", "location": "westeurope"})


def _app(ingress: dict[str, Any] | None) -> dict[str, Any]:
    configuration = {} if ingress is None else {"ingress": ingress}
    return {"name": "web", "properties": {"environmentId": "/E", "configuration": configuration}}


def test_names() -> None:
    """External, internal and unreachable apps: only the first two have a name, revisions always."""
    world, domain = cast(World, _World()), "env-a2d0a2d0.westeurope.azurecontainerapps.io"
    outer, inner, mute = _app({"external": True}), _app({"external": False}), _app(None)
    assert appnames.app_fqdn(world, outer) == f"web.{domain}"
    assert appnames.app_fqdn(world, inner) == f"web.internal.{domain}"
    assert appnames.app_fqdn(world, mute) == ""
    assert appnames.revision_fqdn(world, inner, "web--1") == f"web--1.internal.{domain}"
    assert appnames.revision_fqdn(world, mute, "web--1") == f"web--1.{domain}"
