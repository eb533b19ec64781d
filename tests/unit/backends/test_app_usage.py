"""An app's usage from Azure Monitor."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from azdock.backends.app_usage import usage
from azdock.docker.record import Status
from azdock.docker.spec import ContainerSpec
from azdock.docker.usage import UNKNOWN
from tests.support.fakes import record
from tests.unit.backends.test_job_usage import NOW, Monitor

SEEN = Status(state="running", run="web--1#2", started_at=NOW - timedelta(minutes=5))


def point(minute: int, **values: float) -> dict[str, Any]:
    return {"timeStamp": f"2026-01-02T12:{minute:02}:00Z", **values}


def test_the_revision_of_the_run() -> None:
    """The dimensions are an app's, memory is its working set, and a later run has its revision's values."""
    monitor: Any = Monitor(WorkingSetBytes=[point(8, average=1000.0)], UsageNanoCores=[point(8, average=5e8)])
    found = usage(monitor, "/apps/web", record(seen=SEEN), NOW)
    assert (found.cpu, found.memory, found.age) == (50.0, 1000, 120.0)
    assert all("revisionName+eq+%27web--1%27" in path and "podName" not in path for path in monitor.asked)


def test_several_replicas() -> None:
    """Each has a series of its own; the newest minute's are added up."""
    points = [point(7, average=9e9), point(8, average=5e8), point(8, average=2.5e8)]
    monitor: Any = Monitor(UsageNanoCores=points, RxBytes=[point(8, total=3.0), point(8, total=4.0)])
    found = usage(monitor, "/apps/web", record(seen=SEEN, spec=ContainerSpec(image="i", scale=(1, 3))), NOW)
    assert (found.cpu, found.received) == (75.0, 7)
    assert all("podName+eq+%27%2A%27" in path for path in monitor.asked)


def test_nothing_yet() -> None:
    """No value is made up."""
    monitor: Any = Monitor()
    assert usage(monitor, "/apps/web", record(seen=SEEN), NOW) == UNKNOWN
