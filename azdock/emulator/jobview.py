"""Jobs, executions and replicas as Azure shows them: from the stored documents to the JSON of one api-version.

Sources: azure-rest-api-specs Microsoft.App 2026-07-01; azure-cli-extensions, containerapp test recordings 2023-2025.
"""

from __future__ import annotations

import uuid
from typing import Any

from starlette.requests import Request

from azdock.emulator import arm
from azdock.emulator.clock import precise, spoken, whole
from azdock.emulator.world import LOCATION, TENANT

Document = dict[str, Any]
JOBS = "Microsoft.App/jobs"
DETAILED_PREVIEW, DETAILED_STABLE = "2024-08-02-preview", "2026-07-01"
# recorded in 2024 with 2024-03-01: ephemeralStorage "" and the platform's own variables; earlier and later not
YEAR_OF_BLANKS = "2024"
BLANKS = [{"name": name, "value": ""} for name in ("CONTAINER_APP_JOB_EXECUTION_NAME", "CONTAINER_APP_REPLICA_NAME")]
NULLABLE = ("secrets", "manualTriggerConfig", "scheduleTriggerConfig", "eventTriggerConfig", "registries")
IDENTITY_SPACE = uuid.UUID("6ba7b812-9dad-11d1-80b4-00c04fd430c8")


def job(document: Document, request: Request, state: str = "", fresh: bool = False) -> Document:
    """A job; `fresh` is the form of a PUT's answer (times end in Z), `state` overrides provisioningState."""
    version = arm.api_version(request)
    shown = {key: document[key] for key in ("id", "name", "type")}
    shown["location"] = arm.REGIONS[document["location"]]
    if document.get("tags"):
        shown["tags"] = document["tags"]
    end = "Z" if fresh else ""
    shown["systemData"] = system_data(document["system"], end)
    shown["properties"] = _properties(document, request, state or document["state"], version)
    shown["identity"] = identity(document["identity"], document["id"])
    return shown


def system_data(system: Document, end: str) -> Document:
    """Who made a resource and when; `end` is Z or nothing."""
    return {
        "createdBy": system["by"],
        "createdByType": "Application",
        "createdAt": precise(system["created"]) + end,
        "lastModifiedBy": system["by"],
        "lastModifiedByType": "Application",
        "lastModifiedAt": precise(system["modified"]) + end,
    }


def _properties(document: Document, request: Request, state: str, version: str) -> Document:
    stored = document["properties"]
    shown: Document = {"provisioningState": state}
    if version >= "2026":
        ready = "Suspended" if document.get("suspended") else "Ready"
        shown["runningState"] = "Progressing" if state == "InProgress" else ready
    elif version >= DETAILED_PREVIEW:
        shown["runningStatus"] = "Ready"
    shown["environmentId"] = stored["environmentId"]
    shown["workloadProfileName"] = stored.get("workloadProfileName", "Consumption")
    configuration = {**dict.fromkeys(NULLABLE), **stored["configuration"]}
    if configuration["secrets"]:
        configuration["secrets"] = [
            {key: value for key, value in secret.items() if key != "value"} for secret in configuration["secrets"]
        ]
    if version >= DETAILED_PREVIEW:
        configuration.setdefault("identitySettings", [])
    shown["configuration"] = configuration
    template = {"containers": [], "initContainers": None, "volumes": None, **stored["template"]}
    for key in ("containers", "initContainers"):
        if template[key]:
            template[key] = [_container(one, version, state) for one in template[key]]
    shown["template"] = template
    if version >= "2026":
        shown["outboundIpAddresses"] = ["127.0.0.1"]
    path = document["id"].replace(f"/providers/{JOBS}/", "/containerApps/")
    shown["eventStreamEndpoint"] = f"{arm.base(request)}{path}/eventstream"
    return shown


def _container(stored: Document, version: str, state: str) -> Document:
    shown = {"image": stored["image"]}
    if version.endswith("preview") and version >= DETAILED_PREVIEW:
        shown["imageType"] = "ContainerImage"
    shown |= stored
    resources = dict(stored["resources"])
    if not version.startswith(YEAR_OF_BLANKS) or version >= DETAILED_PREVIEW:
        resources["ephemeralStorage"] = ephemeral(resources["cpu"])
    elif state == "Succeeded":
        resources["ephemeralStorage"] = ""
    return {**shown, "resources": resources}


def ephemeral(cpu: float) -> str:
    """Disk of a replica by its CPU. Source: learn.microsoft.com/azure/container-apps/storage-mounts"""
    return "1Gi" if cpu <= 0.25 else "2Gi" if cpu <= 0.5 else "4Gi" if cpu <= 1 else "8Gi"


