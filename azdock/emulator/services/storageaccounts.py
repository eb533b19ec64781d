"""Storage accounts: names, create, change, delete, list, keys.

Source: azure-rest-api-specs, Microsoft.Storage (2026-09-01), StorageAccounts; learn.microsoft.com/rest/api/storagerp
"""

from __future__ import annotations

import base64
import re
import secrets
from hmac import compare_digest
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from azdock import wire
from azdock.emulator import arm, errors, operations, shares, storageview
from azdock.emulator.app import route
from azdock.emulator.services import jobs
from azdock.emulator.world import SUBSCRIPTION, World

Document = dict[str, Any]
KIND = shares.ACCOUNTS
SUB = "/subscriptions/{sub}/providers/Microsoft.Storage"
IN_GROUP = "/subscriptions/{sub}/resourceGroups/{group}/providers/Microsoft.Storage/storageAccounts"
ONE = IN_GROUP + "/{account}"
RESULT = SUB + "/locations/{location}/asyncoperations/{operation}"
NAME = re.compile(r"[a-z0-9]{3,24}\Z")
KEY_NAMES = ("key1", "key2")
KINDS = ("StorageV2", "FileStorage")
SKUS = {
    "StorageV2": ("Standard_LRS", "Standard_ZRS", "Standard_GRS", "Standard_RAGRS", "Standard_GZRS", "Standard_RAGZRS"),
    "FileStorage": (
        "Premium_LRS", "Premium_ZRS", "PremiumV2_LRS", "PremiumV2_ZRS", "StandardV2_LRS", "StandardV2_ZRS",
        "StandardV2_GRS", "StandardV2_GZRS",
    ),
}  # fmt: skip
SETTABLE = (
    "accessTier", "supportsHttpsTrafficOnly", "minimumTlsVersion", "allowBlobPublicAccess", "allowSharedKeyAccess",
    "largeFileSharesState", "publicNetworkAccess", "networkAcls", "defaultToOAuthAuthentication", "dnsEndpointType",
    "allowCrossTenantReplication",
)  # fmt: skip


def routes(world: World) -> list[BaseRoute]:
    """The account resource, its keys, and where an account's creation is asked for."""

    async def available(request: Request) -> Response:
        return arm.answer(_available(world, str((await arm.body(request)).get("name") or "")))

    async def in_group(request: Request) -> Response:
        found = world.store.under(arm.place(world, request).prefix, KIND)
        return arm.page(world, request, found, storageview.account)

    async def in_subscription(request: Request) -> Response:
        found = world.store.under(f"/subscriptions/{SUBSCRIPTION}", KIND)
        return arm.page(world, request, found, storageview.account)

    async def get(request: Request) -> Response:
        return arm.answer(storageview.account(find(world, request)))

    async def put(request: Request) -> Response:
        return await _put(world, request)

    async def patch(request: Request) -> Response:
        return await _patch(world, request)

    async def delete(request: Request) -> Response:
        return _delete(world, request)

    async def keys(request: Request) -> Response:
        return arm.answer({"keys": find(world, request)["keys"]})

    async def regenerate(request: Request) -> Response:
        return await _regenerate(world, request)

    async def result(request: Request) -> Response:
        return _result(world, request)

    return [
        route(SUB + "/checkNameAvailability", available, ["POST"]),
        route(SUB + "/storageAccounts", in_subscription, ["GET"]),
        route(RESULT, result, ["GET"]),
        route(IN_GROUP, in_group, ["GET"]),
        route(ONE, get, ["GET"]),
        route(ONE, put, ["PUT"]),
        route(ONE, patch, ["PATCH"]),
        route(ONE, delete, ["DELETE"]),
        route(ONE + "/listKeys", keys, ["POST"]),
        route(ONE + "/regenerateKey", regenerate, ["POST"]),
    ]


def find(world: World, request: Request) -> Document:
    """The account of the path. Raises ArmError (404)."""
    place, name = arm.place(world, request), request.path_params["account"]
    document = world.store.get(place.id(KIND, name))
    if document is None:
        raise errors.no_resource(KIND, name, place.group)
    return document


def ready(world: World, request: Request) -> Document:
    """The account of the path once it has been made. Raises ArmError (404, or 409 while it is being made)."""
    document = find(world, request)
    if document["state"] != "Succeeded":
        raise errors.ArmError(
            409,
            "StorageAccountIsNotProvisioned",
            f"The storage account provisioning state must be 'Succeeded' before executing the operation. "
            f"Current state: {document['state']}.",
        )
    return document


def _available(world: World, name: str) -> Document:
    if not NAME.match(name):
        return {"nameAvailable": False, "reason": "AccountNameInvalid", "message": _bad_name(name)}
    if shares.account(world, name) is not None:
        return {"nameAvailable": False, "reason": "AlreadyExists", "message": _taken(name)}
    return {"nameAvailable": True}


