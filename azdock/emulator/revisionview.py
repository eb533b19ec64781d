"""Revisions of an app, their replicas and containers as Azure shows them.

Sources: azure-rest-api-specs Microsoft.App Revision.tsp and Replica.tsp (2026-07-01); azure-cli's and
azure-powershell's recordings of 2023 and 2024
"""

from __future__ import annotations

import hashlib
from typing import Any

from starlette.requests import Request

from azdock.emulator import appfacts, appkeys, appnames, appview, arm
from azdock.emulator.appfacts import ContainerFacts, ReplicaFacts, RevisionFacts
from azdock.emulator.clock import whole
from azdock.emulator.world import World

Document = dict[str, Any]
TYPE = "Microsoft.App/containerapps/revisions"
# recorded: shown in 2025-02-02-preview and not in 2025-07-01
DEBUG_SINCE, STABLE_DEBUG_SINCE = "2024-08-02-preview", "2026"
CHECK = "metadata-check"  # the init container that Azure adds to apps of functions, as recorded in 2025


def revision(world: World, document: Document, found: Document, facts: RevisionFacts, request: Request) -> Document:
    """One revision; `found` is its stored part, `facts` what it does at this moment."""
    properties: Document = {"createdTime": whole(found["created"])}
    if found.get("last_active"):
        properties["lastActiveTime"] = whole(found["last_active"])
    properties |= {
        "fqdn": appnames.revision_fqdn(world, document, found["name"]),
        "template": _template(found["template"], arm.api_version(request)),
        "active": found["active"],
        "replicas": len(facts.replicas),
        "trafficWeight": weight(document, found["name"]),
    }
    if found.get("failed"):
        properties["provisioningError"] = found["failed"]
    properties |= {
        "healthState": facts.health_state,
        "provisioningState": facts.provisioning_state,
        "runningState": facts.running_state,
    }
    if facts.details:
        properties["runningStateDetails"] = facts.details
    return {
        "id": f"{document['id']}/revisions/{found['name']}",
        "name": found["name"],
        "type": TYPE,
        "properties": properties,
    }


def weight(document: Document, name: str) -> int:
    """The share of requests that a revision gets, in percent, as the configuration says it."""
    ingress = appnames.ingress(document)
    traffic = ingress["traffic"] if ingress else [{"weight": 100, "latestRevision": True}]
    return sum(
        one["weight"]
        for one in traffic
        if (document.get("latest") if one.get("latestRevision") else one.get("revisionName")) == name
    )


def _template(stored: Document, version: str) -> Document:
    shown = {**appview.template(stored, version), "revisionSuffix": None}
    shown["containers"] = [_container(one, probed=True) for one in stored["containers"]]
    shown["initContainers"] = [_container(one, probed=False) for one in stored.get("initContainers", [])] or None
    return shown


def _container(stored: Document, probed: bool) -> Document:
    """A container of a revision: no ephemeralStorage, and an empty list where there are no probes."""
    shown = {"image": stored["image"], **stored}
    return {**shown, "probes": stored.get("probes", [])} if probed else shown


def replica(document: Document, found: Document, facts: ReplicaFacts, request: Request) -> Document:
    """One replica of the revision `found`."""
    added = (_check(facts),) if appkeys.is_function_app(document) else ()
    containers = (*added, *facts.containers)
    shown = [(one.initial, _running(document, found, facts, one, request)) for one in containers]
    return {
        "id": f"{document['id']}/revisions/{found['name']}/replicas/{facts.name}",
        "name": facts.name,
        "type": f"{TYPE}/replicas",
        "properties": {
            "createdTime": whole(facts.created_ns).replace("+00:00", "Z"),
            "runningState": facts.running_state,
            "runningStateDetails": facts.details,
            "containers": [one for first, one in shown if not first],
            "initContainers": [one for first, one in shown if first],
        },
    }


def _check(facts: ReplicaFacts) -> ContainerFacts:
    """The container with which Azure looks at the image before the app starts. Nothing of it runs here."""
    made = hashlib.sha256(f"{facts.name}/{CHECK}".encode()).hexdigest()
    details = appfacts.ended("Completed", 0)
    return ContainerFacts(CHECK, made, True, False, 0, "Terminated", details, endpoints=True, initial=True)


def _running(
    document: Document, found: Document, owner: ReplicaFacts, facts: ContainerFacts, request: Request
) -> Document:
    shown = {
        "name": facts.name,
        "containerId": f"containerd://{facts.id}" if facts.id else "",
        "ready": facts.ready,
        "started": facts.started,
        "restartCount": facts.restarts,
        "runningState": facts.running_state,
        "runningStateDetails": facts.details,
    }
    if facts.endpoints:
        base = arm.base(request)
        app_path = document["id"].replace(f"/providers/{appview.APPS}/", "/containerApps/")
        path = f"{app_path}/revisions/{found['name']}/replicas/{owner.name}"
        inside = f"{path}/containers/{facts.name}"
        shown |= {
            "logStreamEndpoint": f"{base}{inside}/logstream",
            "execEndpoint": f"ws{base[4:]}{inside}/exec",
        }
        if _debugged(arm.api_version(request)):
            shown["debugEndpoint"] = f"ws{base[4:]}{path}/debug?targetContainer={facts.name}"
    return shown


def _debugged(version: str) -> bool:
    return version >= (DEBUG_SINCE if version.endswith("-preview") else STABLE_DEBUG_SINCE)
