"""Container Apps Jobs: create, change, delete, list, secrets, suspend.

Source: azure-rest-api-specs, Microsoft.App Job.tsp and its examples (2026-07-01)
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from azdock.emulator import apperrors, arm, errors, jobbody, jobview, operations, volumebody
from azdock.emulator.app import route
from azdock.emulator.runtimes.base import ImageError
from azdock.emulator.secretvalues import credentials
from azdock.emulator.world import SUBSCRIPTION, World

Document = dict[str, Any]
KIND = jobview.JOBS
IN_GROUP = "/subscriptions/{sub}/resourceGroups/{group}/providers/Microsoft.App/jobs"
JOB = IN_GROUP + "/{job}"
CONSUMPTION_ONLY, CONSUMPTION_PROFILE = 8, 16  # steps of a quarter core: 2 cores, 4 cores


def routes(world: World) -> list[BaseRoute]:
    """The job resource itself."""

    async def in_group(request: Request) -> Response:
        found = world.store.under(arm.place(world, request).prefix, KIND)
        return arm.page(world, request, found, lambda one: jobview.job(one, request))

    async def in_subscription(request: Request) -> Response:
        found = world.store.under(f"/subscriptions/{SUBSCRIPTION}", KIND)
        return arm.page(world, request, found, lambda one: jobview.job(one, request))

    async def get(request: Request) -> Response:
        return arm.answer(jobview.job(find(world, request), request))

    async def put(request: Request) -> Response:
        return await _put(world, request)

    async def patch(request: Request) -> Response:
        return await _patch(world, request)

    async def delete(request: Request) -> Response:
        return _delete(world, request)

    async def secrets(request: Request) -> Response:
        found = find(world, request)["properties"]["configuration"].get("secrets", [])
        return arm.answer({"value": found})

    async def suspend(request: Request) -> Response:
        return _suspend(world, request, True)

    async def resume(request: Request) -> Response:
        return _suspend(world, request, False)

    async def token(request: Request) -> Response:
        document = find(world, request)
        claims = {
            "capp_sub": SUBSCRIPTION,
            "capp_rg": document["id"].split("/")[4],
            "capp_name": document["name"],
            "aud": arm.base(request),
        }
        return arm.answer(jobview.token(document, *world.auth.data_token(claims)))

    return [
        route("/subscriptions/{sub}/providers/Microsoft.App/jobs", in_subscription, ["GET"]),
        route(IN_GROUP, in_group, ["GET"]),
        route(JOB, get, ["GET"]),
        route(JOB, put, ["PUT"]),
        route(JOB, patch, ["PATCH"]),
        route(JOB, delete, ["DELETE"]),
        route(JOB + "/listSecrets", secrets, ["POST"]),
        route(JOB + "/suspend", suspend, ["POST"]),
        route(JOB + "/resume", resume, ["POST"]),
        route(JOB + "/getAuthToken", token, ["POST"]),
    ]


def find(world: World, request: Request) -> Document:
    """The job of the path. Raises ArmError (404)."""
    place, name = arm.place(world, request), request.path_params["job"]
    document = world.store.get(place.id(KIND, name))
    if document is None:
        raise errors.no_resource(KIND, name, place.group)
    return document


def check_free(document: Document | None) -> None:
    """Raise ArmError (409) while the resource is still being changed."""
    if document is not None and document["state"] in ("InProgress", "Deleting"):
        raise errors.busy(document["name"])


async def _put(world: World, request: Request) -> Response:
    given, place, name = await arm.body(request), arm.place(world, request), request.path_params["job"]
    jobbody.check_name(name)
    old = world.store.get(place.id(KIND, name))
    check_free(old)
    document: Document = {
        "id": old["id"] if old else place.id(KIND, name),
        "name": old["name"] if old else name,
        "type": KIND,
        "location": arm.region(given.get("location"), KIND, place.location),
        "tags": tags(given.get("tags")),
        "identity": jobbody.identity(given.get("identity")),
        "properties": await _checked(world, given.get("properties") or {}, name),
        "system": system(world, old),
        "state": "InProgress",
        "suspended": bool(old and old.get("suspended")),
    }
    check_environment(world, document)
    check_free(world.store.get(document["id"]))  # somebody may have come while the image was being fetched
    world.store.put(document)
    shown = jobview.job(document, request, fresh=True)
    operation = _provision(world, document)
    headers = operations.status_header(world, request, operation, document["location"])
    return arm.answer(shown, 201, headers)


async def _patch(world: World, request: Request) -> Response:
    given, document = await arm.body(request), find(world, request)
    check_free(document)
    properties = document["properties"]
    if given.get("properties"):
        properties = await _checked(world, arm.merged(properties, given["properties"]), document["name"])
    check_free(document)
    if "tags" in given:
        document["tags"] = tags(arm.merged(document["tags"], given["tags"]))
    if given.get("identity"):
        document["identity"] = jobbody.identity(given["identity"])
    document |= {"properties": properties, "system": system(world, document), "state": "InProgress"}
    world.store.changed()
    operation = _provision(world, document)
    headers = operations.result_header(world, request, operation, document["location"])
    return Response(status_code=202, headers=headers)


def _delete(world: World, request: Request) -> Response:
    place, name = arm.place(world, request), request.path_params["job"]
    document = world.store.get(place.id(KIND, name))
    if document is None:
        return Response(status_code=204)
    if document["state"] == "Deleting":
        raise errors.busy(document["name"])
    before, document["state"] = document["state"], "Deleting"

    def finish(error: dict[str, str] | None) -> None:
        if error is not None:
            document["state"] = "Succeeded" if before == "InProgress" else before
            return
        for run in [world.runs[one] for one in world.store.runs(document["id"]) if one in world.runs]:
            run.stop()
        world.store.delete(document["id"])

    operation = operations.begin(world, "containerappsjob", world.behaviour.provisioning, finish)
    headers = operations.result_header(world, request, operation, document["location"])
    return Response(status_code=202, headers=headers)


def _suspend(world: World, request: Request, on: bool) -> Response:
    document = find(world, request)
    check_free(document)
    document["suspended"] = on
    world.store.changed()
    return arm.answer(jobview.job(document, request))


def _provision(world: World, document: Document) -> operations.Operation:
    def finish(error: dict[str, str] | None) -> None:
        if document["state"] == "InProgress":  # a deletion may have come meanwhile: Azure accepts one
            document["state"] = "Failed" if error else "Succeeded"
            world.store.changed()

    def result(request: Request) -> Document:
        return jobview.job(document, request)

    return operations.begin(world, "containerappsjob", world.behaviour.provisioning, finish, result)


def tags(given: Any) -> dict[str, str]:
    """Checked tags. Source: learn.microsoft.com/azure/azure-resource-manager/management/tag-resources"""
    found = arm.without_nulls(given or {})
    if len(found) > 50:
        raise errors.ArmError(400, "InvalidTags", "A resource may have at most 50 tags.")
    for key, value in found.items():
        if len(key) > 512 or not key or any(one in "<>%&\\?/" for one in key):
            raise errors.ArmError(400, "InvalidTagNameCharacters", f"The tag name '{key}' has reserved characters.")
        if not isinstance(value, str) or len(value) > 256:
            raise errors.ArmError(400, "InvalidTagValueLength", f"The value of tag '{key}' is longer than 256.")
    return dict(found)


def system(world: World, old: Document | None) -> Document:
    """Who changes a resource and when; it was created when `old` was, if there is one."""
    now = world.clock.now_ns()
    return {"by": world.auth.client_id, "created": old["system"]["created"] if old else now, "modified": now}


async def _checked(world: World, given: Document, name: str) -> Document:
    """Properties to store, their images looked up in the registry as Azure does on every write."""
    properties = jobbody.properties(given, steps(world, given), name)
    check_storages(world, properties)
    await check_images(world, properties, properties["template"])
    return properties


def steps(world: World, given: Document) -> int:
    """How far Consumption pairs go in the resource's environment; 0 on a dedicated profile."""
    environment = environment_of(world, given)
    profiles = (environment or {}).get("properties", {}).get("workloadProfiles") or []
    wanted = given.get("workloadProfileName") or "Consumption"
    kinds = {one.get("name"): one.get("workloadProfileType", "") for one in profiles}
    if not kinds:
        return CONSUMPTION_ONLY
    if wanted not in kinds:
        raise errors.bad_content(f"workload profile '{wanted}' does not exist in the environment.")
    return CONSUMPTION_PROFILE if kinds[wanted] == "Consumption" else 0


