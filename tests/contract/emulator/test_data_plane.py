"""A job that really runs, seen through the whole application: log stream, exec, events and history."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from azdock.emulator.world import ENVIRONMENT, WORKSPACE
from tests.contract.emulator.conftest import Arm
from tests.support.emulator import ENVIRONMENT_ID

SCRIPT = "echo hello; echo 'a problem' >&2; read line < fifo; printf bye; exit 4"


def job(script: str) -> dict[str, Any]:
    resources = {"cpu": 0.25, "memory": "0.5Gi"}
    container = {"name": "main", "image": "tool", "command": ["sh", "-c", script], "resources": resources}
    configuration = {
        "triggerType": "Manual",
        "replicaTimeout": 60,
        "replicaRetryLimit": 0,
        "manualTriggerConfig": {"parallelism": 1, "replicaCompletionCount": 1},
    }
    properties = {
        "environmentId": ENVIRONMENT_ID,
        "configuration": configuration,
        "template": {"containers": [container]},
    }
    return {"location": "westeurope", "properties": properties}


def started(arm: Arm, script: str) -> tuple[str, dict[str, Any], dict[str, str]]:
    """An execution's name, its container as the replica list shows it, and headers with the job's token."""
    answer = arm("PUT", "jobs/job1", job(script))
    assert answer.status_code == 201, answer.text
    execution = arm.run("job1")

    def container() -> Any:
        replicas = arm("GET", f"jobs/job1/executions/{execution}/replicas").json()["value"]
        found = replicas[0]["properties"]["containers"] if replicas else []
        return found[0] if found and found[0].get("logStreamEndpoint") else None

    token = arm("POST", "jobs/job1/getAuthToken").json()["properties"]["token"]
    return execution, arm.until(container), {"Authorization": f"Bearer {token}"}


def test_life_of_a_job(arm: Arm) -> None:
    """Its lines are streamed until it ends, exec works meanwhile, and both remain in Log Analytics."""
    execution, container, headers = started(arm, f"mkfifo fifo; {SCRIPT}")
    texts = []
    with httpx.stream(
        "GET", container["logStreamEndpoint"], params={"follow": "true"}, headers=headers, timeout=20
    ) as answer:
        lines = answer.iter_lines()
        while "F hello" not in texts or "F a problem" not in texts:
            texts.append(json.loads(next(lines))["Log"])
        url = container["execEndpoint"] + "?command=sh+-c+'echo+out;+echo+go+>+fifo;+exit+6'"
        with connect(url, additional_headers=headers, proxy=None) as socket, contextlib.suppress(ConnectionClosed):
            frames = []
            while True:
                frames.append(socket.recv(timeout=10))
        texts += [json.loads(line)["Log"] for line in lines]
    assert b"out" in b"".join(frame[2:] for frame in frames if frame[:2] == b"\x00\x01")
    assert "exit code 6, code: 0" in str(frames[-1])
    assert texts[-1] == "P bye"
    query = "ContainerAppConsoleLogs_CL | order by _timestamp_d asc | project Log_s, Stream_s"
    rows = arm.http.post(f"/v1/workspaces/{WORKSPACE}/query", json={"query": query}).json()["tables"][0]["rows"]
    assert sorted(rows) == [["a problem", "stderr"], ["bye", "stdout"], ["hello", "stdout"]]
    assert arm.ended("job1", execution)["status"] == "Failed"
    path = f"{arm.emulator.url}{arm.emulator.group}/containerApps/job1/eventstream"
    assert "exit code '4'" in httpx.get(path, headers=headers).text


def test_tokens_open_one_thing(arm: Arm) -> None:
    """The resource manager's token opens no stream, an environment's token no job, a job's no environment."""
    _, container, headers = started(arm, "sleep 30")
    answer = arm("POST", f"managedEnvironments/{ENVIRONMENT}/getAuthtoken").json()
    environment = {"Authorization": f"Bearer {answer['properties']['token']}"}
    wrong = (arm.emulator.headers, environment, {})
    for refused in wrong:
        assert httpx.get(container["logStreamEndpoint"], headers=refused).status_code == 401
        with pytest.raises(InvalidStatus) as upgrade:
            connect(container["execEndpoint"], additional_headers=refused, proxy=None)
        assert upgrade.value.response.status_code == 401
    path = f"{arm.emulator.url}{arm.emulator.group}/managedEnvironments/{ENVIRONMENT}/eventstream"
    assert httpx.get(path, headers=headers).status_code == 401
    assert httpx.get(path, headers=environment).status_code == 200


def test_paths_match_in_any_case(arm: Arm) -> None:
    """Case and repeated slashes do not matter on the data plane either."""
    _, container, headers = started(arm, "echo hi; sleep 30")
    url = (
        container["logStreamEndpoint"].replace("/logstream", "//LogStream/").replace("resourceGroups", "resourcegroups")
    )
    assert httpx.get(url, headers=headers).status_code == 200
