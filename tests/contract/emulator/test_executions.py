"""Runs of a job: exit codes, retries, timeout, stop, replicas, and what the containers see."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.contract.emulator.conftest import Arm, containers
from tests.support.emulator import job_body

SLEEPER = ("sh", "-c", "trap 'exit 5' TERM; while :; do sleep 0.05; done")
STUBBORN = ("sh", "-c", "trap '' TERM; while :; do sleep 0.05; done")


def _made(arm: Arm, *command: str, **options: Any) -> None:
    assert arm("PUT", "jobs/job", job_body(*command, **options)).status_code == 201


@pytest.mark.parametrize(
    ("script", "status", "code", "why"),
    [("exit 0", "Succeeded", 0, "Completed"), ("exit 7", "Failed", 7, "Error"), ("kill -9 $$", "Failed", 137, "Error")],
)
def test_exit_codes(arm: Arm, script: str, status: str, code: int, why: str) -> None:
    """The container's own code is in detailedStatus; death by a signal is 128 and its number."""
    _made(arm, "sh", "-c", script)
    found = arm.ended("job", arm.run("job"))
    assert found["status"] == status and found["endTime"]
    [container] = containers(found)
    assert (container["code"], container["additionalInformation"], container["status"]) == (code, why, status)
    assert found.get("reason") == (None if code == 0 else "BackoffLimitExceeded")


@pytest.mark.parametrize(
    ("version", "there"),
    [("2026-07-01", True), ("2024-08-02-preview", True), ("2025-07-01", False), ("2023-11-02-preview", False)],
)
def test_exit_codes_by_version(arm: Arm, version: str, there: bool) -> None:
    """detailedStatus exists in previews since 2024-08-02 and in stable versions since 2026-07-01."""
    _made(arm, "true")
    name = arm.run("job")
    arm.ended("job", name)
    assert ("detailedStatus" in arm.execution("job", name, version)) is there


def test_while_it_runs(arm: Arm) -> None:
    """A running container has code -1; the replica and its endpoints are listed, and a token can be had."""
    _made(arm, *SLEEPER)
    name = arm.run("job")
    where = f"jobs/job/executions/{name}/replicas"
    [replica] = arm.until(
        lambda: [
            one for one in arm("GET", where, version="2023-11-02-preview").json()["value"]
            if one["properties"]["containers"]
        ]
    )  # fmt: skip
    assert replica["name"].startswith(name + "-") and replica["properties"]["runningState"] == "Running"
    [container] = replica["properties"]["containers"]
    assert container["ready"] and container["logStreamEndpoint"].startswith(f"{arm.emulator.url}/subscriptions/")
    assert container["execEndpoint"].startswith("ws://")
    assert f"/containerApps/job/revisions/{name}/" in container["execEndpoint"]
    assert [one["code"] for one in containers(arm.execution("job", name))] == [-1]
    token = arm("POST", "jobs/job/getAuthToken", version="2023-11-02-preview").json()["properties"]["token"]
    claims = arm.emulator.world.auth.data_claims(token)
    assert claims and (claims["capp_name"], claims["capp_rg"]) == ("job", "azdock")
    assert list(arm.emulator.world.running.containers[replica["name"]]) == ["main"]


@pytest.mark.parametrize("path", ["executions/{}/stop", "stop/{}"])
def test_stop_one(arm: Arm, path: str) -> None:
    """Both paths: Stopped at once without endTime; the code is the process's own answer to SIGTERM."""
    _made(arm, *SLEEPER)
    name = arm.run("job")
    arm.until(lambda: arm.emulator.world.running.containers)
    time.sleep(0.1)  # until the shell has set its trap
    answer = arm("POST", "jobs/job/" + path.format(name))
    assert (answer.status_code, answer.json()) == (200, f"Job Execution: {name}, stopped successfully.")
    assert arm.execution("job", name)["status"] == "Stopped"
    found = arm.ended("job", name)
    assert [one["code"] for one in containers(found)] == [5] and "endTime" not in found
    assert arm("POST", "jobs/job/" + path.format(name)).status_code == 200


