"""Storages of an environment, which volumes name, and what an environment uses of its quota.

Source: azure-rest-api-specs, Microsoft.App ManagedEnvironmentStorage.tsp (2026-07-01); azure-cli,
test_containerapp_env_storage.yaml
"""

from __future__ import annotations

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from azdock.emulator import apperrors, apprunner, appview, arm, errors, shares, volumebody
from azdock.emulator.app import route
from azdock.emulator.services import environments, jobs
from azdock.emulator.world import SUBSCRIPTION, World

Document = dict[str, Any]
STORAGES = environments.ONE + "/storages"
STORAGE = STORAGES + "/{storage}"
TYPE = "Microsoft.App/managedenvironments/storages"  # as recorded; the stored type is spelled like all others
NAME = re.compile(r"^(?=.{1,32}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
MODES = {"readonly": "ReadOnly", "readwrite": "ReadWrite"}
# learn.microsoft.com/azure/container-apps/quotas: cores that an environment may use unless more is asked for
CORES = 100


def routes(world: World) -> list[BaseRoute]:
    """Storages and usages."""

    async def listed(request: Request) -> Response:
        environment = environments.find(world, request)
        found = world.store.under(environment["id"], shares.STORAGES)
        return arm.page(world, request, found, _view)

    async def get(request: Request) -> Response:
        return arm.answer(_view(_find(world, request)))

    async def put(request: Request) -> Response:
        environment, name = environments.find(world, request), request.path_params["storage"]
        given = arm.without_nulls((await arm.body(request)).get("properties") or {})
        return arm.answer(_view(_store(world, environment, name, given)))

    async def delete(request: Request) -> Response:
        environment, name = environments.find(world, request), request.path_params["storage"]
        document = world.store.get(f"{environment['id']}/storages/{name}")
        if document is None:
            return Response(status_code=204)
        if _mounted(world, environment, document["name"]):
            raise apperrors.storage_in_use(document["name"])
        world.store.delete(document["id"])
        return Response(status_code=200)

    async def usages(request: Request) -> Response:
        environment = environments.find(world, request)
        return arm.answer({"value": [_usage("ManagedEnvironmentConsumptionCores", cores_used(world, environment))]})

    return [
        route(STORAGES, listed, ["GET"]),
        route(STORAGE, get, ["GET"]),
        route(STORAGE, put, ["PUT"]),
        route(STORAGE, delete, ["DELETE"]),
        route(environments.ONE + "/usages", usages, ["GET"]),
    ]


def _find(world: World, request: Request) -> Document:
    environment, name = environments.find(world, request), request.path_params["storage"]
    document = world.store.get(f"{environment['id']}/storages/{name}")
    if document is None:
        raise apperrors.no_storage(name)
    return document


def _view(document: Document) -> Document:
    return {"id": document["id"], "name": document["name"], "type": TYPE, "properties": document["properties"]}


def _store(world: World, environment: Document, name: str, given: Document) -> Document:
    if not NAME.match(name):
        raise apperrors.bad_storage_name(name)
    old = world.store.get(f"{environment['id']}/storages/{name}")
    kinds = [kind for kind in ("azureFile", "nfsAzureFile") if isinstance(given.get(kind), dict)]
    if len(kinds) != 1:
        raise errors.bad_content("'properties' must have exactly one of azureFile and nfsAzureFile.")
    if old and kinds[0] not in old["properties"]:
        raise apperrors.storage_type_fixed(name)
    old_key = (old or {}).get("key", "")
    properties, key = _smb(given["azureFile"], old_key) if kinds[0] == "azureFile" else (_nfs(given[kinds[0]]), "")
    document = {
        "id": old["id"] if old else f"{environment['id']}/storages/{name}",
        "name": old["name"] if old else name,
        "type": shares.STORAGES,
        "location": environment["location"],
        "properties": properties,
        "key": key,
    }
    world.store.put(document)
    return document


def _smb(given: Document, old_key: str) -> tuple[Document, str]:
    """What is shown of a share reached by SMB, and its key, which is not. A change may leave the key out."""
    stored = {"accountName": _word(given, "accountName"), "shareName": _word(given, "shareName")}
    stored["accessMode"] = _mode(given)
    vault = given.get("accountKeyVaultProperties")
    if vault:
        stored["accountKeyVaultProperties"] = vault
    key = given.get("accountKey") or ("" if vault else old_key)
    if not key and not vault:
        raise errors.bad_content("'azureFile.accountKey' is required.")
    return {"azureFile": stored}, str(key)


def _nfs(given: Document) -> Document:
    stored = {"server": _word(given, "server"), "shareName": _word(given, "shareName"), "accessMode": _mode(given)}
    if not stored["shareName"].startswith("/"):
        raise errors.bad_content("'nfsAzureFile.shareName' must begin with '/' and the account's name.")
    return {"nfsAzureFile": stored}


def _word(given: Document, key: str) -> str:
    found = given.get(key)
    if not found or not isinstance(found, str):
        raise errors.bad_content(f"'{key}' is required.")
    return found


def _mode(given: Document) -> str:
    mode = MODES.get(str(given.get("accessMode") or "readonly").lower())
    if mode is None:
        raise errors.bad_content("'accessMode' must be ReadOnly or ReadWrite.")
    return mode


def _owners(world: World, environment: Document) -> list[Document]:
    """The apps and jobs of an environment."""
    return [
        one
        for kind in (appview.APPS, jobs.KIND)
        for one in world.store.under(f"/subscriptions/{SUBSCRIPTION}", kind)
        if one["properties"]["environmentId"].lower() == environment["id"].lower()
    ]


def _mounted(world: World, environment: Document, name: str) -> bool:
    """Whether a job, an app, or a revision that the app still keeps names the storage."""
    return any(
        volume["storageType"] in volumebody.NAMED and str(volume["storageName"]).lower() == name.lower()
        for owner in _owners(world, environment)
        for holder in (owner["properties"], *owner.get("revisions", {}).values())
        for volume in holder["template"].get("volumes", [])
    )


def cores_used(world: World, environment: Document) -> float:
    """Cores that the running replicas of an environment have asked for."""
    total = 0.0
    for owner in _owners(world, environment):
        for name, found in owner.get("revisions", {}).items():
            replicas = len(apprunner.of(world, owner).facts(name).replicas) if found["active"] else 0
            total += replicas * _cores(found["template"])
        for run in world.store.runs(owner["id"]).values() if owner["type"] == jobs.KIND else ():
            alive = sum(not one["ended"] for one in run["replicas"])
            total += alive * _cores(run["template"])
    return total


def _cores(template: Document) -> float:
    return float(sum(one["resources"]["cpu"] for one in template["containers"]))


def _usage(name: str, value: float) -> Document:
    """Recorded answers have `usage` and no unit, the specification has `unit`: clients of both read this."""
    words = re.sub(r"(?<!^)(?=[A-Z])", " ", name)
    shown = {"unit": "Count", "currentValue": value, "usage": value, "limit": CORES}
    return {**shown, "name": {"value": name, "localizedValue": words}}
