"""Container apps as Azure shows them: from the stored document to the JSON of one api-version.

Sources: azure-rest-api-specs Microsoft.App 2026-07-01; azure-cli, containerapp test recordings 2023-2025.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from azdock.emulator import appnames, arm, jobview
from azdock.emulator.appbody import USUAL_TIMES
from azdock.emulator.world import World

Document = dict[str, Any]
APPS = "Microsoft.App/containerApps"
VERIFICATION = "A2D0" * 16
# recorded from 2024-03-01 on: the answer of a PUT shows little that is computed
SHORT_ANSWERS = "2024"
KEDA_TIMES = "2025"  # cooldownPeriod, pollingInterval, runtime and identitySettings are shown from here on
DELEGATED = ("2024", "2026")  # delegatedIdentities: recorded in 2024 and 2025, not in the specification of 2026
CONFIGURATION = ("secrets", "activeRevisionsMode", "ingress", "registries", "dapr", "maxInactiveRevisions", "service")
INGRESS = (
    "fqdn", "external", "targetPort", "exposedPort", "transport", "traffic", "customDomains", "allowInsecure",
    "ipSecurityRestrictions", "corsPolicy", "clientCertificateMode", "stickySessions",
)  # fmt: skip
ADDITIONAL_PORTS = "2023-08"  # additionalPortMappings are shown from here on


def app(world: World, document: Document, request: Request, fresh: bool = False) -> Document:
    """An app; `fresh` is the form of a PUT's answer: times end in Z, and nothing of it is known to run yet."""
    version = arm.api_version(request)
    shown = {"id": _id(document["id"]), "name": document["name"], "type": APPS}
    shown["location"] = arm.REGIONS[document["location"]]
    if document.get("tags"):
        shown["tags"] = document["tags"]
    if document.get("kind"):
        shown["kind"] = document["kind"]
    shown["systemData"] = jobview.system_data(document["system"], "Z" if fresh else "")
    short = fresh and version >= SHORT_ANSWERS
    shown["properties"] = _properties(world, document, request, version, short)
    shown["identity"] = jobview.identity(document["identity"], document["id"])
    return shown


def _id(app_id: str) -> str:
    """Azure writes containerapps in the id and containerApps in the type."""
    return app_id.replace(f"/{APPS}/", "/Microsoft.App/containerapps/")


def _properties(world: World, document: Document, request: Request, version: str, short: bool) -> Document:
    stored = document["properties"]
    environment = stored["environmentId"]
    shown: Document = {"provisioningState": document["state"]}
    if not short:
        shown["runningStatus"] = "Stopped" if document.get("stopped") else "Running"
    shown |= {
        "managedEnvironmentId": environment,
        "environmentId": environment,
        "workloadProfileName": stored["workloadProfileName"],
        "outboundIpAddresses": ["127.0.0.1"],
    }
    if not short:
        latest = document.get("latest", "")
        reachable = bool(latest and appnames.ingress(document))
        shown |= {
            "latestRevisionName": latest,
            "latestReadyRevisionName": document.get("latest_ready", ""),
            "latestRevisionFqdn": appnames.revision_fqdn(world, document, latest) if reachable else "",
        }
    shown["customDomainVerificationId"] = VERIFICATION
    shown["configuration"] = _configuration(world, document, version, short)
    shown["template"] = template(stored["template"], version, short)
    if not short:
        path = document["id"].replace(f"/providers/{APPS}/", "/containerApps/")
        shown["eventStreamEndpoint"] = f"{arm.base(request)}{path}/eventstream"
    if DELEGATED[0] <= version < DELEGATED[1]:
        shown["delegatedIdentities"] = []
    return shown


def _configuration(world: World, document: Document, version: str, short: bool) -> Document:
    stored = document["properties"]["configuration"]
    shown = {key: stored.get(key) for key in CONFIGURATION}
    if shown["secrets"]:
        shown["secrets"] = [{key: one[key] for key in one if key != "value"} for one in shown["secrets"]]
    if shown["registries"] and not short:
        shown["registries"] = [{**one, "identity": one.get("identity", "")} for one in shown["registries"]]
    if shown["ingress"]:
        shown["ingress"] = _ingress(world, document, version, short)
    if version >= KEDA_TIMES:
        shown |= {"runtime": stored.get("runtime"), "identitySettings": stored.get("identitySettings", [])}
    return shown


def _ingress(world: World, document: Document, version: str, short: bool) -> Document:
    stored = document["properties"]["configuration"]["ingress"]
    shown = {key: stored.get(key) for key in INGRESS}
    shown["fqdn"] = None if short else appnames.app_fqdn(world, document)
    if short and not shown["exposedPort"]:
        shown["exposedPort"] = None
    if short and not document.get("traffic_given"):
        shown["traffic"] = None
    if version >= ADDITIONAL_PORTS:
        shown["additionalPortMappings"] = stored.get("additionalPortMappings")
    return shown


def token(document: Document, value: str, expires: str, version: str) -> Document:
    """The answer of getAuthToken; in 2023 it spoke of a job, as recorded (azure-cli, test_containerapp_logstream)."""
    shown = jobview.token(document, value, expires)
    if version < SHORT_ANSWERS:
        job = document["id"].replace(f"/{APPS}/", f"/{jobview.JOBS}/")
        shown |= {"id": job, "type": f"{jobview.JOBS}/accesstoken"}
    return shown


def template(stored: Document, version: str, short: bool = False) -> Document:
    """An app's template; `short` is the form of a PUT's answer."""
    return {
        "revisionSuffix": stored.get("revisionSuffix", None if short else ""),
        "terminationGracePeriodSeconds": stored.get("terminationGracePeriodSeconds"),
        "containers": [_container(one) for one in stored["containers"]],
        "initContainers": [_container(one) for one in stored.get("initContainers", [])] or None,
        "scale": scale(stored["scale"], version),
        "volumes": stored.get("volumes"),
        "serviceBinds": stored.get("serviceBinds"),
    }


def scale(stored: Document, version: str) -> Document:
    """A template's scale; minReplicas stays null when it was never given."""
    shown = {"minReplicas": stored.get("minReplicas"), "maxReplicas": stored["maxReplicas"]}
    if version >= KEDA_TIMES:
        shown |= {key: stored.get(key, usual) for key, usual in USUAL_TIMES.items()}
    return {**shown, "rules": stored.get("rules")}


def _container(stored: Document) -> Document:
    resources = {**stored["resources"], "ephemeralStorage": jobview.ephemeral(stored["resources"]["cpu"])}
    return {"image": stored["image"], **stored, "resources": resources}
