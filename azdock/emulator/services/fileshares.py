"""The file service of a storage account and its shares, as the resource manager has them.

Source: azure-rest-api-specs, Microsoft.Storage (2026-09-01), FileServices and FileShares
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from azdock.emulator import arm, errors, shares, storageview
from azdock.emulator.app import route
from azdock.emulator.services.storageaccounts import ONE, find, ready
from azdock.emulator.world import World

Document = dict[str, Any]
SERVICES = ONE + "/fileServices"
SERVICE = SERVICES + "/default"
SHARES = SERVICE + "/shares"
SHARE = SHARES + "/{share}"
STARTS = re.compile(r"\s*startswith\(\s*name\s*,\s*'?([^')]*)'?\s*\)\s*\Z", re.I)


def routes(world: World) -> list[BaseRoute]:
    """Services, shares."""

    async def services(request: Request) -> Response:
        return arm.answer({"value": [storageview.service(find(world, request))]})

    async def service(request: Request) -> Response:
        return arm.answer(storageview.service(find(world, request)))

    async def listed(request: Request) -> Response:
        owner, prefix = find(world, request), _prefix(request)
        found = [one for one in shares.of_account(world, owner) if one["name"].startswith(prefix)]
        return arm.page(world, request, found, storageview.listed_share)

    async def get(request: Request) -> Response:
        owner, document = _both(world, request)
        usage = None
        if "stats" in request.query_params.get("$expand", "").lower():
            usage = await asyncio.to_thread(shares.size_of, shares.folder(world, owner["name"], document["name"]))
        return arm.answer(storageview.share(document, usage))

    async def put(request: Request) -> Response:
        owner, given, name = ready(world, request), await arm.body(request), request.path_params["share"]
        asked = given.get("properties") or {}
        old = world.store.get(shares.share_id(owner, name))
        if old is not None:  # `az storage share-rm update` changes a share in this way
            shares.change(world, old, _refused(lambda: shares.checked(owner, asked, old)))
            return arm.answer(storageview.share(old), 200)
        made = _refused(lambda: shares.add(world, owner, name, asked))
        return arm.answer(storageview.share(made), 201)

    async def patch(request: Request) -> Response:
        given, (owner, document) = await arm.body(request), _both(world, request)
        asked = given.get("properties") or {}
        shares.change(world, document, _refused(lambda: shares.checked(owner, asked, document)))
        return arm.answer(storageview.share(document))

    async def delete(request: Request) -> Response:
        owner = find(world, request)
        document = world.store.get(shares.share_id(owner, request.path_params["share"]))
        if document is None:
            return Response(status_code=204)
        shares.drop(world, owner, document)
        return Response(status_code=200)

    return [
        route(SERVICES, services, ["GET"]),
        route(SERVICE, service, ["GET"]),
        route(SHARES, listed, ["GET"]),
        route(SHARE, get, ["GET"]),
        route(SHARE, put, ["PUT"]),
        route(SHARE, patch, ["PATCH"]),
        route(SHARE, delete, ["DELETE"]),
    ]


def _both(world: World, request: Request) -> tuple[Document, Document]:
    owner = find(world, request)
    document = world.store.get(shares.share_id(owner, request.path_params["share"]))
    if document is None:
        raise errors.ArmError(404, "ShareNotFound", "The specified share does not exist.")
    return owner, document


def _prefix(request: Request) -> str:
    given = request.query_params.get("$filter", "")
    match = STARTS.match(given)
    if given and match is None:
        raise errors.bad_content(f"the filter {given!r} is not served; startswith(name, PREFIX) is.")
    return match[1] if match else ""


def _refused(make: Callable[[], Document]) -> Document:
    try:
        return make()
    except shares.BadShare as bad:
        raise errors.ArmError(400, bad.code, bad.message) from bad
