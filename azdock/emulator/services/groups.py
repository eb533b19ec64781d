"""Subscriptions, regions, provider records, resource groups and the list of resources.

Source: learn.microsoft.com/rest/api/resources
"""

from __future__ import annotations

import asyncio
import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from azdock.emulator import arm, errors, operations, shares
from azdock.emulator.app import route
from azdock.emulator.services import apps
from azdock.emulator.world import LOCATION, SUBSCRIPTION, TENANT, World

Document = dict[str, Any]
S = "/subscriptions/{sub}"
GROUP = S + "/resourcegroups/{group}"
NAME = re.compile(r"^[-\w.()]{0,89}[-\w()]$")
BY_GROUP = re.compile(r"^\s*resourceGroup\s+eq\s+'([^']+)'\s*$", re.I)
PROVIDERS = {
    "Microsoft.App": ("managedEnvironments", "containerApps", "jobs", "managedEnvironments/storages"),
    "Microsoft.OperationalInsights": ("workspaces",),
    "Microsoft.Resources": ("resourceGroups", "subscriptions"),
    "Microsoft.Storage": ("storageAccounts", "storageAccounts/fileServices", "storageAccounts/fileServices/shares"),
}
UNLISTED = {arm.GROUPS, "Microsoft.Authorization/roleAssignments"}
DEPTH = 8  # slashes in the id of a resource that is inside a group only
# of the provider's record: azure-cli, test_containerapp_env_storage.yaml
DEFAULT_VERSION = "2023-05-01"
CAPABILITIES = (
    "CrossResourceGroupResourceMove, CrossSubscriptionResourceMove, SystemAssignedResourceIdentity, SupportsTags, "
    "SupportsLocation"
)
AUTHORIZED = {
    "7e3bc4fd-85a3-4192-b177-5b8bfc87f42c": "39a74f72-b40f-4bdc-b639-562fe2260bf0",
    "3734c1a4-2bed-4998-a37a-ff1a9e7bf019": "5c779a4f-5cb2-4547-8c41-478d9be8ba90",
}


def routes(world: World) -> list[BaseRoute]:
    """Everything of the resource manager itself."""

    async def listed(request: Request) -> Response:
        found = world.store.under(f"/subscriptions/{SUBSCRIPTION}", arm.GROUPS)
        return arm.page(world, request, found, group_view)

    async def shown(request: Request) -> Response:
        return arm.answer(group_view(_group(world, request)))

    async def exists(request: Request) -> Response:
        return Response(status_code=404 if world.store.get(arm.group_id(request.path_params["group"])) is None else 204)

    async def put(request: Request) -> Response:
        given, name = await arm.body(request), request.path_params["group"]
        if not NAME.match(name):
            raise errors.bad_content(f"'{name}' is no name for a resource group.")
        old = world.store.get(arm.group_id(name))
        document = make_group(old["name"] if old else name, arm.region(given.get("location"), arm.GROUPS))
        document["tags"] = arm.without_nulls(given.get("tags") or {})
        world.store.put(document)
        return arm.answer(group_view(document), 200 if old else 201)

    async def patch(request: Request) -> Response:
        given, document = await arm.body(request), _group(world, request)
        if "tags" in given:
            document["tags"] = arm.without_nulls(given["tags"] or {})
            world.store.changed()
        return arm.answer(group_view(document))

    async def delete(request: Request) -> Response:
        document = _group(world, request)
        document["state"] = "Deleting"

        def finish(error: dict[str, str] | None) -> None:
            if error is not None:
                document["state"] = "Succeeded"
                return
            for one in [*world.store.under(document["id"]), document]:
                if one["type"] == apps.KIND:
                    apps.remove(world, one)
                for run in [world.runs[name] for name in world.store.runs(one["id"]) if name in world.runs]:
                    run.stop()
                if one["type"] == shares.ACCOUNTS:
                    shares.drop_account(world, one)
                world.store.delete(one["id"])

        operation = operations.begin(
            world, "containerApp", world.behaviour.provisioning, finish, result=lambda _request: {}
        )
        await asyncio.sleep(0)
        return Response(
            status_code=202, headers=operations.result_header(world, request, operation, document["location"])
        )

    async def resources(request: Request) -> Response:
        scope = f"/subscriptions/{SUBSCRIPTION}"
        if "group" in request.path_params:
            scope = arm.place(world, request).prefix
        elif given := request.query_params.get("$filter"):
            match = BY_GROUP.match(given)
            if match is None:
                raise errors.bad_content(f"the filter {given!r} is not served; resourceGroup eq 'NAME' is.")
            scope = arm.group_id(match[1])
        # what is inside another resource (a share, a storage of an environment) is not listed
        found = [one for one in world.store.under(scope) if _is_listed(one)]
        return arm.page(world, request, found, resource_view)

    return [
        route("/subscriptions", _subscriptions, ["GET"]),
        route("/tenants", _tenants, ["GET"]),
        route(S, _subscription, ["GET"]),
        route(S + "/locations", _locations, ["GET"]),
        route(S + "/providers", _providers, ["GET"]),
        route(S + "/providers/{namespace}", _provider, ["GET"]),
        route(S + "/providers/{namespace}/register", _provider, ["POST"]),
        route(S + "/resources", resources, ["GET"]),
        route(S + "/resourcegroups", listed, ["GET"]),
        route(GROUP, exists, ["HEAD"]),
        route(GROUP, shown, ["GET"]),
        route(GROUP, put, ["PUT"]),
        route(GROUP, patch, ["PATCH"]),
        route(GROUP, delete, ["DELETE"]),
        route(GROUP + "/resources", resources, ["GET"]),
    ]


