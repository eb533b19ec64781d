"""Gathering evidence about a job."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from azdock.azure.systemlogs import SystemEvent
from azdock.backends import job_evidence
from azdock.backends.evidence import Attempt, Replica
from azdock.backends.job_evidence import JobEvidence, joined, of_execution
from azdock.errors import AzureFailure
from tests.support.fakes import record

AT = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
EXECUTION = {
    "name": "run2",
    "properties": {
        "status": "Failed", "startTime": "2026-01-02T12:00:00+00:00", "reason": "BackoffLimitExceeded", "message": "m",
        "detailedStatus": {"replicas": [{"name": "run2-a", "containers": [
            {"name": "main", "code": 3, "status": "Failed", "additionalInformation": "Error"}]}]},
    },
}  # fmt: skip
REPLICA = {
    "name": "run2-a",
    "properties": {"runningState": "NotRunning", "containers": [
        {"name": "main", "runningState": "Terminated", "runningStateDetails": "d"}]},
}  # fmt: skip


class Jobs:
    """One job with its executions."""

    def __init__(self, *executions: dict[str, Any]) -> None:
        self.found = executions
        self.azure = self
        self.http = None

    def get(self, name: str) -> dict[str, Any]:
        return {"properties": {"provisioningState": "Succeeded", "eventStreamEndpoint": "http://events"}}

    def executions(self, name: str) -> Any:
        return iter(self.found)

    def replicas(self, name: str, run: str) -> list[dict[str, Any]]:
        return [REPLICA]

    def token(self, name: str) -> str:
        raise AzureFailure("no token")


class Logs:
    """Log Analytics with one event."""

    def events(self, job: str, run: str) -> list[SystemEvent]:
        assert (job, run) == ("job-1", "run2")
        return [SystemEvent(AT, "ContainerStarted", "Normal", "t", "run2-a")]


def gather(*executions: dict[str, Any]) -> Any:
    jobs: Any = Jobs(*executions)
    logs: Any = Logs()
    return JobEvidence(jobs, logs).gather(record())


def test_all_sources() -> None:
    """The newest execution with its attempts, replicas and events; a source that fails is named, the rest is used."""
    found = gather(EXECUTION, {"name": "run1", "properties": {}})
    assert (found.status, found.run, found.started, found.ended) == ("Failed", "run2", AT, None)
    assert found.attempts == [Attempt("run2-a", "main", 3, "Failed", "Error")]
    assert found.replicas == [Replica("run2-a", "NotRunning", "", "Terminated", "d")]
    assert [one.reason for one in found.events] == ["ContainerStarted"]
    assert found.missing == ("the live event stream could not be read: no token",)


def test_never_started() -> None:
    """A job without executions has nothing to ask for."""
    found = gather()
    assert (found.status, found.run, found.provisioning) == ("", "", "Succeeded")


def test_old_status_word() -> None:
    """Previews call it runningStatus; without either word it is not known."""
    assert of_execution(record(), {"name": "r", "properties": {"runningStatus": "Running"}}).status == "Running"
    assert of_execution(record(), {"name": "r"}).status == "Unknown"


def test_joined() -> None:
    """What both sources tell is told once, at the earlier time; what reads differently stays."""
    live = [SystemEvent(AT + timedelta(seconds=3), "B", "Normal", "b", "r"), SystemEvent(AT, "A", "Normal", "a", "r")]
    kept = [
        SystemEvent(AT + timedelta(seconds=2), "A", "Normal", "a", "r", 4),
        SystemEvent(AT, "A", "Normal", "a", "q"),
    ]
    found = joined(live, kept)
    assert [(one.reason, one.replica, one.count) for one in found] == [("A", "r", 4), ("A", "q", 1), ("B", "r", 1)]
    assert found[0].time == AT


def test_module_speaks_for_one_run_only() -> None:
    """The container of a job is found by the name azdock gives it."""
    other = {"name": "r", "properties": {"containers": [{"name": "sidecar", "runningState": "Running"}]}}
    assert job_evidence._replica(other).container_state == ""
