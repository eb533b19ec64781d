"""The job resource: create, read, change, delete, and what Azure refuses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.emulator.conftest import Arm
from tests.support.emulator import ENVIRONMENT_ID, job_body


def _with(path: str, value: Any) -> dict[str, Any]:
    """A valid body with one member replaced; the path is dotted, below `properties`."""
    body = job_body("true")
    at: Any = body["properties"]
    *steps, last = path.split(".")
    for step in steps:
        at = at[int(step) if step.isdigit() else step]
    at[int(last) if last.isdigit() else last] = value
    return body


CPU = "template.containers.0.resources"


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        ("Job1", job_body("true"), "ContainerAppInvalidName"),
        ("1job", job_body("true"), "ContainerAppInvalidName"),
        ("a--b", job_body("true"), "ContainerAppInvalidName"),
        ("a" * 33, job_body("true"), "ContainerAppInvalidName"),
        ("job", _with(CPU, {"cpu": 0.3, "memory": "1Gi"}), "ContainerAppInvalidResourceTotal"),
        ("job", _with(CPU, {"cpu": 0.5, "memory": "0.5Gi"}), "ContainerAppInvalidResourceTotal"),
        ("job", _with(CPU, {"cpu": 4.25, "memory": "8.5Gi"}), "ContainerAppInvalidResourceTotal"),
        ("job", _with(CPU, {"cpu": 0.5, "memory": "1G"}), "InvalidParameterValueInContainerTemplate"),
        ("job", job_body("true", image="work/missing:1"), "InvalidParameterValueInContainerTemplate"),
        ("job", job_body("true", image="work/private:1"), "InvalidParameterValueInContainerTemplate"),
        ("job", _with("template.containers", []), "InvalidParameterValueInContainerTemplate"),
        ("job", _with("template.containers.0.name", "Not_Ok"), "InvalidParameterValueInContainerTemplate"),
        ("job", _with("template.containers.0.image", None), "InvalidParameterValueInContainerTemplate"),
        ("job", _with("environmentId", "azdock-env"), "LinkedInvalidPropertyId"),
        ("job", _with("environmentId", None), "LinkedInvalidPropertyId"),
        ("job", _with("configuration.triggerType", "Sometimes"), "InvalidRequestContent"),
        ("job", _with("configuration.replicaTimeout", None), "InvalidRequestContent"),
        ("job", _with("configuration.replicaRetryLimit", -1), "InvalidRequestContent"),
        ("job", _with("workloadProfileName", "GPU"), "InvalidRequestContent"),
        (
            "job",
            _with("template.containers.0.env", [{"name": "A", "secretRef": "none"}]),
            "ContainerAppSecretRefNotFound",
        ),
        (
            "job",
            job_body("true", triggerType="Schedule", scheduleTriggerConfig={"cronExpression": "* *"}),
            "InvalidRequestContent",
        ),
        ("job", {**job_body("true"), "location": "moon"}, "LocationNotAvailableForResourceType"),
        ("job", {**job_body("true"), "location": "eastus"}, "InvalidRequestContent"),
    ],
)
def test_what_a_put_refuses(arm: Arm, name: str, body: dict[str, Any], code: str) -> None:
    """A body that breaks a rule fails at once with Azure's code, and no job appears."""
    answer = arm("PUT", f"jobs/{name}", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code), answer.text
    assert arm("GET", "jobs").json() == {"value": []}


def test_the_message_names_the_field_and_the_registry_error(arm: Arm) -> None:
    """An unusable image is told with the field's path and the registry's own code, as real messages have it."""
    message = arm("PUT", "jobs/job", job_body("true", image="work/missing:1")).json()["error"]["message"]
    assert message.startswith("The following field(s) are either invalid or missing.")
    assert "template.containers.main.image" in message and "MANIFEST_UNKNOWN" in message


def test_a_new_job(arm: Arm) -> None:
    """201 in state InProgress with Azure-AsyncOperation and the millisecond header, then Succeeded."""
    body = job_body("true", triggerType="manual", secrets=None, eventTriggerConfig=None)
    body["properties"]["template"]["containers"][0]["env"] = None
    made = arm("PUT", "jobs/job", body)
    assert made.status_code == 201
    assert "retry-after" not in made.headers and made.headers["x-ms-retry-after-ms"] == "50"
    shown = made.json()
    assert shown["location"] == "West Europe" and shown["identity"] == {"type": "None"}
    assert shown["properties"]["provisioningState"] == "InProgress"
    assert shown["properties"]["configuration"]["triggerType"] == "Manual"
    assert shown["properties"]["configuration"]["manualTriggerConfig"] == {
        "replicaCompletionCount": 1,
        "parallelism": 1,
    }
    assert shown["systemData"]["createdAt"].endswith("Z")
    container = shown["properties"]["template"]["containers"][0]
    assert "env" not in container and container["resources"]["ephemeralStorage"] == "2Gi"
    status = arm.http.get(made.headers["azure-asyncoperation"])
    assert status.json()["status"] == "Succeeded"
    found = arm("GET", "jobs/job").json()
    assert found["properties"]["provisioningState"] == "Succeeded" and found["properties"]["runningState"] == "Ready"
    assert not found["systemData"]["createdAt"].endswith("Z")
    assert found["properties"]["eventStreamEndpoint"].startswith(arm.emulator.url)


