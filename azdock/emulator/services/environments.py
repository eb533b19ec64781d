"""Managed environments: create, change, delete, list, token, workload profiles.

Source: azure-rest-api-specs, Microsoft.App ManagedEnvironment.tsp (2026-07-01); azure-cli-extensions' recordings
"""

from __future__ import annotations

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from azdock.emulator import apperrors, appnames, appview, arm, errors, jobview, operations
from azdock.emulator.app import route
from azdock.emulator.services import jobs
from azdock.emulator.world import SUBSCRIPTION, World

Document = dict[str, Any]
KIND = "Microsoft.App/managedEnvironments"
IN_GROUP = "/subscriptions/{sub}/resourceGroups/{group}/providers/Microsoft.App/managedEnvironments"
ONE = IN_GROUP + "/{environment}"
NAME = re.compile(r"^(?=.{2,60}$)[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$")
NULLABLE = (
    "daprAIInstrumentationKey", "daprAIConnectionString", "vnetConfiguration", "openTelemetryConfiguration",
    "ingressConfiguration", "appInsightsConfiguration",
)  # fmt: skip
READ_ONLY = ("provisioningState", "defaultDomain", "staticIp", "eventStreamEndpoint", "deploymentErrors")
PROFILE = ("workloadProfileType", "name", "minimumCount", "maximumCount", "enableFips")
CONSUMPTION = {"workloadProfileType": "Consumption", "name": "Consumption", "enableFips": False}


def routes(world: World) -> list[BaseRoute]:
    """The environment resource."""

    async def in_group(request: Request) -> Response:
        found = world.store.under(arm.place(world, request).prefix, KIND)
        return arm.page(world, request, found, lambda one: view(one, request))

    async def in_subscription(request: Request) -> Response:
        found = world.store.under(f"/subscriptions/{SUBSCRIPTION}", KIND)
        return arm.page(world, request, found, lambda one: view(one, request))

    async def get(request: Request) -> Response:
        return arm.answer(view(find(world, request), request))

    async def put(request: Request) -> Response:
        return await _put(world, request)

    async def patch(request: Request) -> Response:
        return await _patch(world, request)

    async def delete(request: Request) -> Response:
        return _delete(world, request)

    async def token(request: Request) -> Response:
        document = find(world, request)
        claims = {
            "capp_sub": SUBSCRIPTION,
            "capp_rg": document["id"].split("/")[4],
            "kubeenv_name": document["name"],
            "aud": arm.base(request),
        }
        shown = jobview.token(document, *world.auth.data_token(claims))
        return arm.answer({**shown, "type": "Microsoft.App/environments/accesstoken"})

    async def profiles(request: Request) -> Response:
        document = find(world, request)
        found = document["properties"]["workloadProfiles"]
        return arm.answer({"value": [_profile_state(document, one) for one in found]})

    return [
        route("/subscriptions/{sub}/providers/Microsoft.App/managedEnvironments", in_subscription, ["GET"]),
        route(IN_GROUP, in_group, ["GET"]),
        route(ONE, get, ["GET"]),
        route(ONE, put, ["PUT"]),
        route(ONE, patch, ["PATCH"]),
        route(ONE, delete, ["DELETE"]),
        route(ONE + "/getAuthToken", token, ["POST"]),
        route(ONE + "/workloadProfileStates", profiles, ["GET"]),
    ]


def make(world: World, group: str, name: str, location: str, properties: Document) -> Document:
    """An environment to store, in state Succeeded."""
    now = world.clock.now_ns()
    stored = {key: value for key, value in arm.without_nulls(properties).items() if key not in READ_ONLY}
    logs = stored.get("appLogsConfiguration", {})
    if "logAnalyticsConfiguration" in logs:  # the key is write-only
        logs["logAnalyticsConfiguration"].pop("sharedKey", None)
    profiles = [_profile(one) for one in stored.get("workloadProfiles", [])]
    stored["workloadProfiles"] = profiles or [dict(CONSUMPTION)]
    return {
        "id": f"{arm.group_id(group)}/providers/{KIND}/{name}",
        "name": name,
        "type": KIND,
        "location": location,
        "tags": {},
        "properties": stored,
        "system": {"by": world.auth.client_id, "created": now, "modified": now},
        "state": "Succeeded",
    }


def _profile(given: Document) -> Document:
    """A workload profile with its members spelled as Azure spells them: the CLI sends Name."""
    spelled = {key.lower(): key for key in PROFILE}
    return {spelled.get(key.lower(), key): value for key, value in given.items()}