def environment_of(world: World, properties: Document) -> Document | None:
    """The managed environment that the properties of a job or an app name."""
    found = properties.get("environmentId") or properties.get("managedEnvironmentId")
    return world.store.get(found) if isinstance(found, str) else None


def check_environment(world: World, document: Document) -> None:
    """Raise ArmError unless the resource's environment is there, ready, and in the same region."""
    environment_id = document["properties"]["environmentId"]
    environment = world.store.get(environment_id)
    if environment is None:
        group, name = environment_id.split("/")[4], environment_id.rpartition("/")[2]
        raise errors.no_resource("Microsoft.App/managedEnvironments", name, group)
    if environment["state"] != "Succeeded":
        raise errors.ArmError(
            409,
            "ManagedEnvironmentNotReadyForAppCreation",
            f"The environment '{environment['name']}' is in state {environment['state']}.",
        )
    if environment["location"] != document["location"]:
        raise errors.bad_content(f"the resource must be in the environment's region, {environment['location']}.")


def check_storages(world: World, properties: Document) -> None:
    """Raise ArmError for a volume whose storage the environment does not have, or has with another type."""
    for volume in properties["template"].get("volumes", []):
        if volume["storageType"] not in volumebody.NAMED:
            continue
        storage = world.store.get(f"{properties['environmentId']}/storages/{volume['storageName']}")
        if storage is None:
            raise apperrors.no_mounted_storage(volume["storageName"])
        kind = "NfsAzureFile" if "nfsAzureFile" in storage["properties"] else "AzureFile"
        if kind != volume["storageType"]:
            reason = f'Invalid value: "{volume["storageType"]}": the storage is of type {kind}'
            raise errors.bad_template([(f"template.volumes.{volume['name']}.storageType", reason)])


async def check_images(world: World, properties: Document, template: Document) -> None:
    """Raise ArmError unless the runtime can use every image of the template."""
    job, faults = {"properties": properties}, []
    for key in ("initContainers", "containers"):
        for one in template.get(key, ()):
            try:
                await world.runtime.resolve(one["image"], credentials(job, one["image"]))
            except ImageError as failed:
                why = f'Invalid value: "{one["image"]}": {failed.code}: {failed.message}'
                faults.append((f"template.{key}.{one['name']}.image", why))
    if faults:
        raise errors.bad_template(faults)
