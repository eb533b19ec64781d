"""From evidence to a cause: a table of what Azure says and what it means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from azdock.azure.systemlogs import SystemEvent
from azdock.backends.evidence import Attempt, Evidence, Replica
from azdock.backends.judge import explain, first_line
from azdock.docker.record import ContainerRecord, Status
from azdock.docker.spec import ContainerSpec, Resources
from tests.support.fakes import record

AT = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
SPEC = ContainerSpec(image="work/tool:1", timeout=60, resources=Resources(memory=2**29))
OOM = "The container used more than its 0.5Gi of memory and was killed (OOM)."
SLOW = "It ran longer than its timeout of 60 seconds and Azure ended it."
NO_PULL = "Azure could not pull the image work/tool:1"


def container(**seen: Any) -> ContainerRecord:
    return record(spec=SPEC, seen=Status(**{"state": "running", "run": "run1"} | seen))


def events(*told: tuple[str, str], replica: str = "run1-a") -> list[SystemEvent]:
    return [
        SystemEvent(AT + timedelta(seconds=n), reason, "Warning", text, replica)
        for n, (reason, text) in enumerate(told)
    ]


def terminated(code: str, reason: str) -> tuple[str, str]:
    return "ContainerTerminated", f"Container 'main' was terminated with exit code '{code}' and reason '{reason}'"


def ended(code: int | None, information: str = "Error", replica: str = "run1-a") -> Attempt:
    return Attempt(replica, "main", code, "Failed" if code else "Succeeded", information)


def failed(reason: str = "BackoffLimitExceeded", **more: Any) -> Evidence:
    return Evidence(container(), "Failed", reason, "said Azure", "run1", AT, AT, **more)


STARTED = ("ContainerStarted", "Started container 'main'")
LIMIT = ("BackoffLimitExceeded", "Job has reached the specified backoff limit")


@pytest.mark.parametrize(
    ("evidence", "cause"),
    [
        # never started, going on, over
        (Evidence(container()), "It was created and has never been started."),
        (Evidence(container(), provisioning="Failed", message="no."),
         "Azure refused the container when it was created: no."),
        (Evidence(container(), "Succeeded", run="run1", attempts=[ended(0, "Completed")]),
         "It ran to its end and succeeded."),
        (Evidence(container(), "Stopped", run="run1", attempts=[ended(137)]),
         "It was stopped by a person or a program, not by itself."),
        (Evidence(container(), "Running", run="run1", replicas=[Replica("r", "Running", "", "Running")]), "It runs."),
        (Evidence(container(), "Running", run="run1"), "It waits for a node to run on."),
        (Evidence(container(), "Running", run="run1", events=events(("PullingImage", "Pulling image 'x'"))),
         "Azure is pulling the image work/tool:1."),
        (Evidence(container(), "Running", run="run1", events=events(("FailedScheduling", "0/3 nodes"))),
         "Azure has no node with room for it: 0/3 nodes."),
        (Evidence(container(), "Running", run="run1", replicas=[
            Replica("r", "NotRunning", "", "Waiting",
                    "Container is waiting with reason: CrashLoopBackOff on legion.")]),
         "The container ends again and again, and Azure waits longer each time before it starts it anew."),
        # Azure says Running until the timeout although the image cannot be pulled
        (Evidence(container(), "Running", run="run1", events=events(("ImagePullUnauthorized", "unauthorized"))),
         "The registry did not let Azure pull the image work/tool:1: credentials are missing, wrong or expired: "
         "unauthorized."),
        # ended in the log before Azure knows
        (Evidence(container(state="exited", exit_code=3), "Running", run="run1",
                  replicas=[Replica("r", "Running", "", "Running")]),
         "The program ended with exit code 3; its output should say why."),
        (Evidence(container(state="exited"), "Running", run="run1"), "It ran to its end and succeeded."),
        (Evidence(container(state="created", exit_code=127, error='exec: "/no"'), "Failed", run="run1",
                  attempts=[ended(127)]),
         'The container\'s program could not be started: exec: "/no".'),
        (Evidence(container(state="exited", run="run0", exit_code=3), "Running", run="run1"),
         "It waits for a node to run on."),
        # what Azure did
        (failed(attempts=[ended(137, "OOMKilled")]), OOM),
        (failed(attempts=[ended(137)], events=events(STARTED, terminated("137", "OOMKilled"), LIMIT)), OOM),
        (failed("DeadlineExceeded", attempts=[ended(137)], events=events(STARTED, terminated("", "ManuallyStopped"))),
         SLOW),
        (failed("DeadlineExceeded", events=events(("ImagePullFailed", "not found"))), f"{NO_PULL}: not found."),
        (failed("DeadlineExceeded", events=events(("ImagePullFailed", "x"), STARTED)), SLOW),
        (failed(attempts=[ended(1, "ImagePullFailure: MANIFEST_UNKNOWN: no such tag.")]),
         f"{NO_PULL}: MANIFEST_UNKNOWN: no such tag."),
        (failed(events=events(terminated("", "ImagePullFailure"))), f"{NO_PULL}."),
        (failed("ContainerCreateFailure", attempts=[ended(127, 'ContainerCreateFailure: exec: "x": not found')]),
         'The container\'s program could not be started: exec: "x": not found.'),
        (failed(attempts=[ended(1)], events=events(terminated("1", "ContainerCreateFailure: OCI\nruntime error"))),
         "The container's program could not be started: OCI runtime error."),
        (failed(events=events(terminated("", "VolumeMountFailure"))),
         "A volume could not be mounted: a wrong share or key, or port 445 is blocked."),
        (failed(events=events(STARTED, ("ProbeFailed", "Probe of StartUp failed"))),
         "A health probe failed and Azure restarted the container."),
        (failed("QuotaExceeded"), "A quota of the environment or subscription is used up: said Azure."),
        (failed("SomethingNew"), "Azure gives the reason SomethingNew, which azdock does not know: said Azure."),
        (failed(""), "It failed: said Azure."),
        # what the program did
        (failed(attempts=[ended(3)], events=events(STARTED, terminated("3", "ProcessExited"), LIMIT)),
         "The program ended with exit code 3; its output should say why."),
        (failed(attempts=[ended(1)]), "The program failed by itself with exit code 1; its output should say why."),
        (failed(attempts=[ended(127)]),
         "A command was not found (exit code 127): check its name and the image's PATH."),
        (failed(attempts=[ended(126)]),
         "A command was found but could not be executed (exit code 126): check its mode bits."),
        (failed(attempts=[ended(137)]),
         "The program was killed with SIGKILL (exit code 137), which mostly means that it "
         "used more than its 0.5Gi of memory, though Azure does not say so."),
        (failed(attempts=[ended(139)]), "The program crashed on a bad memory access (exit code 139, SIGSEGV)."),
        (failed(attempts=[ended(143)]), "The program was asked to end (exit code 143, SIGTERM)."),
        (failed(attempts=[ended(138)]), "The program ended with exit code 138, signal 10; its output should say why."),
        # several attempts: the last one counts
        (failed(attempts=[ended(137, "OOMKilled", "run1-a"), ended(2, replica="run1-b")],
                events=events(terminated("137", "OOMKilled"))),
         "The program ended with exit code 2, which mostly means that its arguments were wrong (2 attempts)."),
    ],
)  # fmt: skip
def test_causes(evidence: Evidence, cause: str) -> None:
    """One sentence, the strongest cause that the evidence names."""
    assert explain(evidence).cause == cause


@pytest.mark.parametrize(
    ("evidence", "next"),
    [
        (failed(attempts=[ended(137, "OOMKilled")]), "azdock run --memory 1g work/tool:1 ..."),
        (failed("DeadlineExceeded"), "azdock run --timeout 120 work/tool:1 ..."),
        (failed(attempts=[ended(3)]), "azdock logs web"),
        (Evidence(container()), "azdock start web"),
        (replace(failed(attempts=[ended(137, "OOMKilled")]),
                 record=record(spec=replace(SPEC, resources=Resources(memory=8 * 2**30)))),
         "azdock run --workload-profile NAME work/tool:1 ..."),
        (failed(attempts=[ended(127, "ContainerCreateFailure: x")]), "azdock inspect -f '{{.Path}} {{.Args}}' web"),
    ],
)  # fmt: skip
def test_next(evidence: Evidence, next: str) -> None:
    """A command to type, with this container's own names and sizes."""
    assert explain(evidence).next == next


