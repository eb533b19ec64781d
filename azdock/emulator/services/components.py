"""Application Insights components whose tables are in a workspace.

Source: learn.microsoft.com/rest/api/application-insights/components (2020-02-02); azure-monitor-docs,
app/create-workspace-resource: without a workspace a component gets the region's own
"""

from __future__ import annotations

import uuid
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from azdock.emulator import arm, errors, insights
from azdock.emulator.app import route
from azdock.emulator.clock import precise
from azdock.emulator.services import diagnostics, jobs, workspaces
from azdock.emulator.world import SUBSCRIPTION, World

Document = dict[str, Any]
KIND = insights.KIND
IN_SUBSCRIPTION = "/subscriptions/{sub}/providers/Microsoft.Insights/components"
IN_GROUP = "/subscriptions/{sub}/resourceGroups/{group}/providers/Microsoft.Insights/components"
ONE = IN_GROUP + "/{component}"
TYPES = {"web", "other"}
KEPT = (
    "Application_Type", "DisableIpMasking", "DisableLocalAuth", "Flow_Type", "ForceCustomerStorageForProfiler",
    "ImmediatePurgeDataOn30Days", "Request_Source", "RetentionInDays", "SamplingPercentage", "WorkspaceResourceId",
    "publicNetworkAccessForIngestion", "publicNetworkAccessForQuery",
)  # fmt: skip


def routes(world: World) -> list[BaseRoute]:
    """PUT, PATCH (tags), GET, DELETE and lists."""

    async def in_group(request: Request) -> Response:
        return arm.page(world, request, world.store.under(arm.place(world, request).prefix, KIND), view)

    async def in_subscription(request: Request) -> Response:
        return arm.page(world, request, world.store.under(f"/subscriptions/{SUBSCRIPTION}", KIND), view)

    async def get(request: Request) -> Response:
        return arm.answer(view(_find(world, request)))

    async def put(request: Request) -> Response:
        document = _made(world, request, await arm.body(request))
        world.store.put(document)
        return arm.answer(view(document))

    async def patch(request: Request) -> Response:
        given, document = await arm.body(request), _find(world, request)
        document["tags"] = jobs.tags(given.get("tags"))
        world.store.changed()
        return arm.answer(view(document))

    async def delete(request: Request) -> Response:
        place, name = arm.place(world, request), request.path_params["component"]
        known = world.store.get(place.id(KIND, name)) is not None
        world.store.delete(place.id(KIND, name))
        return Response(status_code=200 if known else 204)

    return [
        route(IN_SUBSCRIPTION, in_subscription, ["GET"]),
        route(IN_GROUP, in_group, ["GET"]),
        route(ONE, get, ["GET"]),
        route(ONE, put, ["PUT"]),
        route(ONE, patch, ["PATCH"]),
        route(ONE, delete, ["DELETE"]),
    ]


def _made(world: World, request: Request, given: Document) -> Document:
    """A component to store; one that is there keeps its key. Raises ArmError."""
    place, name = arm.place(world, request), request.path_params["component"]
    old = world.store.get(place.id(KIND, name))
    properties = arm.without_nulls(given.get("properties") or {})
    if properties.get("Application_Type") not in TYPES:
        raise errors.bad_content(f"'Application_Type' must be one of {', '.join(sorted(TYPES))}.")
    kept = {key: properties[key] for key in KEPT if key in properties}
    kept["WorkspaceResourceId"] = _workspace(world, str(kept.get("WorkspaceResourceId") or ""))
    return {
        "id": place.id(KIND, name),
        "name": name,
        "type": KIND,
        "kind": str(given.get("kind") or "web"),
        "location": arm.region(given.get("location"), KIND, place.location),
        "tags": jobs.tags(given.get("tags")),
        "properties": kept,
        "key": old["key"] if old else str(uuid.uuid4()),
        "app_id": old["app_id"] if old else str(uuid.uuid4()),
        "created": old["created"] if old else world.clock.now_ns(),
    }


def _workspace(world: World, given: str) -> str:
    if not given:
        return str(diagnostics.workspaces_of(world)[0]["id"])
    found = world.store.get(given)
    if found is None or found["type"] != workspaces.KIND:
        raise errors.ArmError(400, "BadRequest", f"The workspace '{given}' does not exist.")
    return str(found["id"])


def view(document: Document) -> Document:
    """A component as Azure shows it."""
    location, key, app_id = document["location"], document["key"], document["app_id"]
    ends = f"IngestionEndpoint=https://{location}-5.in.applicationinsights.azure.com/"
    live = f"LiveEndpoint=https://{location}.livediagnostics.monitor.azure.com/"
    usual: Document = {
        "Flow_Type": "Bluefield",
        "Request_Source": "rest",
        "RetentionInDays": 90,
        "SamplingPercentage": None,
        "DisableIpMasking": False,
        "publicNetworkAccessForIngestion": "Enabled",
        "publicNetworkAccessForQuery": "Enabled",
    }
    shown = {one: document[one] for one in ("id", "name", "type", "location", "kind")}
    shown["tags"] = document["tags"]
    shown["properties"] = {
        **usual,
        **document["properties"],
        "ApplicationId": document["name"],
        "AppId": app_id,
        "InstrumentationKey": key,
        "ConnectionString": f"InstrumentationKey={key};{ends};{live};ApplicationId={app_id}",
        "Name": document["name"],
        "CreationDate": precise(document["created"]) + "+00:00",
        "TenantId": SUBSCRIPTION,
        "provisioningState": "Succeeded",
        "IngestionMode": "LogAnalytics",
        "Ver": "v2",
    }
    return shown


def _find(world: World, request: Request) -> Document:
    place, name = arm.place(world, request), request.path_params["component"]
    document = world.store.get(place.id(KIND, name))
    if document is None:
        raise errors.no_resource(KIND, name, place.group)
    return document
