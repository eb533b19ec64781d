"""Records to bodies and executions to statuses, as tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from azdock.backends import aca_job_map as translation
from azdock.backends import shim
from azdock.backends.shim import Plan
from azdock.docker.record import ContainerRecord, Ident, Status
from azdock.docker.spec import ContainerSpec, ImageFacts, Resources, Restart

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
# Job_Execution_Get.json of azure-rest-api-specs, Microsoft.App 2026-07-01, shortened.
OFFICIAL: dict[str, Any] = {
    "name": "jobExecution1",
    "properties": {
        "detailedStatus": {
            "replicas": [
                {
                    "name": "testcontainerappsjob0-0",
                    "containers": [
                        {
                            "name": "testcontainerappsjob0",
                            "additionalInformation": "Completed",
                            "code": 0,
                            "status": "S",
                        }
                    ],
                }
            ]
        },
        "endTime": "2023-02-13T20:47:30+00:00",
        "startTime": "2023-02-13T20:37:30+00:00",
        "status": "Succeeded",
    },
}


def record(spec: ContainerSpec, image: ImageFacts) -> ContainerRecord:
    return ContainerRecord(Ident("ab" * 32, "web"), spec, NOON, "job", {}, image)


def execution(status: str, code: int | None = None, info: str = "", **more: Any) -> dict[str, Any]:
    container = {"name": "main", "code": code, "additionalInformation": info}
    detail = {} if code is None else {"detailedStatus": {"replicas": [{"name": "r", "containers": [container]}]}}
    return {"name": "e", "properties": {"status": status, **detail, **more}}


@pytest.mark.parametrize(("code", "error"), [(3, ""), (None, "Job has reached the specified backoff limit")])
def test_a_program_that_ends_with_a_code_is_no_error(code: int | None, error: str) -> None:
    """docker's State.Error is about the engine: Azure's words stand there only when the code is not told."""
    failed = execution("Failed", code, message="Job has reached the specified backoff limit")
    assert translation.status_of(failed).error == error


def test_a_container_that_never_ran_says_why() -> None:
    """There was no program that could have ended: Azure's reason stands in State.Error."""
    failed = execution("Failed", 1, "ImagePullFailure: UNAUTHORIZED: no", message="Job has reached the limit")
    assert translation.status_of(failed).error == "ImagePullFailure: UNAUTHORIZED: no"


@pytest.mark.parametrize(
    ("json", "state", "code", "known"),
    [
        (OFFICIAL, "exited", 0, True),
        (execution("Running"), "running", 0, True),
        (execution("Running", -1), "running", 0, True),
        (execution("Processing"), "running", 0, True),
        (execution("Succeeded"), "exited", 0, True),
        (execution("Failed", 3), "exited", 3, True),
        (execution("Failed"), "exited", 1, False),
        (execution("Failed", reason="DeadlineExceeded"), "exited", 124, False),
        (execution("Failed", 137, "OOMKilled"), "exited", 137, True),
        (execution("Stopped"), "exited", 137, False),
        (execution("Stopped", -1), "running", 0, True),
        (execution("Stopped", -1, endTime="2026-01-01T00:00:00Z"), "exited", 137, False),
        (execution("Stopped", 5), "exited", 5, True),
        (execution("Failed", 127, "ContainerCreateFailure: x: not found"), "created", 127, True),
        (execution("Failed", 1, "ContainerCreateFailure: permission denied"), "created", 126, True),
        (execution("Failed", 1, "ImagePullFailure: UNAUTHORIZED: no"), "exited", 1, False),
    ],
)
def test_statuses(json: dict[str, Any], state: str, code: int, known: bool) -> None:
    """Every kind of execution has one status, and a code Azure did not tell is marked."""
    found = translation.status_of(json)
    assert (found.state, found.exit_code, found.exit_known) == (state, code, known)
    assert isinstance(found, Status)


@pytest.mark.parametrize(
    ("spec", "fields"),
    [
        (ContainerSpec("i"), {}),
        (ContainerSpec("i", command=("a", "b")), {"args": ["a", "b"]}),
        (ContainerSpec("i", entrypoint=("e",), command=("a",)), {"command": ["e"], "args": ["a"]}),
        (ContainerSpec("i", entrypoint=(), command=("a", "b")), {"command": ["a"], "args": ["b"]}),
        (ContainerSpec("i", env=("A=1", "A=2=3", "B=")),
         {"env": [{"name": "A", "value": "2=3"}, {"name": "B", "value": ""}]}),
        (ContainerSpec("i", resources=Resources(memory=600 * 2**20)), {"resources": {"cpu": 0.5, "memory": "1Gi"}}),
    ],
)  # fmt: skip
def test_containers(spec: ContainerSpec, fields: dict[str, Any]) -> None:
    """ENTRYPOINT is command, CMD is args, resources are an allowed pair."""
    base = {"name": "main", "image": "i", "resources": {"cpu": 0.25, "memory": "0.5Gi"}}
    assert translation.container(record(spec, ImageFacts())) == base | fields


def test_a_wrapped_command_line_is_one_command() -> None:
    """The shim gets the words that docker would run, the image's own among them."""
    image = ImageFacts(id="sha256:1", entrypoint=("e",), command=("c",))
    found = translation.container(record(ContainerSpec("i"), image), Plan(linger=3))
    assert shim.unwrap(found["command"]) == (Plan(linger=3), ("e", "c"))
    assert "args" not in found


@pytest.mark.parametrize("handle", [{"job": "web-abababab"}, {"job": "web-abababab", "linger": "7"}])
@pytest.mark.parametrize(
    "spec",
    [
        ContainerSpec("i"),
        ContainerSpec("i", command=("c",), workdir="/w", stdin_open=True, init=True),
        ContainerSpec("i", command=("a",), entrypoint=("e", "f"), env=("A=1",), auto_remove=True),
        ContainerSpec("i", command=("a", "b"), entrypoint=()),
        ContainerSpec("i", labels={"k": "v" * 900}, restart=Restart("on-failure", 3), timeout=60),
        ContainerSpec("i", resources=Resources(1_000_000_000, 5), attach=("stdout",), stop_timeout=0),
    ],
)
def test_a_record_comes_back_from_its_resource(spec: ContainerSpec, handle: dict[str, str]) -> None:
    """The resource alone is enough to rebuild an equal record, wrapped or not."""
    image = ImageFacts(id="sha256:1", entrypoint=("run",), command=("sh",), env=("PATH=/bin",), labels={"a": "b"})
    before = replace(record(spec, image), handle=handle)
    job = translation.job_body(before, "/env", "here", translation.own_plan(before)) | {"name": "web-abababab"}
    after = translation.record_of(job)
    assert (after.spec, after.image, after.ident, after.created) == (spec, before.image, before.ident, NOON)
    assert after.handle == handle
    assert all(len(value) <= 256 for value in job["tags"].values())


def test_values_stay_out_of_tags() -> None:
    """Values of variables and arguments never appear in tags."""
    spec = ContainerSpec("i", command=("s3cret",), env=("K=s3cret",), asked={"env": "K=s3cret"})
    assert "s3cret" not in str(translation.job_body(record(spec, ImageFacts()), "/env", "here")["tags"])