def view(document: Document, request: Request, state: str = "", fresh: bool = False) -> Document:
    """An environment as Azure shows it; `fresh` is the form of a PUT's answer."""
    shown = {key: document[key] for key in ("id", "name", "type")}
    shown["location"] = arm.REGIONS[document["location"]]
    if document.get("tags"):
        shown["tags"] = document["tags"]
    shown["systemData"] = jobview.system_data(document["system"], "Z" if fresh else "")
    group = document["id"].split("/")[4]
    endpoint = document["id"].replace("/providers/Microsoft.App/", "/") + "/eventstream"
    stored = document["properties"]
    logs = stored.get("appLogsConfiguration", {})
    analytics = logs.get("logAnalyticsConfiguration")
    shown["properties"] = {
        "provisioningState": state or document["state"],
        **dict.fromkeys(NULLABLE),
        "defaultDomain": appnames.default_domain(document),
        "staticIp": "127.0.0.1",
        "zoneRedundant": False,
        "kedaConfiguration": {"version": "2.16.1"},
        "daprConfiguration": {"version": "1.13.6-msft.2"},
        "eventStreamEndpoint": arm.base(request) + endpoint,
        "customDomainConfiguration": {
            "customDomainVerificationId": "A2D0" * 16, "dnsSuffix": None, "certificateKeyVaultProperties": None,
            "certificateValue": None, "certificatePassword": None, "thumbprint": None, "subjectName": None,
            "expirationDate": None,
        },
        "infrastructureResourceGroup": f"ME_{document['name']}_{group}_{document['location']}",
        "peerAuthentication": {"mtls": {"enabled": False}},
        "peerTrafficConfiguration": {"encryption": {"enabled": False}},
        "publicNetworkAccess": "Enabled",
        **{key: value for key, value in stored.items() if key != "appLogsConfiguration"},
        "appLogsConfiguration": {
            "destination": logs.get("destination"),
            "logAnalyticsConfiguration": {**analytics, "sharedKey": None} if analytics else None,
        },
    }  # fmt: skip
    if arm.api_version(request) >= "2026":
        shown["properties"]["environmentMode"] = "WorkloadProfiles"
    return shown


def find(world: World, request: Request) -> Document:
    """The environment of the path. Raises ArmError (404)."""
    place, name = arm.place(world, request), request.path_params["environment"]
    document = world.store.get(place.id(KIND, name))
    if document is None:
        raise errors.no_resource(KIND, name, place.group)
    return document


async def _put(world: World, request: Request) -> Response:
    given, place, name = await arm.body(request), arm.place(world, request), request.path_params["environment"]
    if not NAME.match(name):
        raise errors.ArmError(400, "ManagedEnvironmentInvalidName", f"The environment name '{name}' is invalid.")
    old = world.store.get(place.id(KIND, name))
    jobs.check_free(old)
    location = arm.region(given.get("location"), KIND, place.location)
    document = make(world, place.group, old["name"] if old else name, location, given.get("properties") or {})
    document["tags"] = jobs.tags(given.get("tags"))
    if old:
        document["system"]["created"] = old["system"]["created"]
    document["state"] = "InProgress"
    world.store.put(document)
    shown = view(document, request, state="Waiting", fresh=True)
    operation = _provision(world, document)
    return arm.answer(shown, 201, operations.status_header(world, request, operation, document["location"]))


async def _patch(world: World, request: Request) -> Response:
    given, document = await arm.body(request), find(world, request)
    jobs.check_free(document)
    changed = {key: one for key, one in (given.get("properties") or {}).items() if key not in READ_ONLY}
    document["properties"] = arm.merged(document["properties"], changed)
    if "tags" in given:
        document["tags"] = jobs.tags(given["tags"])
    document["system"]["modified"] = world.clock.now_ns()
    document["state"] = "InProgress"
    world.store.changed()
    operation = _provision(world, document)
    headers = operations.result_header(world, request, operation, document["location"])
    return Response(status_code=202, headers=headers)


def _provision(world: World, document: Document) -> operations.Operation:
    def finish(error: dict[str, str] | None) -> None:
        document["state"] = "Failed" if error else "Succeeded"
        world.store.changed()

    def result(request: Request) -> Document:
        return view(document, request)

    return operations.begin(world, "managedEnvironment", world.behaviour.environment_provisioning, finish, result)


def _delete(world: World, request: Request) -> Response:
    place, name = arm.place(world, request), request.path_params["environment"]
    document = world.store.get(place.id(KIND, name))
    if document is None:
        return Response(status_code=204)
    jobs.check_free(document)
    for kind, word in ((appview.APPS, "ContainerApps"), (jobs.KIND, "ContainerAppsJobs")):
        found = world.store.under(f"/subscriptions/{SUBSCRIPTION}", kind)
        inside = [one for one in found if one["properties"]["environmentId"].lower() == document["id"].lower()]
        if inside:
            raise apperrors.environment_in_use(name, word, len(inside))
    document["state"] = "Deleting"

    def finish(error: dict[str, str] | None) -> None:
        if error is not None:
            document["state"] = "Succeeded"
        else:
            for one in [*world.store.under(document["id"]), document]:  # its storages first
                world.store.delete(one["id"])

    operation = operations.begin(world, "managedEnvironment", world.behaviour.environment_provisioning, finish)
    headers = operations.result_header(world, request, operation, document["location"])
    return Response(status_code=202, headers=headers)


def _profile_state(document: Document, profile: Document) -> Document:
    name = profile["name"]
    return {
        "id": f"{document['id']}/workloadProfileStates/{name}",
        "name": name,
        "type": profile["workloadProfileType"],
        "properties": {"minimumCount": profile.get("minimumCount", 0), "maximumCount": profile.get("maximumCount", 0),
                       "currentCount": 0},
    }  # fmt: skip