def test_stop_after_the_grace_period(arm: Arm) -> None:
    """A process that ignores SIGTERM is killed when the grace period is over; until then its code is -1."""
    arm.emulator.world.behaviour.grace = 0.2
    _made(arm, *STUBBORN)
    name = arm.run("job")
    arm.until(lambda: arm.emulator.world.running.containers)
    time.sleep(0.1)
    arm("POST", f"jobs/job/executions/{name}/stop")
    found = arm.execution("job", name)
    assert (found["status"], [one["code"] for one in containers(found)]) == ("Stopped", [-1])
    assert [one["code"] for one in containers(arm.ended("job", name))] == [137]


def test_stop_all(arm: Arm) -> None:
    """Every running execution is stopped and returned; ended ones are left alone."""
    _made(arm, "true")
    done = arm.run("job")
    arm.ended("job", done)
    _made(arm, *SLEEPER)
    names = {arm.run("job"), arm.run("job")}
    answer = arm("POST", "jobs/job/stop")
    assert {one["name"] for one in answer.json()["value"]} == names
    assert arm.execution("job", done)["status"] == "Succeeded"


def test_executions_are_listed_newest_first(arm: Arm) -> None:
    """The first element is the latest run; starting a job that runs already is allowed."""
    _made(arm, "true")
    names = [arm.run("job") for _ in range(3)]
    assert [one["name"] for one in arm("GET", "jobs/job/executions").json()["value"]] == names[::-1]


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_start_override(arm: Arm, wrapped: bool) -> None:
    """The body of start, bare or wrapped, replaces the template for this run only."""
    _made(arm, "sh", "-c", "exit 1")
    template = {"containers": [{"name": "other", "image": "work/other:1", "command": ["sh", "-c", "exit 4"]}]}
    found = arm.ended("job", arm.run("job", {"template": template} if wrapped else template))
    assert [(one["name"], one["code"]) for one in containers(found)] == [("other", 4)]
    assert found["template"]["containers"][0]["image"] == "work/other:1"
    assert [one["code"] for one in containers(arm.ended("job", arm.run("job")))] == [1]


def test_an_override_with_an_unknown_image(arm: Arm) -> None:
    """An image that cannot be had fails the start, and no execution appears."""
    _made(arm, "true")
    answer = arm("POST", "jobs/job/start", {"containers": [{"name": "x", "image": "work/missing:1"}]})
    assert answer.json()["error"]["code"] == "InvalidParameterValueInContainerTemplate"
    assert arm("GET", "jobs/job/executions").json() == {"value": []}


def test_retries(arm: Arm) -> None:
    """A failed replica is tried again as often as the limit says; each try is a replica of its own."""
    _made(arm, "sh", "-c", "exit 3", retries=2)
    found = arm.ended("job", arm.run("job"))
    assert (found["status"], found["reason"]) == ("Failed", "BackoffLimitExceeded")
    assert [one["code"] for one in containers(found)] == [3, 3, 3]


def test_a_retry_that_succeeds(arm: Arm, tmp_path_factory: pytest.TempPathFactory) -> None:
    """One success is enough."""
    mark = tmp_path_factory.mktemp("shared") / "mark"
    _made(arm, "sh", "-c", f"test -e {mark} && exit 0; touch {mark}; exit 9", retries=3)
    found = arm.ended("job", arm.run("job"))
    assert found["status"] == "Succeeded" and [one["code"] for one in containers(found)] == [9, 0]


def test_parallel_replicas(arm: Arm) -> None:
    """As many replicas at a time as parallelism, until the completion count is reached."""
    limits = {"parallelism": 2, "replicaCompletionCount": 3}
    _made(arm, "sh", "-c", "exit 0", manualTriggerConfig=limits)
    found = arm.ended("job", arm.run("job"))
    assert found["status"] == "Succeeded" and [one["code"] for one in containers(found)] == [0, 0, 0]


def test_timeout(arm: Arm) -> None:
    """When replicaTimeout is over the processes are ended and the execution has failed with DeadlineExceeded."""
    _made(arm, *SLEEPER, timeout=1, retries=5)
    found = arm.ended("job", arm.run("job"))
    assert (found["status"], found["reason"]) == ("Failed", "DeadlineExceeded")
    assert [one["code"] for one in containers(found)] == [5]