def test_operation_urls_are_signed(arm: Arm) -> None:
    """A status URL that was rebuilt without its signature leads nowhere."""
    url = arm("PUT", "jobs/job", job_body("true")).headers["azure-asyncoperation"]
    assert arm.http.get(url.partition("&t=")[0]).status_code == 404


def test_resources_default(arm: Arm) -> None:
    """resources: null is half a core and 1Gi."""
    arm("PUT", "jobs/job", _with(CPU, None))
    found = arm("GET", "jobs/job").json()["properties"]["template"]["containers"][0]["resources"]
    assert found == {"cpu": 0.5, "memory": "1Gi", "ephemeralStorage": "2Gi"}


def test_the_sum_over_containers_counts(arm: Arm) -> None:
    """Two containers that are no pair each may be one together."""
    body = _with(CPU, {"cpu": 0.25, "memory": "1Gi"})
    body["properties"]["template"]["containers"].append(
        {"name": "side", "image": "work/side:1", "resources": {"cpu": 0.5, "memory": "0.5Gi"}}
    )
    assert arm("PUT", "jobs/job", body).status_code == 201


def test_slow_provisioning(arm: Arm) -> None:
    """While a write is carried out others get 409, the operation is InProgress; it ends by itself."""
    arm.emulator.world.behaviour.provisioning = 60
    made = arm("PUT", "jobs/job", job_body("true"))
    assert arm.http.get(made.headers["azure-asyncoperation"]).json()["status"] == "InProgress"
    assert arm("GET", "jobs/job").json()["properties"]["runningState"] == "Progressing"
    for method, path, body in (
        ("PUT", "jobs/job", job_body("true")),
        ("PATCH", "jobs/job", {"tags": {}}),
        ("POST", "jobs/job/start", None),
    ):
        answer = arm(method, path, body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "ContainerAppOperationInProgress")
    arm.emulator.call(arm.emulator.world.clock.advance, 61.0)
    assert arm.http.get(made.headers["azure-asyncoperation"]).json()["status"] == "Succeeded"
    gone = arm("DELETE", "jobs/job")
    waiting = arm.http.get(gone.headers["location"])
    assert waiting.status_code == 202 and waiting.headers["location"]
    assert arm("GET", "jobs/job").json()["properties"]["provisioningState"] == "Deleting"
    arm.emulator.call(arm.emulator.world.clock.advance, 61.0)
    assert arm.http.get(gone.headers["location"]).status_code == 204


def test_a_failing_operation(arm: Arm) -> None:
    """With the switch set, an accepted PUT ends in Failed with the code in the status body; the job stays, Failed."""
    arm.http.patch("/_azdock/behaviour", json={"fail_operations": 1})
    made = arm("PUT", "jobs/job", job_body("true"))
    status = arm.http.get(made.headers["azure-asyncoperation"]).json()
    assert (status["status"], status["error"]["code"]) == ("Failed", "ContainerAppOperationError")
    assert arm("GET", "jobs/job").json()["properties"]["provisioningState"] == "Failed"
    assert arm("PUT", "jobs/job", job_body("true")).status_code == 201


def test_patch_merges_objects_and_replaces_lists(arm: Arm) -> None:
    """PATCH answers 202 with a Location that ends in the job; what it does not name stays."""
    body = job_body("true", secrets=[{"name": "s", "value": "v"}])
    body["tags"] = {"old": "1"}
    arm("PUT", "jobs/job", body)
    patch = {
        "tags": {"new": "2"},
        "properties": {
            "configuration": {"replicaTimeout": 99},
            "template": {"containers": [{"name": "other", "image": "work/other:2"}]},
        },
    }
    answer = arm("PATCH", "jobs/job", patch)
    assert (answer.status_code, answer.content) == (202, b"")
    found = arm.http.get(answer.headers["location"]).json()
    assert found["tags"] == {"old": "1", "new": "2"}
    assert found["properties"]["configuration"]["replicaTimeout"] == 99
    assert found["properties"]["configuration"]["secrets"] == [{"name": "s"}]
    assert [one["name"] for one in found["properties"]["template"]["containers"]] == ["other"]
    assert found["properties"]["environmentId"] == ENVIRONMENT_ID


