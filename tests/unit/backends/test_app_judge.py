"""What is made of the evidence about an app."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from azdock.azure.systemlogs import SystemEvent
from azdock.backends import app_judge
from azdock.backends.app_evidence import AppEvidence
from azdock.backends.evidence import Replica
from azdock.docker.channels import LogLine
from azdock.docker.mounts import Mount
from azdock.docker.record import Status
from azdock.docker.spec import ContainerSpec, Restart
from tests.support.fakes import record

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
PORT = "Deployment Progress Deadline Exceeded. 0/1 replicas ready. "
PORT += "The TargetPort 8000 does not match the listening port 3000."
EXITED = "Container 'main' was terminated with exit code '{}' and reason '{}'"
STARTING = Status(state="created", run="web--1", health="starting")
ALWAYS = ContainerSpec(image="nginx", restart=Restart("always"))
GAVE_UP = "Container main failed {} probe, will be restarted"


def events(*told: tuple[str, str]) -> list[SystemEvent]:
    return [
        SystemEvent(NOON + timedelta(seconds=number), reason, "Warning", text, "web--1-x-aaaaa")
        for number, (reason, text) in enumerate(told)
    ]


def terminated(code: object, reason: str) -> tuple[str, str]:
    return "ContainerTerminated", EXITED.format(code, reason)


def explained(seen: Status, *told: tuple[str, str], spec: ContainerSpec = ALWAYS, **facts: Any) -> tuple[str, str]:
    evidence = AppEvidence(record(seen=seen, spec=spec), revision="web--1", state="x", events=events(*told), **facts)
    found = app_judge.explain(evidence)
    return found.cause, found.next


STARTED = ("ContainerStarted", "Started container 'main'")


@pytest.mark.parametrize(
    ("told", "facts", "cause", "following"),
    [
        ([STARTED, ("ProbeFailed", "Probe of StartUp failed with status code: 1")], {"details": PORT},
         "Azure sends requests to port 8000, but the program listens on port 3000.",
         "azdock run -p HOST:3000 nginx ..."),
        ([terminated("", "ImagePullFailure")], {}, "Azure could not pull the image nginx.",
         "azdock update --image IMAGE web"),
        ([], {"replicas": [Replica("r", "NotRunning", "", "Waiting",
                                   "Container is waiting with reason: ImagePullBackOff on legion.")]},
         "Azure could not pull the image nginx.", "azdock update --image IMAGE web"),
        ([("ImagePullUnauthorized", "Container pull image failed with unauthorized error.")], {},
         "The registry did not let Azure pull the image nginx: credentials are missing, wrong or expired: "
         "Container pull image failed with unauthorized error.", "az acr login"),
        ([STARTED, ("ProbeFailed", "Probe of StartUp failed with status code: 404"),
          ("ProbeFailure", GAVE_UP.format("startup")), terminated(137, "ProcessExited")], {},
         "The startup probe fails: status code 404; Azure starts the container again.", "azdock logs web"),
        ([STARTED, ("ProbeFailed", "Probe of Liveness failed with timeout in 1 seconds."),
          ("ProbeFailure", GAVE_UP.format("liveness")), terminated("", "ProbeFailure")], {},
         "The liveness probe fails: timeout in 1 seconds; Azure starts the container again.", "azdock logs web"),
        ([STARTED, ("ProbeFailed", "Probe of StartUp failed with status code: 1"),
          ("ProbeFailed", "Probe of Readiness failed with status code: 503")], {},
         "The readiness probe fails: status code 503; Azure sends it no requests.", "azdock logs web"),
        ([STARTED, ("ProbeFailed", "Probe of StartUp failed with status code: 1")], {},
         "The startup probe fails: nothing answers on its port; Azure starts the container again.", "azdock logs web"),
        ([STARTED, ("ProbeFailed", "Probe of Liveness failed with status code: ")], {},
         "The liveness probe fails: nothing answers on its port; Azure starts the container again.", "azdock logs web"),
        ([("VolumeMountFailure", "mount error(13): Permission denied")], {},
         "A volume could not be mounted: mount error(13): Permission denied: a wrong share or key, or port 445 is "
         "blocked.", "azdock volume inspect VOLUME"),
        ([("FailedScheduling", "0/3 nodes are available")], {}, "Azure has no node with room for it: 0/3 nodes are "
         "available.", "az containerapp env list-usages"),
        ([], {"error": "The environment's ManagedEnvironmentCoresQuotaExceeded."},
         "A quota of the environment or subscription is used up", "az containerapp env list-usages"),
        ([STARTED, terminated(137, "OOMKilled")], {"restarts": 3},
         "The container used more than its 0.5Gi of memory and was killed (OOM).", "azdock update --memory 1g web"),
        ([("PullingImage", "Pulling image 'nginx'")], {}, "Azure is pulling the image nginx.", "azdock explain web"),
        ([STARTED], {}, "Its program runs, and Azure waits for it to be ready.", "azdock explain web"),
    ],
)  # fmt: skip
def test_what_does_not_run(told: list[tuple[str, str]], facts: dict[str, Any], cause: str, following: str) -> None:
    """The port, the image, the probe and its status code, the volume, room: each is named, with the next command."""
    found, command = explained(STARTING, *told, **facts)
    assert found.startswith(cause)
    assert command.startswith(following)


def test_crash_loop() -> None:
    """Its exit code is named, and its last lines are the end of the evidence; of a kill the memory is named."""
    seen = Status(state="restarting", run="web--1", exit_code=3, restarts=4)
    told = [STARTED, ("ProbeFailed", "Probe of StartUp failed with status code: 1"), terminated(3, "ProcessExited")]
    cause, following = explained(seen, *told, restarts=4, details="1/1 Container crashing: main")
    assert "again and again, last with exit code 3" in cause and following == "azdock logs web"
    tail = [LogLine("err", b"no database\n", 10**18)]
    found = app_judge.explain(
        AppEvidence(record(seen=seen, spec=ALWAYS), revision="web--1", state="Failed", events=events(*told), tail=tail,
                    restarts=4)
    )  # fmt: skip
    assert (found.reason, found.notes[-1].source, found.notes[-1].text) == ("CrashLoopBackOff", "log", "no database")
    cause, following = explained(seen, STARTED, terminated(137, "ProcessExited"), restarts=4)
    assert "SIGKILL" in cause and following == "azdock update --memory 1g web"


def test_what_runs() -> None:
    """A container that is well says so, whatever went wrong before, and how often it was started anew."""
    seen = Status(state="running", run="web--1", health="healthy")
    assert explained(seen, ("ImagePullUnauthorized", "x"), STARTED) == ("It runs.", "azdock logs web")
    cause, _ = explained(replace(seen, restarts=2), STARTED, terminated(1, "ProcessExited"), STARTED)
    assert cause == "It runs; it was started anew 2 times, last after exit code 1."
    assert explained(Status(), spec=ALWAYS)[0] == "It was created and has never been started."
    unhealthy = replace(seen, health="unhealthy")
    assert "readiness probe fails" in explained(unhealthy, ("ProbeFailed", "Container main failed readiness probe"))[0]


@pytest.mark.parametrize(
    ("policy", "status", "told", "cause"),
    [
        ("no", {"exit_code": 4}, [STARTED, terminated(4, "ProcessExited"), terminated("", "ManuallyStopped")],
         "The program ended with exit code 4; its output should say why."),
        ("no", {}, [STARTED, terminated(0, "ProcessExited")], "It ran to its end and succeeded."),
        ("no", {"exit_code": 137, "exit_known": False}, [STARTED, terminated("", "ManuallyStopped")], "It was stopped"),
        ("always", {"exit_code": 143}, [STARTED, terminated(1, "ProcessExited"), terminated("", "ManuallyStopped")],
         "It was stopped"),
        ("on-failure", {"exit_code": 143}, [STARTED, terminated(1, "ProcessExited"), STARTED], "It was stopped"),
        ("no", {"exit_code": 1, "oom_killed": True}, [STARTED], "The container used more than its 0.5Gi of memory"),
        ("no", {"exit_code": 127, "state": "created", "error": 'exec: "x": not found'}, [],
         "The container's program could not be started: exec: \"x\": not found."),
        ("no", {"exit_code": 125, "error": "Pending:ImagePullBackOff on legion"}, [], "Azure could not pull the image"),
        ("no", {"exit_code": 1}, [terminated("", "VolumeMountFailure")], "A volume could not be mounted"),
    ],
)  # fmt: skip
def test_what_has_ended(policy: str, status: dict[str, Any], told: list[tuple[str, str]], cause: str) -> None:
    """The program's own end is told from a stop by a person, and both from what Azure could not do."""
    seen = Status(**({"state": "exited", "run": "web--1"} | status))
    stopped = any("ManuallyStopped" in text for _, text in told)
    found, _ = explained(seen, *told, spec=ContainerSpec(image="nginx", restart=Restart(policy)), stopped=stopped)
    assert found.startswith(cause)


