"""Diagnostic settings of managed environments and of sites, and where an environment's logs go.

Sources: learn.microsoft.com/rest/api/monitor/diagnostic-settings; learn.microsoft.com/azure/container-apps/log-options;
learn.microsoft.com/azure/app-service/troubleshoot-diagnostic-logs (categories of sites)
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from azdock.emulator import arm, errors
from azdock.emulator.app import route
from azdock.emulator.services import environments, workspaces
from azdock.emulator.world import ENVIRONMENT, RESOURCE_GROUP, SUBSCRIPTION, WORKSPACE, World

Document = dict[str, Any]
KIND = "microsoft.insights/diagnosticSettings"
UNDER = "/providers/Microsoft.Insights/diagnosticSettings"
SITES = "Microsoft.Web/sites"
SITE = "/subscriptions/{sub}/resourceGroups/{group}/providers/Microsoft.Web/sites/{site}"
DESTINATIONS = ("log-analytics", "azure-monitor", "none")
CATEGORIES = ("ContainerAppConsoleLogs", "ContainerAppSystemLogs")
SITE_CATEGORIES = (
    "FunctionAppLogs", "AppServiceConsoleLogs", "AppServiceHTTPLogs", "AppServiceAppLogs", "AppServicePlatformLogs",
    "AppServiceAuditLogs", "AppServiceIPSecAuditLogs", "AppServiceAuthenticationLogs",
)  # fmt: skip
NO_RETENTION = {"enabled": False, "days": 0}
LIMIT = 5  # learn.microsoft.com/azure/azure-monitor/platform/diagnostic-settings: settings of one resource


Find = Callable[[World, Request], Document]


def routes(world: World) -> list[BaseRoute]:
    """PUT, GET, DELETE and list."""
    return [
        *_routes_of(world, environments.ONE, environments.find, ()),
        *_routes_of(world, SITE, _site, SITE_CATEGORIES),
        *_routes_of(world, SITE + "/slots/{slot}", _site, SITE_CATEGORIES),
    ]


def _site(world: World, request: Request) -> Document:
    """The site or slot of the path. Raises ArmError."""
    place, path = arm.place(world, request), request.path_params
    kind, name = (f"{SITES}/slots", f"{path['site']}/{path['slot']}") if "slot" in path else (SITES, path["site"])
    found = world.store.get(place.id(SITES, path["site"]) + (f"/slots/{path['slot']}" if "slot" in path else ""))
    if found is None:
        raise errors.no_resource(kind, name, place.group)
    return found


def _routes_of(world: World, owner: str, find: Find, categories: Collection[str]) -> list[BaseRoute]:
    """The settings of one type of resource; `categories` are the ones it has (none: not looked at)."""

    async def listed(request: Request) -> Response:
        resource = find(world, request)
        return arm.answer({"value": [view(one, resource) for one in _of(world, resource)]})

    async def get(request: Request) -> Response:
        resource, name = find(world, request), request.path_params["setting"]
        found = world.store.get(_id(resource, name))
        if found is None:
            raise errors.no_resource(KIND, name, request.path_params["group"])
        return arm.answer(view(found, resource))

    async def put(request: Request) -> Response:
        resource, name = find(world, request), request.path_params["setting"]
        given = arm.without_nulls((await arm.body(request)).get("properties") or {})
        if not any(given.get(key) for key in ("workspaceId", "storageAccountId", "eventHubAuthorizationRuleId")):
            raise errors.bad_content("a diagnostic setting needs a destination.")
        for one in given.get("logs", ()):
            if categories and "category" in one and one["category"] not in categories:
                raise errors.ArmError(400, "BadRequest", f"Category '{one['category']}' is not supported.")
        others = [one for one in _of(world, resource) if one["name"].lower() != name.lower()]
        if len(others) >= LIMIT:
            raise errors.ArmError(400, "BadRequest", f"A resource can have at most {LIMIT} diagnostic settings.")
        made = _make(resource, name, given)
        world.store.put(made)
        return arm.answer(view(made))

    async def delete(request: Request) -> Response:
        wanted = _id(find(world, request), request.path_params["setting"])
        known = world.store.get(wanted) is not None
        world.store.delete(wanted)
        return Response(status_code=200 if known else 204)

    return [
        route(owner + UNDER, listed, ["GET"]),
        route(owner + UNDER + "/{setting}", get, ["GET"]),
        route(owner + UNDER + "/{setting}", put, ["PUT"]),
        route(owner + UNDER + "/{setting}", delete, ["DELETE"]),
    ]


def send_logs(world: World, destination: str) -> None:
    """Let the default environment send its logs there, with the diagnostic setting that azure-monitor needs."""
    environment = world.store.get(f"{arm.group_id(RESOURCE_GROUP)}/providers/{environments.KIND}/{ENVIRONMENT}")
    if environment is None:
        raise errors.no_resource(environments.KIND, ENVIRONMENT, RESOURCE_GROUP)
    logs: Document = {"destination": destination}
    if destination == "log-analytics":
        logs["logAnalyticsConfiguration"] = {"customerId": WORKSPACE}
    environment["properties"]["appLogsConfiguration"] = logs
    if destination == "azure-monitor":
        everything = workspaces_of(world)
        world.store.put(
            _make(environment, "azdock", {
                "workspaceId": everything[0]["id"],
                "logAnalyticsDestinationType": "Dedicated",
                "logs": [{"categoryGroup": "allLogs", "enabled": True}],
            })
        )  # fmt: skip
    world.store.changed()


def workspaces_of(world: World) -> list[Document]:
    """The workspaces whose tables can be queried."""
    found = world.store.under(f"/subscriptions/{SUBSCRIPTION}", workspaces.KIND)
    return [one for one in found if one["customer"] == WORKSPACE]


def view(document: Document, environment: Document | None = None) -> Document:
    """A setting as Azure shows it; with the `environment`, as a GET shows it.

    Source: azure-cli, test_containerapp_env_logs_e2e.yaml
    """
    shown = {key: document[key] for key in ("id", "name", "type")}
    shown |= {"location": environment["location"] if environment else None, "kind": None, "tags": None}
    blank: Document = dict.fromkeys(("storageAccountId", "workspaceId", "eventHubAuthorizationRuleId", "eventHubName"))
    blank |= {"logs": [], "metrics": [], "logAnalyticsDestinationType": None}
    if environment:
        blank["metrics"] = [{"category": "AllMetrics", "enabled": False, "retentionPolicy": dict(NO_RETENTION)}]
    return {**shown, "properties": {**blank, **document["properties"]}, "identity": None}


def _of(world: World, environment: Document) -> list[Document]:
    return list(world.store.under(f"{environment['id']}/providers", KIND))


def _id(environment: Document, name: str) -> str:
    return f"{environment['id']}/providers/{KIND}/{name}"


def _make(environment: Document, name: str, properties: Document) -> Document:
    return {"id": _id(environment, name), "name": name, "type": KIND, "properties": properties}
