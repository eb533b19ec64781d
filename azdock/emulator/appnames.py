"""Names of apps on the network: the environment's domain, and what an app and its revisions are called in it.

Source: learn.microsoft.com/azure/container-apps/connect-apps
"""

from __future__ import annotations

from typing import Any

from azdock.emulator.world import World

Document = dict[str, Any]


def default_domain(environment: Document) -> str:
    """The domain of an environment: its apps are names below it."""
    return f"{environment['name'].lower()}-a2d0a2d0.{environment['location']}.azurecontainerapps.io"


def ingress(app: Document) -> Document | None:
    """The app's ingress as stored, or None when nobody can reach it."""
    found: Document | None = app["properties"]["configuration"].get("ingress")
    return found


def app_fqdn(world: World, app: Document) -> str:
    """The full name of an app with ingress; "" without."""
    found = ingress(app)
    return f"{app['name']}.{_domain(world, app)}" if found else ""


def revision_fqdn(world: World, app: Document, revision: str) -> str:
    """The full name of a revision; Azure shows one even when the app has no ingress."""
    return f"{revision}.{_domain(world, app)}"


def _domain(world: World, app: Document) -> str:
    environment = world.store.get(app["properties"]["environmentId"])
    domain = default_domain(environment) if environment else ""
    found = ingress(app)
    return f"internal.{domain}" if found and not found["external"] else domain