def test_provisioning_failed() -> None:
    """An app without a revision tells why Azure refused it; an unknown code is passed on."""
    evidence = AppEvidence(record(seen=Status()), provisioning="Failed", error="Failed to provision it, who knows why")
    assert app_judge.explain(evidence).cause.startswith("Azure refused the container when it was created: Failed to")


def test_a_volume_is_named() -> None:
    """The next command names the volume."""
    spec = ContainerSpec(image="i", mounts=(Mount("tmpfs", "", "/t"), Mount("volume", "data", "/data")))
    assert explained(STARTING, ("VolumeMountFailure", "no"), spec=spec)[1] == "azdock volume inspect data"


@pytest.mark.parametrize(
    ("status", "line"),
    [
        ({"reason": PORT}, "Azure sends requests to port 8000, but the program listens on port 3000."),
        ({"error": PORT}, "Azure sends requests to port 8000, but the program listens on port 3000."),
        ({"reason": "ImagePullBackOff"}, "Azure could not pull the image busybox."),
        ({"error": "1/1 Pending:VolumeMountFailure on legion"}, "A volume could not be mounted"),
        ({"error": "Container app failed startup probe, will be restarted"}, "The startup probe fails"),
        ({"oom_killed": True, "exit_code": 137}, "The container used more than its 0.5Gi of memory"),
        ({"exit_code": 3, "reason": "CrashLoopBackOff"}, ""),
        ({"exit_code": 3}, ""),
        ({"exit_code": 127, "error": "exec: not found"}, ""),
    ],
)
def test_first_line(status: dict[str, Any], line: str) -> None:
    """What is Azure's doing is told from the status alone; what is the program's own is not."""
    found = app_judge.first_line(record(), Status(**({"state": "exited", "run": "web--1"} | status)))
    assert found.startswith(line) and bool(found) == bool(line)
