"""The emulator's answers against the published specification of Microsoft.App 2026-07-01."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from tests.contract.emulator.conftest import Arm, arm
from tests.support.apps import app_body
from tests.support.emulator import Emulator, emulator, job_body

__all__ = ["arm", "emulator"]

SHARED = os.environ.get("AZDOCK_SHARED", "")
pytestmark = pytest.mark.skipif(not SHARED, reason="AZDOCK_SHARED does not name the folder of specifications")
FILE = "microsoft.app-2026-07-01.reconstructed.swagger.json"
# the specification leaves these lists open (modelAsString)
LIVE = {
    ("Ingress", "transport"): ["Auto", "Http", "Http2", "Tcp"],
    ("RevisionProperties", "runningState"): ["RunningAtMaxScale", "Activating", "ScaledToZero"],
}


@pytest.fixture(scope="module")
def swagger() -> dict[str, Any]:
    """The document with what real answers do beyond it: nulls for unset members, and words seen live."""
    document: dict[str, Any] = json.loads((Path(SHARED) / "azure" / "specs" / FILE).read_text())
    for (definition, member), words in LIVE.items():
        document["definitions"][definition]["properties"][member]["enum"] += words
    for definition in document["definitions"].values():
        for name, member in list(definition.get("properties", {}).items()):
            if name not in definition.get("required", []):
                definition["properties"][name] = {"anyOf": [member, {"type": "null"}]}
    return document


def _check(swagger: dict[str, Any], definition: str, value: Any) -> None:
    schema = {"$ref": f"#/definitions/{definition}", "definitions": swagger["definitions"]}
    jsonschema.validate(value, schema, cls=jsonschema.Draft7Validator)
    known = _members(swagger, definition)
    assert set(value) <= known, set(value) - known
    if "properties" in value and (inner := _inner(swagger, definition)):
        extra = set(value["properties"]) - _members(swagger, inner)
        assert not extra, extra


def _members(swagger: dict[str, Any], definition: str) -> set[str]:
    found = swagger["definitions"][definition]
    members = set(found.get("properties", {}))
    for base in found.get("allOf", []):
        members |= _members(swagger, base["$ref"].rpartition("/")[2])
    return members


def _inner(swagger: dict[str, Any], definition: str) -> str:
    member = swagger["definitions"][definition].get("properties", {}).get("properties", {})
    found = (member.get("anyOf") or [member])[0].get("$ref", "")
    return str(found).rpartition("/")[2]


def test_job_answers(arm: Arm, swagger: dict[str, Any]) -> None:
    """Jobs, executions, lists and secrets validate, and have no member that the specification lacks."""
    body = job_body("sh", "-c", "exit 3", secrets=[{"name": "s", "value": "v"}])
    _check(swagger, "Job", arm("PUT", "jobs/job", body).json())
    _check(swagger, "Job", arm("GET", "jobs/job").json())
    _check(swagger, "JobSecretsCollection", arm("POST", "jobs/job/listSecrets").json())
    started = arm("POST", "jobs/job/start").json()
    _check(swagger, "JobExecutionBase", started)
    _check(swagger, "JobExecution", arm("GET", f"jobs/job/executions/{started['name']}").json())
    arm.ended("job", started["name"])
    _check(swagger, "JobExecution", arm("GET", f"jobs/job/executions/{started['name']}").json())
    _check(swagger, "Job", arm("POST", "jobs/job/suspend").json())


def test_environment_answers(arm: Arm, emulator: Emulator, swagger: dict[str, Any]) -> None:
    """The environment validates."""
    shown = arm("GET", f"managedEnvironments/{emulator.world.facts.get('environment', 'azdock-env')}").json()
    _check(swagger, "ManagedEnvironment", shown)


def test_app_answers(arm: Arm, swagger: dict[str, Any]) -> None:
    """Apps, revisions, replicas, secrets and tokens validate, and have no member that the specification lacks."""
    ingress = {"external": False, "targetPort": 8080, "transport": "tcp"}
    body = app_body("sleep", "60", ingress=ingress, secrets=[{"name": "s", "value": "v"}])
    body["properties"]["template"]["containers"][0]["probes"] = [{"type": "Liveness", "tcpSocket": {"port": 80}}]
    _check(swagger, "ContainerApp", arm("PUT", "containerApps/app", body).json())
    shown = arm("GET", "containerApps/app").json()
    _check(swagger, "ContainerApp", shown)
    _check(swagger, "SecretsCollection", arm("POST", "containerApps/app/listSecrets").json())
    _check(swagger, "ContainerAppAuthToken", arm("POST", "containerApps/app/getAuthToken").json())
    revision = f"containerApps/app/revisions/{shown['properties']['latestRevisionName']}"
    _check(swagger, "Revision", arm("GET", revision).json())

    def replica() -> Any:
        listed = arm("GET", f"{revision}/replicas").json()
        _check(swagger, "ReplicaCollection", listed)
        found = listed["value"] and listed["value"][0]
        return found if found and found["properties"]["containers"][0].get("execEndpoint") else None

    _check(swagger, "Replica", arm.until(replica))
    stopped = arm("POST", "containerApps/app/stop")
    _check(swagger, "ContainerApp", arm.http.get(stopped.headers["location"]).json())


def test_storage_answers(arm: Arm, swagger: dict[str, Any]) -> None:
    """Storages of both types validate; usages do so beside the member that only real answers have."""
    storages = "managedEnvironments/azdock-env/storages"
    smb = {"accountName": "a", "accountKey": "k", "shareName": "s", "accessMode": "ReadOnly"}
    nfs = {"server": "a.file.core.windows.net", "shareName": "/a/s", "accessMode": "ReadWrite"}
    for name, properties in (("smb", {"azureFile": smb}), ("nfs", {"nfsAzureFile": nfs})):
        made = arm("PUT", f"{storages}/{name}", {"properties": properties}).json()
        _check(swagger, "ManagedEnvironmentStorage", made)
    _check(swagger, "ManagedEnvironmentStoragesCollection", arm("GET", storages).json())
    for one in arm("GET", "managedEnvironments/azdock-env/usages").json()["value"]:
        _check(swagger, "Usage", {key: value for key, value in one.items() if key != "usage"})
