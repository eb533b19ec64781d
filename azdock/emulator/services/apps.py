"""Container apps: create, change, delete, list, secrets, token, start and stop.

Source: azure-rest-api-specs, Microsoft.App ContainerApp.tsp and its examples (2026-07-01)
"""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from azdock.emulator import appbody, apperrors, apprunner, appview, arm, errors, jobbody, operations, revisions
from azdock.emulator.app import route
from azdock.emulator.services import jobs
from azdock.emulator.world import SUBSCRIPTION, World

Document = dict[str, Any]
KIND = appview.APPS
IN_GROUP = "/subscriptions/{sub}/resourceGroups/{group}/providers/Microsoft.App/containerApps"
APP = IN_GROUP + "/{app}"
OPERATION = "containerapp"
FAILED = "ContainerAppOperationError"
_leaving: set[asyncio.Task[None]] = set()  # deleted apps whose processes are still ending


def routes(world: World) -> list[BaseRoute]:
    """The app resource itself."""

    async def in_group(request: Request) -> Response:
        found = world.store.under(arm.place(world, request).prefix, KIND)
        return arm.page(world, request, found, lambda one: appview.app(world, one, request))

    async def in_subscription(request: Request) -> Response:
        found = world.store.under(f"/subscriptions/{SUBSCRIPTION}", KIND)
        return arm.page(world, request, found, lambda one: appview.app(world, one, request))

    async def get(request: Request) -> Response:
        return arm.answer(appview.app(world, find(world, request), request))

    async def put(request: Request) -> Response:
        return await _put(world, request)

    async def patch(request: Request) -> Response:
        return await _patch(world, request)

    async def delete(request: Request) -> Response:
        return _delete(world, request)

    async def secrets(request: Request) -> Response:
        found = find(world, request)["properties"]["configuration"].get("secrets", [])
        return arm.answer({"value": found})

    async def token(request: Request) -> Response:
        document = find(world, request)
        claims = {
            "capp_sub": SUBSCRIPTION,
            "capp_rg": document["id"].split("/")[4],
            "capp_name": document["name"],
            "aud": arm.base(request),
        }
        value, expires = world.auth.data_token(claims)
        return arm.answer(appview.token(document, value, expires, arm.api_version(request)))

    async def start(request: Request) -> Response:
        return _switch(world, request, stopped=False)

    async def stop(request: Request) -> Response:
        return _switch(world, request, stopped=True)

    return [
        route("/subscriptions/{sub}/providers/Microsoft.App/containerApps", in_subscription, ["GET"]),
        route(IN_GROUP, in_group, ["GET"]),
        route(APP, get, ["GET"]),
        route(APP, put, ["PUT"]),
        route(APP, patch, ["PATCH"]),
        route(APP, delete, ["DELETE"]),
        route(APP + "/listSecrets", secrets, ["POST"]),
        route(APP + "/getAuthToken", token, ["POST"]),
        route(APP + "/start", start, ["POST"]),
        route(APP + "/stop", stop, ["POST"]),
    ]


def find(world: World, request: Request) -> Document:
    """The app of the path. Raises ArmError (404)."""
    place, name = arm.place(world, request), request.path_params["app"]
    document = world.store.get(place.id(KIND, name))
    if document is None:
        raise errors.no_resource(KIND, name, place.group)
    return document


def in_environment(world: World, environment_id: str) -> list[Document]:
    """The apps that run in an environment."""
    return [
        one
        for one in world.store.under(f"/subscriptions/{SUBSCRIPTION}", KIND)
        if one["properties"]["environmentId"].lower() == environment_id.lower()
    ]


def remove(world: World, document: Document) -> None:
    """Forget an app; its processes end in the background, with their grace period."""
    runner = apprunner.of(world, document)
    world.store.delete(document["id"])
    task = asyncio.get_running_loop().create_task(runner.ended())
    _leaving.add(task)
    task.add_done_callback(_leaving.discard)


async def _put(world: World, request: Request) -> Response:
    given, place, name = await arm.body(request), arm.place(world, request), request.path_params["app"]
    jobbody.check_name(name)
    old = world.store.get(place.id(KIND, name))
    jobs.check_free(old)
    location = arm.region(given.get("location"), KIND, place.location)
    new = _new(place.id(KIND, name), name, str(given.get("kind") or ""))
    properties = await _checked(world, given.get("properties") or {}, old or new, location)
    jobs.check_free(old := world.store.get(place.id(KIND, name)))  # somebody may have come while the image was fetched
    document = old or new
    document |= {
        "location": location,
        "tags": jobs.tags(given.get("tags")),
        "identity": jobbody.identity(given.get("identity")),
        "traffic_given": _traffic_given(given),
    }
    if old is None:
        world.store.put(document)
    operation = _change(world, document, properties, old)
    shown = appview.app(world, {**document, "state": "InProgress"}, request, fresh=True)
    return arm.answer(shown, 201, operations.status_header(world, request, operation, document["location"]))


def _new(app_id: str, name: str, kind: str) -> Document:
    return {
        "id": app_id,
        "name": name,
        "type": KIND,
        "kind": kind,
        "stopped": False,
        "latest": "",
        "latest_ready": "",
        "revisions": {},
        "counter": 0,
    }


def _traffic_given(given: Document) -> bool:
    configuration = (given.get("properties") or {}).get("configuration") or {}
    return bool((configuration.get("ingress") or {}).get("traffic"))


