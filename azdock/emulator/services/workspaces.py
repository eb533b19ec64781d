"""Log Analytics workspaces, as far as a managed environment needs them.

Source: learn.microsoft.com/rest/api/loganalytics/workspaces
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from azdock import wire
from azdock.emulator import arm, errors, operations
from azdock.emulator.app import route
from azdock.emulator.clock import precise
from azdock.emulator.services import jobs
from azdock.emulator.world import SUBSCRIPTION, World

Document = dict[str, Any]
KIND = "Microsoft.OperationalInsights/workspaces"
IN_GROUP = "/subscriptions/{sub}/resourceGroups/{group}/providers/Microsoft.OperationalInsights/workspaces"
ONE = IN_GROUP + "/{workspace}"


def routes(world: World) -> list[BaseRoute]:
    """The workspace resource and its keys."""

    async def in_group(request: Request) -> Response:
        return arm.page(world, request, world.store.under(arm.place(world, request).prefix, KIND), view)

    async def in_subscription(request: Request) -> Response:
        return arm.page(world, request, world.store.under(f"/subscriptions/{SUBSCRIPTION}", KIND), view)

    async def get(request: Request) -> Response:
        return arm.answer(view(_find(world, request)))

    async def put(request: Request) -> Response:
        given, place, name = await arm.body(request), arm.place(world, request), request.path_params["workspace"]
        old = world.store.get(place.id(KIND, name))
        customer = old["customer"] if old else str(uuid.uuid4())
        document = make(world, place.group, name, arm.region(given.get("location"), KIND, place.location), customer)
        document["tags"] = jobs.tags(given.get("tags"))
        if old:
            document["created"] = old["created"]
        world.store.put(document)
        if old:
            return arm.answer(view(document))
        where = f"{arm.base(request)}{document['id']}?api-version={arm.api_version(request)}"
        return arm.answer(view(document, "Creating"), 201, {wire.LOCATION: where, **operations.SOON})

    async def delete(request: Request) -> Response:
        place, name = arm.place(world, request), request.path_params["workspace"]
        known = world.store.get(place.id(KIND, name)) is not None
        world.store.delete(place.id(KIND, name))
        return Response(status_code=200 if known else 204)

    async def keys(request: Request) -> Response:
        customer = _find(world, request)["customer"]
        return arm.answer(
            {"primarySharedKey": _key(world, customer, 1), "secondarySharedKey": _key(world, customer, 2)}
        )

    return [
        route("/subscriptions/{sub}/providers/Microsoft.OperationalInsights/workspaces", in_subscription, ["GET"]),
        route(IN_GROUP, in_group, ["GET"]),
        route(ONE, get, ["GET"]),
        route(ONE, put, ["PUT"]),
        route(ONE, delete, ["DELETE"]),
        route(ONE + "/sharedKeys", keys, ["POST"]),
    ]


def make(world: World, group: str, name: str, location: str, customer: str) -> Document:
    """A workspace to store; `customer` is the GUID that queries name."""
    now = world.clock.now_ns()
    return {
        "id": f"{arm.group_id(group)}/providers/{KIND}/{name}",
        "name": name,
        "type": KIND,
        "location": location,
        "customer": customer,
        "tags": {},
        "created": now,
        "modified": now,
    }


def view(document: Document, state: str = "Succeeded") -> Document:
    """A workspace as Azure shows it. Source: azure-cli, test_containerapp_logstream.yaml."""
    created, modified = (precise(document[key]) + "Z" for key in ("created", "modified"))
    shown = {key: document[key] for key in ("id", "name", "type", "location")}
    shown["tags"] = document.get("tags") or {}
    shown["properties"] = {
        "customerId": document["customer"],
        "provisioningState": state,
        "sku": {"name": "PerGB2018", "lastSkuUpdate": created},
        "retentionInDays": 30,
        "features": {"legacy": 0, "searchVersion": 1, "enableLogAccessUsingOnlyResourcePermissions": True},
        "workspaceCapping": {"dailyQuotaGb": -1.0, "quotaNextResetTime": _midnight(document["modified"]),
                             "dataIngestionStatus": "RespectQuota"},
        "publicNetworkAccessForIngestion": "Enabled",
        "publicNetworkAccessForQuery": "Enabled",
        "createdDate": created,
        "modifiedDate": modified,
    }  # fmt: skip
    return shown


def _midnight(time_ns: int) -> str:
    """The next midnight: the daily quota, which is unlimited here, starts anew then."""
    day = 86400 * 10**9
    return precise((time_ns // day + 1) * day) + "Z"


def _find(world: World, request: Request) -> Document:
    place, name = arm.place(world, request), request.path_params["workspace"]
    document = world.store.get(place.id(KIND, name))
    if document is None:
        raise errors.no_resource(KIND, name, place.group)
    return document


def _key(world: World, customer: str, number: int) -> str:
    """64 bytes in base 64, as a workspace's shared key; nothing takes it yet."""
    seed = f"{customer}/{number}/{world.auth.seal(customer)}"
    return base64.b64encode(hashlib.sha512(seed.encode()).digest()).decode()