def _is_listed(document: Document) -> bool:
    """Whether something is a resource of its own in the list."""
    return document["type"] not in UNLISTED and document["type"].count("/") == 1


def make_group(name: str, location: str) -> Document:
    """A resource group to store."""
    return {"id": arm.group_id(name), "name": name, "type": arm.GROUPS, "location": location, "tags": {}}


def group_view(document: Document) -> Document:
    """A resource group as Azure shows it: the region in its short form."""
    shown = {key: document[key] for key in ("id", "name", "type", "location")}
    shown["tags"] = document.get("tags") or {}
    shown["properties"] = {"provisioningState": document.get("state", "Succeeded")}
    return shown


def resource_view(document: Document) -> Document:
    """A line of the list of resources."""
    shown = {key: document[key] for key in ("id", "name", "type", "location")}
    return {**shown, "tags": document["tags"]} if document.get("tags") else shown


def _group(world: World, request: Request) -> Document:
    document = world.store.get(arm.group_id(request.path_params["group"]))
    if document is None:
        raise errors.no_group(request.path_params["group"])
    return document


def _subscription_view() -> Document:
    return {
        "id": f"/subscriptions/{SUBSCRIPTION}",
        "subscriptionId": SUBSCRIPTION,
        "tenantId": TENANT,
        "displayName": "azdock",
        "state": "Enabled",
        "subscriptionPolicies": {"quotaId": "Internal_2014-09-01", "spendingLimit": "Off"},
    }


async def _subscriptions(_request: Request) -> Response:
    return arm.answer({"value": [_subscription_view()]})


async def _tenants(_request: Request) -> Response:
    return arm.answer({"value": [{"id": f"/tenants/{TENANT}", "tenantId": TENANT, "displayName": "azdock"}]})


async def _subscription(_request: Request) -> Response:
    return arm.answer(_subscription_view())


async def _locations(_request: Request) -> Response:
    scope = f"/subscriptions/{SUBSCRIPTION}/locations"
    return arm.answer(
        {
            "value": [
                {"id": f"{scope}/{short}", "name": short, "displayName": long, "regionalDisplayName": long,
                 "type": "Region", "metadata": {"regionType": "Physical"}}
                for short, long in arm.REGIONS.items()
            ]
        }
    )  # fmt: skip


def _record(namespace: str) -> Document:
    types = [
        {
            "resourceType": kind,
            "locations": [arm.REGIONS[LOCATION], *(long for short, long in arm.REGIONS.items() if short != LOCATION)],
            "apiVersions": list(reversed(arm.APP_VERSIONS)),
            "defaultApiVersion": DEFAULT_VERSION,
            "capabilities": CAPABILITIES,
        }
        for kind in PROVIDERS[namespace]
    ]
    return {
        "id": f"/subscriptions/{SUBSCRIPTION}/providers/{namespace}",
        "namespace": namespace,
        "authorizations": [
            {"applicationId": application, "roleDefinitionId": role} for application, role in AUTHORIZED.items()
        ],
        "registrationState": "Registered",
        "registrationPolicy": "RegistrationRequired",
        "resourceTypes": types,
    }


async def _providers(_request: Request) -> Response:
    return arm.answer({"value": [_record(namespace) for namespace in PROVIDERS]})


async def _provider(request: Request) -> Response:
    asked = request.path_params["namespace"]
    namespace = next((name for name in PROVIDERS if name.lower() == asked.lower()), None)
    if namespace is None:
        raise errors.ArmError(404, "InvalidResourceNamespace", f"The resource namespace '{asked}' is invalid.")
    return arm.answer(_record(namespace))
