"""Diagnostic settings of a managed environment, and where its logs go.

Sources: learn.microsoft.com/rest/api/monitor/diagnostic-settings; learn.microsoft.com/azure/container-apps/log-options
"""

from __future__ import annotations

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
SETTINGS = environments.ONE + "/providers/Microsoft.Insights/diagnosticSettings"
DESTINATIONS = ("log-analytics", "azure-monitor", "none")
CATEGORIES = ("ContainerAppConsoleLogs", "ContainerAppSystemLogs")
NO_RETENTION = {"enabled": False, "days": 0}
LIMIT = 5  # learn.microsoft.com/azure/azure-monitor/platform/diagnostic-settings: settings of one resource


def routes(world: World) -> list[BaseRoute]:
    """PUT, GET, DELETE and list."""

    async def listed(request: Request) -> Response:
        environment = environments.find(world, request)
        return arm.answer({"value": [view(one, environment) for one in _of(world, environment)]})

    async def get(request: Request) -> Response:
        environment, name = environments.find(world, request), request.path_params["setting"]
        found = world.store.get(_id(environment, name))
        if found is None:
            raise errors.no_resource(KIND, name, request.path_params["group"])
        return arm.answer(view(found, environment))

    async def put(request: Request) -> Response:
        environment, name = environments.find(world, request), request.path_params["setting"]
        given = arm.without_nulls((await arm.body(request)).get("properties") or {})
        if not any(given.get(key) for key in ("workspaceId", "storageAccountId", "eventHubAuthorizationRuleId")):
            raise errors.bad_content("a diagnostic setting needs a destination.")
        others = [one for one in _of(world, environment) if one["name"].lower() != name.lower()]
        if len(others) >= LIMIT:
            raise errors.ArmError(400, "BadRequest", f"A resource can have at most {LIMIT} diagnostic settings.")
        made = _make(environment, name, given)
        world.store.put(made)
        return arm.answer(view(made))

    async def delete(request: Request) -> Response:
        wanted = _id(environments.find(world, request), request.path_params["setting"])
        known = world.store.get(wanted) is not None
        world.store.delete(wanted)
        return Response(status_code=200 if known else 204)

    return [
        route(SETTINGS, listed, ["GET"]),
        route(SETTINGS + "/{setting}", get, ["GET"]),
        route(SETTINGS + "/{setting}", put, ["PUT"]),
        route(SETTINGS + "/{setting}", delete, ["DELETE"]),
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
    return list(world.store.under(environment["id"], KIND))


def _id(environment: Document, name: str) -> str:
    return f"{environment['id']}/providers/{KIND}/{name}"


def _make(environment: Document, name: str, properties: Document) -> Document:
    return {"id": _id(environment, name), "name": name, "type": KIND, "properties": properties}
