"""What the platform tells about a job's run, in the order in which Azure tells it."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from azdock.emulator.runtimes.base import ImageError
from azdock.emulator.world import WORKSPACE
from tests.contract.emulator.conftest import Arm
from tests.support.emulator import job_body

TABLE = "ContainerAppSystemLogs_CL"


def told(arm: Arm, columns: str = "Reason_s") -> list[list[Any]]:
    """The system log, oldest first."""
    query = f"{TABLE} | order by _timestamp_d asc | project {columns}"
    answer = arm.http.post(f"/v1/workspaces/{WORKSPACE}/query", json={"query": query})
    assert answer.status_code == 200, answer.text
    found: list[list[Any]] = answer.json()["tables"][0]["rows"]
    return found


def reasons(arm: Arm, last: str) -> list[str]:
    """All reasons, once the one that ends a run is there."""

    def over() -> list[str] | None:
        found = [row[0] for row in told(arm)]
        return found if found.count("PodDeletion") == found.count("SuccessfulCreate") and last in found else None

    found: list[str] = arm.until(over)
    return found


def run(arm: Arm, *command: str, **options: Any) -> dict[str, Any]:
    assert arm("PUT", "jobs/job1", job_body(*command, **options)).status_code == 201
    return arm.ended("job1", arm.run("job1"))


def test_success(arm: Arm) -> None:
    """The whole life of a run that succeeds."""
    run(arm, "sh", "-c", "exit 0")
    assert reasons(arm, "Completed") == [
        "SuccessfulCreate", "AssigningReplica", "PullingImage", "PulledImage", "ContainerCreated", "ContainerStarted",
        "ContainerTerminated", "ProcessExited", "Completed", "PodDeletion",
    ]  # fmt: skip
    rows = {row[0]: row[1:] for row in told(arm, "Reason_s, Type_s, Log_s, ReplicaName_s, ExecutionName_s, JobName_s")}
    execution, replica = rows["SuccessfulCreate"][3], rows["AssigningReplica"][2]
    assert replica.startswith(f"{execution}-") and rows["Completed"][4] == "job1"
    assert {reason: row[:2] for reason, row in rows.items()} == {
        "SuccessfulCreate": ["Normal", f"Successfully created pod for Job Execution '{execution}'"],
        "AssigningReplica": ["Normal", f"Replica '{replica}' has been scheduled to run on a node."],
        "PullingImage": ["Normal", "Pulling image 'work/tool:1'"],
        "PulledImage": ["Normal", rows["PulledImage"][1]],
        "ContainerCreated": ["Normal", "Created container 'main'"],
        "ContainerStarted": ["Normal", "Started container 'main'"],
        "ContainerTerminated": [
            "Warning", "Container 'main' was terminated with exit code '0' and reason 'ProcessExited'",
        ],
        "ProcessExited": ["Normal", "Container 'main' was terminated with exit code '0'"],
        "Completed": ["Normal", "Execution has successfully completed"],
        "PodDeletion": ["Normal", "Pod exited with status Succeeded"],
    }  # fmt: skip
    assert rows["PulledImage"][1].startswith('Successfully pulled image "work/tool:1" in ')
    assert rows["PulledImage"][1].endswith(" Image size: 1000 bytes.")


def test_failure_with_a_retry(arm: Arm) -> None:
    """Each attempt has its own entries; the end names the reason of the execution."""
    run(arm, "sh", "-c", "exit 7", retries=1)
    found = reasons(arm, "BackoffLimitExceeded")
    assert found.count("ContainerStarted") == found.count("SuccessfulCreate") == found.count("ProcessExited") == 2
    assert found[-3:] == ["BackoffLimitExceeded", "PodDeletion", "PodDeletion"]
    texts = [row[0] for row in told(arm, "Log_s")]
    assert "Container 'main' was terminated with exit code '7'" in texts
    assert "Job has reached the specified backoff limit" in texts


def test_timeout(arm: Arm) -> None:
    """A run that takes too long is stopped, and says so."""
    found = run(arm, "sleep", "30", timeout=1)
    assert (found["status"], found["reason"]) == ("Failed", "DeadlineExceeded")
    assert "DeadlineExceeded" in reasons(arm, "DeadlineExceeded")
    assert ["Job was active longer than specified deadline"] in told(arm, "Log_s")
    assert ["Container 'main' was terminated with exit code '' and reason 'ManuallyStopped'"] in told(arm, "Log_s")


def test_stop(arm: Arm) -> None:
    """A run that is stopped ends without a reason of its own."""
    assert arm("PUT", "jobs/job1", job_body("sleep", "30")).status_code == 201
    name = arm.run("job1")
    arm.until(lambda: ["ContainerStarted"] in told(arm) if arm.emulator.world.logbook.tables() else None)
    arm("POST", f"jobs/job1/executions/{name}/stop")
    found = reasons(arm, "PodDeletion")
    assert not {"Completed", "BackoffLimitExceeded", "DeadlineExceeded"} & set(found)


@pytest.mark.parametrize(
    ("code", "reason", "text"),
    [
        ("UNAUTHORIZED", "ImagePullUnauthorized", "Container pull image failed with unauthorized error."),
        ("MANIFEST_UNKNOWN", "ImagePullFailed", "Container pull image failed with manifest_unknown error."),
    ],
)
def test_an_image_that_went_away(monkeypatch: pytest.MonkeyPatch, arm: Arm, code: str, reason: str, text: str) -> None:
    """An image that can no longer be pulled shows in the system log, without an exit code."""
    assert arm("PUT", "jobs/job1", job_body("true")).status_code == 201

    async def refuse(*_args: Any, **_options: Any) -> None:
        raise ImageError(code, "no")

    monkeypatch.setattr(arm.emulator.runtime, "resolve", refuse)
    found = arm.ended("job1", arm.run("job1"))
    assert found["status"] == "Failed"
    assert reasons(arm, "BackoffLimitExceeded")[:5] == [
        "SuccessfulCreate", "AssigningReplica", "PullingImage", reason, "ContainerTerminated",
    ]  # fmt: skip
    assert [text] in told(arm, "Log_s")
    assert ["Container 'main' was terminated with exit code '' and reason 'ImagePullFailure'"] in told(arm, "Log_s")


def test_event_stream(arm: Arm) -> None:
    """The live form: what concerns the whole execution names no replica; times are written as Go does."""
    run(arm, "sh", "-c", "exit 0")
    reasons(arm, "Completed")
    token = arm("POST", "jobs/job1/getAuthToken", version="2023-11-02-preview").json()["properties"]["token"]
    where = arm("GET", "jobs/job1").json()["properties"]["eventStreamEndpoint"]
    answer = httpx.get(where, params={"tailLines": "300"}, headers={"Authorization": f"Bearer {token}"})
    records = [json.loads(line) for line in answer.text.splitlines()]
    byreason = {one["Reason"]: one for one in records}
    assert list(byreason)[:3] == ["StartingGettingEvents", "ConnectedToEventsServer", "SuccessfulCreate"]
    assert byreason["Completed"]["ReplicaName"] is None
    assert byreason["ContainerStarted"]["ReplicaName"].startswith("job1-")
    assert byreason["ContainerStarted"]["TimeStamp"].endswith(" +0000 UTC")
