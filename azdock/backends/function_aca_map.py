"""Pure translation: a function's record to a container app of kind functionapp and its changes, and back.

SOURCE: azure-rest-api-specs, Microsoft.App/ContainerApps stable/2026-07-01 (ContainerApp: kind, Ingress, Secret, Scale,
ContainerAppsFunction); azure-docs, container-apps/functions-overview.md; azure-cli-extensions,
test_containerapp_function_keys.yaml (such an app as recorded).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from azdock.backends import aca_app_map, container_body, function_port, tags
from azdock.backends.function_hosting import ACA, APP, HOSTING, Function
from azdock.docker.record import ContainerRecord, Status
from azdock.docker.spec import ContainerSpec, Restart

Json = dict[str, Any]
KIND = "functionapp"
OWN = "azdock-own"  # tag: the names of the variables that azdock has added
SECRET = "azdock-webjobs"  # the secret behind AzureWebJobsStorage where identities are forbidden
STORAGE = "AzureWebJobsStorage"
# Azure's own: no replica without requests, and at most ten.
SCALE = (0, 10)


def is_function(app: Mapping[str, Any]) -> bool:
    """Whether a container app is a function app."""
    return str(app.get("kind") or "").lower() == KIND


def as_app(record: ContainerRecord, run: str = "") -> ContainerRecord:
    """The record as the backend over apps would have it, of an app that stays up; `run` is a revision."""
    spec = replace(record.spec, scale=record.spec.scale or SCALE, restart=Restart("always"), health=None, shim="never")
    image = replace(record.image, health=())
    return replace(
        record, backend="app", spec=spec, image=image, handle={APP: record.handle[APP]}, seen=Status(run=run)
    )


def app_body(
    record: ContainerRecord, environment_id: str, location: str, own: list[Json], *, secret: str, identity_id: str
) -> Json:
    """The body of PUT containerApps. `own` are variables that azdock adds, `secret` is the connection string that one
    of them refers to ("" for none), `identity_id` the ARM id of the app's identity ("" for none)."""
    parked = not record.spec.at_once
    properties: Json = {
        "environmentId": environment_id,
        "configuration": configuration(record, parked=parked),
        "template": template(record, own, parked=parked),
    }
    if secret:
        properties["configuration"]["secrets"] = [{"name": SECRET, "value": secret}]
    if record.spec.workload_profile:
        properties["workloadProfileName"] = record.spec.workload_profile
    body = {"kind": KIND, "location": location, "tags": stamp(record, own), "properties": properties}
    if identity_id:
        body["identity"] = {"type": "UserAssigned", "userAssignedIdentities": {identity_id: {}}}
    return body


def change(record: ContainerRecord, own: list[Json], *, parked: bool) -> Json:
    """The body of PATCH containerApps that makes the app what the record says; a secret stays as it is."""
    return {
        "tags": stamp(record, own),
        "properties": {
            "configuration": configuration(record, parked=parked),
            "template": template(record, own, parked=parked),
        },
    }


def stamp(record: ContainerRecord, own: list[Json]) -> dict[str, str]:
    """The tags of an app."""
    return tags.stamp(record) | {OWN: ",".join(str(one["name"]) for one in own)}


def configuration(record: ContainerRecord, *, parked: bool) -> Json:
    """The app's configuration; one that was never started has no address, as a request would wake it."""
    made: Json = {"activeRevisionsMode": "Single"}
    if not parked:
        made["ingress"] = {
            "external": True,
            "targetPort": function_port.port(record.spec, record.image),
            "transport": "auto",
            "allowInsecure": False,
            "traffic": [{"latestRevision": True, "weight": 100}],
        }
    return made


def template(record: ContainerRecord, own: list[Json], *, parked: bool) -> Json:
    """The app's template, whole: arrays of a patch replace what was there."""
    made = aca_app_map.template(as_app(record), None, parked=parked)
    main = made["containers"][0]
    if env := [*(main.get("env") or ()), *own]:
        main["env"] = env
    return made


def own_settings(spec: ContainerSpec, settings: Mapping[str, str], secret: str) -> list[Json]:
    """What azdock adds to the environment of an app: `settings`, and the secret; what the user gave comes first."""
    given = {item.partition("=")[0] for item in spec.env}
    found: list[Json] = [{"name": name, "value": value} for name, value in settings.items() if name not in given]
    if secret and STORAGE not in given:
        found.append({"name": STORAGE, "secretRef": SECRET})
    return found