async def _put(world: World, request: Request) -> Response:
    given, place, name = await arm.body(request), arm.place(world, request), request.path_params["account"]
    if not NAME.match(name):
        raise errors.ArmError(400, "AccountNameInvalid", _bad_name(name))
    old = shares.account(world, name)
    if old is not None and old["id"].lower() != place.id(KIND, name).lower():
        raise errors.ArmError(409, "StorageAccountAlreadyTaken", _taken(name))
    kind, sku = _kind_and_sku(given)
    location = arm.region(given.get("location"), KIND, place.location)
    if old is not None and old["state"] != "Succeeded":
        raise errors.ArmError(
            409,
            "StorageAccountOperationInProgress",
            "An operation is currently performing on this storage account that requires exclusive access.",
        )
    if old is not None:
        return _replace(world, old, given, (kind, sku, location))
    now = world.clock.now_ns()
    document = {
        "id": place.id(KIND, name), "name": name, "type": KIND, "location": location,
        "tags": jobs.tags(given.get("tags")), "kind": kind, "sku": sku,
        "properties": _properties(given), "created": now, "state": "ResolvingDNS",
        "keys": [storageview.key(one, _secret(), now) for one in KEY_NAMES],
    }  # fmt: skip
    world.store.put(document)

    def finish(error: dict[str, str] | None) -> None:
        if error is not None:
            world.store.delete(document["id"])
        document["state"] = "Succeeded"
        world.store.changed()

    operation = operations.begin(
        world, "storage", world.behaviour.provisioning, finish, lambda _request: storageview.account(document)
    )
    return Response(status_code=202, headers=_location(world, request, operation, location))


def _replace(world: World, old: Document, given: Document, wanted: tuple[str, str, str]) -> Response:
    kind, sku, location = wanted
    if location != old["location"]:
        raise errors.ArmError(
            409,
            "InvalidResourceLocation",
            f"The resource '{old['name']}' already exists in location '{old['location']}' in resource group "
            f"'{old['id'].split('/')[4]}'. A resource with the same name cannot be created in location '{location}'. "
            "Please select a new resource name.",
        )
    if kind != old["kind"]:
        raise _not_updatable("kind")
    old |= {"tags": jobs.tags(given.get("tags")), "sku": sku, "properties": _properties(given)}
    world.store.changed()
    return arm.answer(storageview.account(old))


async def _patch(world: World, request: Request) -> Response:
    given, document = await arm.body(request), ready(world, request)
    if "location" in given:
        raise _not_updatable("location")
    if "sku" in given or "kind" in given:
        kind, sku = _kind_and_sku({"kind": document["kind"], "sku": {"name": document["sku"]}} | given)
        if kind != document["kind"]:
            raise _not_updatable("kind")
        document["sku"] = sku
    if "tags" in given:
        document["tags"] = jobs.tags(given["tags"])
    document["properties"] = arm.merged(document["properties"], _properties(given))
    world.store.changed()
    return arm.answer(storageview.account(document))


def _delete(world: World, request: Request) -> Response:
    place, name = arm.place(world, request), request.path_params["account"]
    document = world.store.get(place.id(KIND, name))
    if document is None:
        return Response(status_code=204)
    shares.drop_account(world, document)
    return Response(status_code=200)


async def _regenerate(world: World, request: Request) -> Response:
    given, document = await arm.body(request), find(world, request)
    name = str(given.get("keyName") or "").lower()
    if name not in KEY_NAMES:
        raise errors.bad_content(f"'keyName' must be one of {', '.join(KEY_NAMES)}.")
    fresh = storageview.key(name, _secret(), world.clock.now_ns())
    document["keys"] = [fresh if one["keyName"] == name else one for one in document["keys"]]
    world.store.changed()
    return arm.answer({"keys": document["keys"]})


def _location(world: World, request: Request, operation: operations.Operation, location: str) -> dict[str, str]:
    path = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Storage/locations/{location}/asyncoperations"
    query = f"monitor=true&api-version={arm.api_version(request)}&s={operations.signature(world, operation)}"
    return {wire.LOCATION: f"{arm.base(request)}{path}/{operation.name}?{query}", **operations.SOON}


def _result(world: World, request: Request) -> Response:
    operation = world.operations.get(request.path_params["operation"].lower())
    sealed = request.query_params.get("s", "")
    if operation is None or not compare_digest(sealed, operations.signature(world, operation)):
        raise errors.ArmError(404, "OperationNotFound", "The operation was not found, or its URL was changed.")
    if operation.status == "InProgress":
        headers = _location(world, request, operation, request.path_params["location"])
        return Response(status_code=202, headers=headers)
    if operation.error:
        raise errors.ArmError(409, operation.error["code"], operation.error["message"])
    return arm.answer(operation.result(request))


def _kind_and_sku(given: Document) -> tuple[str, str]:
    kind, sku = given.get("kind"), (given.get("sku") or {}).get("name")
    if kind not in KINDS:
        raise errors.bad_content(f"'kind' must be one of {', '.join(KINDS)}.")
    known = {one.lower(): one for one in SKUS[kind]}
    if str(sku).lower() not in known:
        raise errors.ArmError(
            400, "InvalidAccountType", f"The AccountType {sku} is invalid for accounts of kind {kind}."
        )
    return kind, known[str(sku).lower()]


def _properties(given: Document) -> Document:
    return {key: value for key, value in (given.get("properties") or {}).items() if key in SETTABLE}


def _secret() -> str:
    """512 random bits in base 64, as an account's key."""
    return base64.b64encode(secrets.token_bytes(64)).decode()


def _not_updatable(name: str) -> errors.ArmError:
    return errors.ArmError(
        400,
        "AccountPropertyCannotBeUpdated",
        f"The property '{name}' was specified in the input, but it cannot be updated as it is read-only.",
    )


def _bad_name(name: str) -> str:
    return (
        f"{name} is not a valid storage account name. Storage account name must be between 3 and 24 characters in "
        "length and use numbers and lower-case letters only."
    )


def _taken(name: str) -> str:
    return f"The storage account named {name} is already taken."