def test_evidence_is_kept_in_order() -> None:
    """Dated lines with the newest last, the undated first, and repeated events counted."""
    told: Sequence[SystemEvent] = [replace(one, count=3) for one in events(STARTED, LIMIT)]
    found = explain(failed(attempts=[ended(3)], events=told, missing=["x could not be read"]))
    assert [(note.source, note.text.partition(":")[0]) for note in found.notes] == [
        ("attempt", "attempt 1, main in run1-a"), ("execution", "run1 started"), ("event", "ContainerStarted"),
        ("execution", "Failed (BackoffLimitExceeded"), ("event", "BackoffLimitExceeded"),
    ]  # fmt: skip
    assert found.notes[2].text.endswith("(3 times)")
    assert found.missing == ("x could not be read",)


@pytest.mark.parametrize(
    ("status", "line"),
    [
        (Status("exited", "run1", 137, oom_killed=True, reason="BackoffLimitExceeded"), OOM),
        (Status("exited", "run1", 124, exit_known=False, reason="DeadlineExceeded", error="Job was active"), SLOW),
        (Status("exited", "run1", 1, exit_known=False, reason="BackoffLimitExceeded",
                error="ImagePullFailure: UNAUTHORIZED: no"), f"{NO_PULL}: UNAUTHORIZED: no."),
        (Status("exited", "run1", 1, exit_known=False, reason="InternalError", error="oops"),
         "Azure itself failed: oops."),
        (Status("exited", "run1", 3, reason="BackoffLimitExceeded"), ""),
        (Status("exited", "run1", 137, reason="BackoffLimitExceeded"), ""),
        (Status("exited", "run1", 137, exit_known=False), ""),
        (Status("exited", "run1", 0), ""),
        (Status("created", "run1", 127, reason="BackoffLimitExceeded", error="exec: x"), ""),
    ],
)  # fmt: skip
def test_first_line(status: Status, line: str) -> None:
    """Only what was Azure's doing: a program that failed by itself, or was stopped, needs no explanation."""
    assert first_line(container(), status) == line