def identity(stored: Document, owner_id: str) -> Document:
    """The identity of a job or an app, with the ids that Azure gives it."""
    shown: Document = {"type": stored["type"]}
    if "SystemAssigned" in stored["type"]:
        shown |= {"principalId": str(uuid.uuid5(IDENTITY_SPACE, owner_id.lower())), "tenantId": TENANT}
    if "userAssignedIdentities" in stored:
        shown["userAssignedIdentities"] = {
            one: {
                "principalId": str(uuid.uuid5(IDENTITY_SPACE, one.lower())),
                "clientId": str(uuid.uuid5(IDENTITY_SPACE, one.lower() + "#client")),
            }
            for one in stored["userAssignedIdentities"]
        }
    return shown


def execution(run: Document, job_document: Document, version: str) -> Document:
    """An execution; exit codes only where this api-version has them."""
    shown: Document = {"status": run["status"], "startTime": whole(run["started"])}
    if run.get("ended") and run["status"] != "Stopped":
        shown["endTime"] = whole(run["ended"])
    shown["template"] = {
        key: [_executed(one, version, job_document["name"]) for one in run["template"].get(key, [])]
        for key in ("containers", "initContainers")
    }
    if version >= DETAILED_STABLE or (version.endswith("preview") and version >= DETAILED_PREVIEW):
        if run["replicas"]:
            shown["detailedStatus"] = {"replicas": [_detail(one) for one in run["replicas"]]}
        for key in ("reason", "message"):
            if run.get(key):
                shown[key] = run[key]
    return {
        "id": f"{job_document['id']}/executions/{run['name']}",
        "name": run["name"],
        "type": "Microsoft.App/jobs/executions",
        "properties": shown,
    }


def _executed(stored: Document, version: str, job_name: str) -> Document:
    shown = {"image": stored["image"], "name": stored["name"]}
    if "2024" <= version < "2026":
        shown["imageType"] = "ContainerImage"
    shown |= {key: stored[key] for key in ("command", "args", "env") if key in stored}
    if version.startswith(YEAR_OF_BLANKS):
        shown["env"] = [{"name": "CONTAINER_APP_JOB_NAME", "value": job_name}, *BLANKS, *stored.get("env", [])]
    return {**shown, "resources": {**stored["resources"], "ephemeralStorage": ""}}


def _detail(replica: Document) -> Document:
    return {
        "name": replica["name"],
        "containers": [
            {key: one[key] for key in ("name", "code", "additionalInformation", "status")}
            for one in replica["containers"].values()
            if not one["initial"]
        ],
    }


def replica(found: Document, run: Document, job_document: Document, request: Request) -> Document:
    """A replica of an execution, shaped like an app's; a container is listed once it runs."""
    shown = [_running(one, found, run, job_document, request) for one in found["containers"].values() if one["id"]]
    kinds = [one["initial"] for one in found["containers"].values() if one["id"]]
    alive = any(one["code"] == -1 and one["id"] for one in found["containers"].values())
    return {
        "id": f"{job_document['id']}/executions/{run['name']}/replicas/{found['name']}",
        "name": found["name"],
        "type": "Microsoft.App/containerapps/revisions/replicas",
        "properties": {
            "createdTime": whole(found["created"]).replace("+00:00", "Z"),
            "runningState": "Running" if alive else "NotRunning",
            "runningStateDetails": "",
            "containers": [one for one, initial in zip(shown, kinds, strict=True) if not initial],
            "initContainers": [one for one, initial in zip(shown, kinds, strict=True) if initial],
        },
    }


def _running(one: Document, found: Document, run: Document, job_document: Document, request: Request) -> Document:
    alive = one["code"] == -1
    scope = job_document["id"].partition("/providers/")[0]
    base, name = arm.base(request), job_document["name"]
    inside = f"replicas/{found['name']}/containers/{one['name']}"
    details = (
        f"Container started at: {spoken(one['started'])}."
        if alive
        else f"Container terminated with exit code: {one['code']}."
    )
    return {
        "name": one["name"],
        "containerId": f"containerd://{one['id'][:32]}",
        "ready": alive,
        "started": alive,
        "restartCount": 0,
        "runningState": "Running" if alive else "Terminated",
        "runningStateDetails": details,
        "logStreamEndpoint": f"{base}{scope}/jobs/{name}/executions/{run['name']}/{inside}/logstream",
        "execEndpoint": f"ws{base[4:]}{scope}/containerApps/{name}/revisions/{run['name']}/{inside}/exec",
    }


def token(document: Document, value: str, expires: str) -> Document:
    """The answer of getAuthToken."""
    return {
        "location": arm.REGIONS[document.get("location", LOCATION)],
        "properties": {"token": value, "expires": expires},
        "id": document["id"],
        "name": document["name"],
        "type": f"{document['type']}/accesstoken",
    }