async def _patch(world: World, request: Request) -> Response:
    given, document = await arm.body(request), find(world, request)
    jobs.check_free(document)
    properties = document["properties"]
    if given.get("properties"):
        merged = arm.merged(properties, given["properties"])
        properties = await _checked(world, merged, document, document["location"])
        jobs.check_free(document)
    changed = {}
    if "tags" in given:
        changed["tags"] = jobs.tags(arm.merged(document["tags"], given["tags"]))
    if given.get("identity"):
        changed["identity"] = jobbody.identity(given["identity"])
    document |= changed
    operation = _change(world, document, properties, document)
    headers = operations.result_header(world, request, operation, document["location"])
    if arm.api_version(request) >= appview.SHORT_ANSWERS:  # recorded with 2024-03-01, and not in 2023
        headers |= operations.status_header(world, request, operation, document["location"])
    return Response(status_code=202, headers=headers)


def _change(world: World, document: Document, properties: Document, old: Document | None) -> operations.Operation:
    """Store what was asked for, with a new revision if the template has changed, and let it happen."""
    before = dict(document)
    document |= {"properties": properties, "system": jobs.system(world, old), "state": "InProgress"}
    error = None
    try:
        revisions.follow(document, world.clock.now_ns())
    except revisions.SuffixTaken as taken:
        error = _suffix_taken(document["name"], taken.suffix)
        document["properties"] = before["properties"]
    world.store.changed()
    operation = _provision(world, document, error)
    if document["state"] != "Failed":
        apprunner.of(world, document).sync()
    return operation


def _suffix_taken(app: str, suffix: str) -> dict[str, str]:
    field = errors.bad_template(
        [("template.revisionsuffix", f'Invalid value: "{suffix}": revision with suffix {suffix} already exists.')]
    )
    text = f"Failed to provision revision for container app '{app}'. Error details: {field.message}"
    return {"code": FAILED, "message": text}


def _provision(world: World, document: Document, error: dict[str, str] | None = None) -> operations.Operation:
    def finish(failure: dict[str, str] | None) -> None:
        if document["state"] == "InProgress":  # a deletion may have come meanwhile: Azure accepts one
            document["state"] = "Failed" if failure else "Succeeded"
            world.store.changed()

    def result(request: Request) -> Document:
        return appview.app(world, document, request)

    return operations.begin(world, OPERATION, world.behaviour.provisioning, finish, result, error)


def _delete(world: World, request: Request) -> Response:
    place, name = arm.place(world, request), request.path_params["app"]
    document = world.store.get(place.id(KIND, name))
    if document is None:
        return Response(status_code=204)
    if document["state"] == "Deleting":
        raise errors.busy(document["name"])
    before, document["state"] = document["state"], "Deleting"

    def finish(error: dict[str, str] | None) -> None:
        if error is None:
            remove(world, document)
        else:
            document["state"] = "Succeeded" if before == "InProgress" else before

    operation = operations.begin(world, OPERATION, world.behaviour.provisioning, finish)
    headers = operations.result_header(world, request, operation, document["location"])
    return Response(status_code=202, headers=headers)


def _switch(world: World, request: Request, stopped: bool) -> Response:
    """Start or stop all that runs; one that is so already is no error."""
    document = find(world, request)
    jobs.check_free(document)
    document |= {"stopped": stopped, "state": "InProgress"}
    world.store.changed()
    apprunner.of(world, document).sync()
    operation = _provision(world, document)
    headers = operations.result_header(world, request, operation, document["location"])
    return Response(status_code=202, headers=headers)


async def _checked(world: World, given: Document, owner: Document, location: str) -> Document:
    """Properties to store, compared with the environment, and their images looked up as Azure does on every write."""
    properties = appbody.properties(given, owner["name"], jobs.steps(world, given))
    jobs.check_environment(world, {"properties": properties, "location": location})
    jobs.check_storages(world, properties)
    _check_ports(world, properties, owner["id"])
    ingress = properties["configuration"].get("ingress") or {}
    named = {one["revisionName"] for one in ingress.get("traffic", []) if "revisionName" in one}
    if missing := sorted(named - set(owner["revisions"])):
        raise apperrors.bad_traffic(f"revision '{missing[0]}' was not found.")
    await jobs.check_images(world, properties, properties["template"])
    return properties


def _check_ports(world: World, properties: Document, app_id: str) -> None:
    """External TCP needs a network, and an exposed port belongs to one app of an environment."""
    mine = _exposed(properties)
    environment = jobs.environment_of(world, properties)
    assert environment is not None  # check_environment found it
    network = (environment["properties"].get("vnetConfiguration") or {}).get("infrastructureSubnetId")
    if any(external for external, _ in mine) and not network:
        raise apperrors.tcp_without_network()
    others = in_environment(world, properties["environmentId"])
    taken = {port for one in others if one["id"].lower() != app_id.lower() for _, port in _exposed(one["properties"])}
    for _, port in mine:
        if port in taken:
            raise apperrors.port_taken(port)


def _exposed(properties: Document) -> list[tuple[bool, int]]:
    """Whether external, and number, of every TCP port that an app exposes."""
    ingress = properties["configuration"].get("ingress") or {}
    mapped = [*ingress.get("additionalPortMappings", []), *([ingress] if ingress.get("exposedPort") else [])]
    return [(one["external"], one["exposedPort"]) for one in mapped]
