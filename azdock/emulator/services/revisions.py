"""Revisions of an app and their replicas: list, get, activate, deactivate, restart.

Source: azure-rest-api-specs, Microsoft.App Revision.tsp and Replica.tsp (2026-07-01)
"""

from __future__ import annotations

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from azdock.emulator import apperrors, apprunner, arm, errors, revisionview
from azdock.emulator.app import route
from azdock.emulator.services import apps
from azdock.emulator.world import World

Document = dict[str, Any]
REVISIONS = apps.APP + "/revisions"
REVISION = REVISIONS + "/{revision}"
# the grammar is not published; this is what an OData list of objects with properties.active has at least
BY_ACTIVE = re.compile(r"^\s*(?:properties/)?active\s+(eq|ne)\s+(true|false)\s*$", re.I)


def routes(world: World) -> list[BaseRoute]:
    """Revisions and replicas of apps."""

    def view(document: Document, found: Document, request: Request) -> Document:
        facts = apprunner.of(world, document).facts(found["name"])
        return revisionview.revision(world, document, found, facts, request)

    async def listed(request: Request) -> Response:
        document = apps.find(world, request)
        found = _filtered(document["revisions"].values(), request.query_params.get("$filter", ""))
        return arm.page(world, request, found, lambda one: view(document, one, request))

    async def get(request: Request) -> Response:
        document, found = _find(world, request)
        return arm.answer(view(document, found, request))

    async def activate(request: Request) -> Response:
        return _set_active(world, request, True)

    async def deactivate(request: Request) -> Response:
        return _set_active(world, request, False)

    async def restart(request: Request) -> Response:
        document, found = _find(world, request)
        apprunner.of(world, document).restart(found["name"])
        return arm.answer("Restart succeeded")

    async def replicas(request: Request) -> Response:
        document, found = _find(world, request)
        facts = apprunner.of(world, document).facts(found["name"])
        return arm.answer({"value": [revisionview.replica(document, found, one, request) for one in facts.replicas]})

    async def replica(request: Request) -> Response:
        document, found = _find(world, request)
        name = request.path_params["replica"]
        for one in apprunner.of(world, document).facts(found["name"]).replicas:
            if one.name.lower() == name.lower():
                return arm.answer(revisionview.replica(document, found, one, request))
        raise apperrors.no_replica(name)

    return [
        route(REVISIONS, listed, ["GET"]),
        route(REVISION, get, ["GET"]),
        route(REVISION + "/activate", activate, ["POST"]),
        route(REVISION + "/deactivate", deactivate, ["POST"]),
        route(REVISION + "/restart", restart, ["POST"]),
        route(REVISION + "/replicas", replicas, ["GET"]),
        route(REVISION + "/replicas/{replica}", replica, ["GET"]),
    ]


def _find(world: World, request: Request) -> tuple[Document, Document]:
    document, name = apps.find(world, request), request.path_params["revision"]
    found = document["revisions"].get(name.lower())
    if found is None:
        raise apperrors.no_revision(name)
    return document, found


def _filtered(found: Any, given: str) -> list[Document]:
    if not given:
        return list(found)
    match = BY_ACTIVE.match(given)
    if match is None:
        raise errors.bad_content(f"the filter {given!r} is not served; properties/active eq true is.")
    wanted = (match[1].lower() == "eq") == (match[2].lower() == "true")
    return [one for one in found if one["active"] == wanted]


def _set_active(world: World, request: Request, active: bool) -> Response:
    """Both answer a bare JSON string. Source: azure-powershell, AzContainerAppRevision.Recording.json."""
    document, found = _find(world, request)
    if found["active"] and not active:
        found["last_active"] = world.clock.now_ns()
    found["active"] = active
    world.store.changed()
    apprunner.of(world, document).sync()
    return arm.answer("Activate succeeded" if active else "Deactivate succeeded")