def test_secrets_are_told_to_those_who_ask(arm: Arm) -> None:
    """Values never show in the job, only in listSecrets."""
    arm("PUT", "jobs/job", job_body("true", secrets=[{"name": "s", "value": "very-secret"}]))
    assert "very-secret" not in arm("GET", "jobs/job").text + arm("GET", "jobs").text
    assert arm("POST", "jobs/job/listSecrets").json() == {"value": [{"name": "s", "value": "very-secret"}]}


def test_registry_credentials_reach_the_image_store(arm: Arm) -> None:
    """An image that needs a login resolves with the user and the password secret of its registry."""
    body = job_body(
        "true",
        image="reg.example/private:1",
        secrets=[{"name": "p", "value": "word"}],
        registries=[{"server": "reg.example", "username": "u", "passwordSecretRef": "p"}],
    )
    assert arm("PUT", "jobs/job", body).status_code == 201


def test_lists_and_pages(arm: Arm) -> None:
    """Lists by group and by subscription hold the same jobs; with a page size they come in pages."""
    for number in range(5):
        arm("PUT", f"jobs/job{number}", job_body("true"))
    sub = "/".join(arm.prefix.split("/")[:3])
    names = [f"job{number}" for number in range(5)]
    for path in ("jobs", f"{sub}/providers/Microsoft.App/jobs"):
        assert [one["name"] for one in arm("GET", path).json()["value"]] == names
    arm.emulator.world.behaviour.page_size = 2
    seen, url = [], f"{arm.prefix}/jobs?api-version=2026-07-01"
    while url:
        page = arm.http.get(url).json()
        assert len(page["value"]) <= 2
        seen += [one["name"] for one in page["value"]]
        url = page.get("nextLink")
    assert seen == names


def test_delete(arm: Arm) -> None:
    """202 with a Location that ends in 204; a job that is not there: 204 at once."""
    arm("PUT", "jobs/job", job_body("true"))
    gone = arm("DELETE", "jobs/job")
    assert (gone.status_code, gone.content) == (202, b"")
    assert arm.http.get(gone.headers["location"]).status_code == 204
    assert arm("DELETE", "jobs/job").status_code == 204
    assert arm("GET", "jobs/job").status_code == 404


def test_suspend_and_resume(arm: Arm) -> None:
    """A suspended job does not start; resume lets it again."""
    arm("PUT", "jobs/job", job_body("true"))
    assert arm("POST", "jobs/job/suspend").json()["properties"]["runningState"] == "Suspended"
    assert arm("POST", "jobs/job/start").status_code == 409
    assert arm("POST", "jobs/job/resume").json()["properties"]["runningState"] == "Ready"
    assert arm("POST", "jobs/job/start").status_code == 200


@pytest.mark.parametrize(
    ("version", "here", "absent"),
    [
        ("2026-07-01", "runningState", "runningStatus"),
        ("2025-02-02-preview", "runningStatus", "runningState"),
        ("2023-05-01", "environmentId", "runningStatus"),
    ],
)
def test_members_by_version(arm: Arm, version: str, here: str, absent: str) -> None:
    """The run state's name depends on the api-version."""
    arm("PUT", "jobs/job", job_body("true"))
    found = arm("GET", "jobs/job", version=version).json()["properties"]
    assert here in found and absent not in found


@pytest.mark.parametrize(
    ("tags", "status"),
    [({"k": "v" * 256}, 201), ({"k": "v" * 257}, 400), ({"a<b": "v"}, 400), ({f"t{n}": "" for n in range(51)}, 400)],
)
def test_limits_of_tags(arm: Arm, tags: dict[str, str], status: int) -> None:
    """Tags keep to the resource manager's limits."""
    assert arm("PUT", "jobs/job", {**job_body("true"), "tags": tags}).status_code == status


def test_patch_merges_tags(arm: Arm) -> None:
    """Tags are an object: a merge patch changes the ones it names, removes those it gives null, keeps the rest."""
    arm("PUT", "jobs/job", {**job_body("true"), "tags": {"keep": "1", "change": "1", "drop": "1"}})
    arm("PATCH", "jobs/job", {"tags": {"change": "2", "drop": None}})
    assert arm("GET", "jobs/job").json()["tags"] == {"keep": "1", "change": "2"}