def own_in(app: Json) -> list[Json]:
    """What azdock has added to the environment of an app, as Azure shows it."""
    return [dict(one) for one in _entry(app).get("env") or () if one["name"] in _own_names(app)]


def brings_storage(spec: ContainerSpec) -> bool:
    """Whether the user names the storage of the Functions host, so that the context's is not needed."""
    names = {item.partition("=")[0] for item in spec.env}
    return any(name == STORAGE or name.startswith(f"{STORAGE}__") for name in names)


def record_of(app: Json) -> ContainerRecord:
    """The record of an app azdock made, without a status. Raises KeyError or ValueError when its tags were damaged."""
    fields, image, words = tags.facts(app["tags"])
    entry = dict(_entry(app))
    own = _own_names(app)
    entry["env"] = [one for one in entry.get("env") or () if one["name"] not in own]
    _, entrypoint, command, env = container_body.read(entry, words)
    spec = ContainerSpec(image=entry["image"], command=command, entrypoint=entrypoint, env=env, **fields)
    handle = {HOSTING: ACA, APP: str(app["name"])}
    return ContainerRecord(tags.ident(app["tags"]), spec, tags.created(app["tags"]), "function", handle, image)


def is_parked(app: Json) -> bool:
    """Whether an app was created and has never been started."""
    return aca_app_map.is_parked(app)


def updated(app: Json, before: ContainerSpec, after: ContainerSpec) -> ContainerSpec:
    """`after` with the variables that somebody has set on the app beside those of `before`."""
    known, wanted = _variables(before.env), _variables(after.env)
    there = _variables(record_of(app).spec.env)
    env = {name: value for name, value in there.items() if name not in known or name in wanted} | wanted
    return replace(after, env=tuple(f"{name}={value}" for name, value in env.items()))


def changed(spec: ContainerSpec, changes: Mapping[str, str | None]) -> ContainerSpec:
    """The spec with some variables set; None takes one away."""
    env = {name: value for name, value in _variables(spec.env).items() if name not in changes}
    env |= {name: value for name, value in changes.items() if value is not None}
    return replace(spec, env=tuple(f"{name}={value}" for name, value in env.items()))


def function_of(item: Json) -> Function:
    """A function as Azure lists it: it tells neither the methods nor who is let in."""
    given = item.get("properties") or {}
    template = str(given.get("invokeUrlTemplate") or "")
    disabled = str(given.get("state") or "").lower() == "disabled" or bool(given.get("isDisabled"))
    return Function(
        str(item["name"]).rpartition("/")[2],
        trigger_of(str(given.get("triggerType") or "")),
        template.partition("://")[2].partition("/")[2],  # "{id?}" in a route is no query
        disabled=disabled,
    )


def trigger_of(text: str) -> str:
    """A trigger's type as bindings name it: "HttpTrigger", "http" are httpTrigger."""
    name = text if text.lower().endswith("trigger") else f"{text}Trigger" if text else ""
    return name[:1].lower() + name[1:]


def detailed(function: Function, metadata: Json) -> Function:
    """A function with what its host tells of its trigger's binding.

    SOURCE: Azure/azure-functions-host, FunctionMetadataResponse (config.bindings, invoke_url_template).
    """
    bindings = (metadata.get("config") or {}).get("bindings") or ()
    binding: Json = next((one for one in bindings if str(one.get("type") or "").lower().endswith("trigger")), {})
    known = {"name", "type", "direction", "methods", "authLevel", "route"}
    return replace(
        function,
        trigger=str(binding.get("type") or function.trigger),
        methods=tuple(str(one).lower() for one in binding.get("methods") or ()),
        auth=str(binding.get("authLevel") or "").lower(),
        settings={str(name): str(value) for name, value in binding.items() if name not in known},
    )


def _entry(app: Json) -> Json:
    found: Json = app["properties"]["template"]["containers"][0]
    return found


def _own_names(app: Json) -> frozenset[str]:
    text = next((value for name, value in (app.get("tags") or {}).items() if name.lower() == OWN), "")
    return frozenset(text.split(",")) - {""}


def _variables(env: tuple[str, ...]) -> dict[str, str]:
    return {name: value for name, _, value in (item.partition("=") for item in env)}