@pytest.mark.parametrize(("program", "code"), [("/no/such/program", 127), ("/etc/passwd", 126)])
def test_a_bad_program(arm: Arm, program: str, code: int) -> None:
    """A program that is not there or cannot be executed: 127 or 126 with the runtime's words."""
    _made(arm, program)
    found = arm.ended("job", arm.run("job"))
    assert (found["status"], found["reason"]) == ("Failed", "ContainerCreateFailure")
    [container] = containers(found)
    assert container["code"] == code and container["additionalInformation"].startswith("ContainerCreateFailure: ")


def test_what_a_container_sees(arm: Arm) -> None:
    """Its environment holds the job's variables, secrets by reference, and the platform's own names."""
    body = job_body("true", secrets=[{"name": "s", "value": "word"}])
    body["properties"]["template"]["containers"][0]["env"] = [
        {"name": "PLAIN", "value": "p q"},
        {"name": "HIDDEN", "secretRef": "s"},
    ]
    arm("PUT", "jobs/job", body)
    name = arm.run("job")
    found = arm.ended("job", name)
    [run] = arm.emulator.world.runtime.runs  # type: ignore[attr-defined]
    replica = found["detailedStatus"]["replicas"][0]["name"]
    assert dict(run.env) == {
        "CONTAINER_APP_JOB_NAME": "job",
        "CONTAINER_APP_JOB_EXECUTION_NAME": name,
        "CONTAINER_APP_REPLICA_NAME": replica,
        "PLAIN": "p q",
        "HIDDEN": "word",
    }
    assert (run.hostname, run.cpu, run.memory) == (replica, 0.5, 1024**3)


def test_init_containers_come_first_and_must_succeed(arm: Arm) -> None:
    """A failing init container fails the replica before its containers start."""
    body = job_body("sh", "-c", "exit 0")
    body["properties"]["template"]["initContainers"] = [
        {"name": "first", "image": "work/tool:1", "command": ["sh", "-c", "exit 6"]}
    ]
    arm("PUT", "jobs/job", body)
    assert arm.ended("job", arm.run("job"))["status"] == "Failed"
    assert [one.name for one in arm.emulator.world.runtime.runs] == ["first"]  # type: ignore[attr-defined]


def test_slow_replicas(arm: Arm) -> None:
    """A replica comes late, its container later; a stop before that leaves nothing running."""
    arm.emulator.world.behaviour.replica_delay = 30
    arm.emulator.world.behaviour.container_delay = 30
    _made(arm, *SLEEPER)
    name = arm.run("job")
    where, advance = f"jobs/job/executions/{name}/replicas", arm.emulator.world.clock.advance
    assert arm("GET", where).json() == {"value": []}
    assert "detailedStatus" not in arm.execution("job", name)
    arm.until(lambda: arm.emulator.call(advance, 31.0) or arm("GET", where).json()["value"])
    [replica] = arm("GET", where).json()["value"]
    assert (replica["properties"]["runningState"], replica["properties"]["containers"]) == ("NotRunning", [])
    arm("POST", f"jobs/job/executions/{name}/stop")
    assert arm.ended("job", name)["status"] == "Stopped"


def test_replicas_linger_and_vanish(arm: Arm) -> None:
    """An ended replica is listed for a while, then not."""
    _made(arm, "true")
    name = arm.run("job")
    arm.ended("job", name)
    where = f"jobs/job/executions/{name}/replicas"
    [replica] = arm("GET", where).json()["value"]
    assert replica["properties"]["containers"][0]["runningState"] == "Terminated"
    assert arm("GET", f"{where}/{replica['name']}/").json()["name"] == replica["name"]
    arm.emulator.call(arm.emulator.world.clock.advance, 6.0)
    assert arm("GET", where).json() == {"value": []}


def test_deleting_a_job_ends_its_runs(arm: Arm) -> None:
    """With the job go its executions, and their processes end."""
    _made(arm, *SLEEPER)
    name = arm.run("job")
    arm.until(lambda: arm.emulator.world.running.containers)
    arm("DELETE", "jobs/job")
    assert arm("GET", f"jobs/job/executions/{name}").status_code == 404
    arm.until(lambda: not arm.emulator.world.running.containers)


def test_scratch_folders_go_away(arm: Arm) -> None:
    """What a container wrote is removed once it has ended."""
    _made(arm, "sh", "-c", "echo x > file; mkdir -p locked/inside; chmod 0 locked")
    arm.ended("job", arm.run("job"))
    scratch = arm.emulator.home / "scratch"
    arm.until(lambda: not list(scratch.iterdir()))
