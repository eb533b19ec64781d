"""One execution of a job as a source of lines."""

from __future__ import annotations

from typing import Any

import pytest

from azdock.azure.logstream import Cut
from azdock.backends.job_logs import JobRun, address_of
from azdock.backends.log_source import Late, Steady
from azdock.errors import NotFound, Unreachable

ENDPOINT = {"name": "main", "logStreamEndpoint": "http://x/logstream"}


class Jobs:
    """Stands for azure.jobs.Jobs: one job with one execution, or whatever the fields say."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers

    def _give(self, name: str) -> Any:
        found = self.answers[name]
        if isinstance(found, Exception):
            raise found
        return found

    def replicas(self, job: str, run: str) -> Any:
        return self._give("replicas")

    def execution(self, job: str, run: str) -> Any:
        return self._give("execution")

    def exists(self, job: str) -> Any:
        return self._give("exists")

    def stream(self, job: str, url: str, *, follow: bool) -> Any:
        yield from self._give("stream")


def run_of(jobs: Jobs) -> JobRun:
    steady = Steady(Late(lambda seconds: None, lambda: 1.0), 0.0, lambda: False)
    return JobRun(jobs, None, "job", "job-abc", steady)  # type: ignore[arg-type]


def replica(name: str, created: str, *containers: dict[str, str]) -> dict[str, Any]:
    return {"name": name, "properties": {"createdTime": created, "containers": list(containers)}}


def test_replicas() -> None:
    """Those that have an address come in the order in which they were made."""
    found = [replica("b", "2026-01-02", ENDPOINT), replica("c", "2026-01-03"), replica("a", "2026-01-01", ENDPOINT)]
    assert run_of(Jobs(replicas=found)).replicas() == [("a", "http://x/logstream"), ("b", "http://x/logstream")]
    assert run_of(Jobs(replicas=NotFound("gone"))).replicas() == []


def test_status() -> None:
    """An execution that is gone ends the log only when its job is gone, too."""
    running = {"name": "job-abc", "properties": {"status": "Running"}}
    assert run_of(Jobs(execution=running)).status().state == "running"  # type: ignore[union-attr]
    assert run_of(Jobs(execution=NotFound("gone"), exists=False)).status() is None
    with pytest.raises(NotFound):
        run_of(Jobs(execution=NotFound("gone"), exists=True)).status()


def test_attempts() -> None:
    """The execution names its replicas as far as it knows."""
    detailed = {"replicas": [{"name": "a"}, {}, {"name": "b"}]}
    assert run_of(Jobs(execution={"properties": {"detailedStatus": detailed}})).attempts() == ["a", "b"]
    assert run_of(Jobs(execution={})).attempts() == []
    assert run_of(Jobs(execution=NotFound("gone"))).attempts() == []


def test_a_lost_connection_cuts_the_stream() -> None:
    """What was read is good, whatever of the way to the stream broke."""
    with pytest.raises(Cut):
        list(run_of(Jobs(stream=Unreachable("no answer"))).stream("x", follow=True))


@pytest.mark.parametrize(
    ("containers", "address"),
    [((), ""), (({"name": "side", "logStreamEndpoint": "x"},), ""), (({"name": "main"},), ""),
     ((ENDPOINT,), "http://x/logstream")],
)  # fmt: skip
def test_address(containers: tuple[dict[str, str], ...], address: str) -> None:
    """Only the main container's address counts, once it has one."""
    assert address_of(replica("a", "", *containers), "logStreamEndpoint") == address
