"""A job's usage from Azure Monitor."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from azdock.backends.job_usage import granted, usage
from azdock.docker.record import Status
from azdock.docker.spec import ContainerSpec, Resources
from azdock.docker.usage import UNKNOWN, Usage
from tests.support.fakes import record

NOW = datetime(2026, 1, 2, 12, 10, tzinfo=UTC)


class Monitor:
    """An Arm that answers with points per metric."""

    def __init__(self, **points: list[dict[str, Any]]) -> None:
        self.points = points
        self.asked: list[str] = []

    def get(self, path: str, version: str) -> dict[str, Any]:
        self.asked.append(path)
        named = path.partition("metricnames=")[2].partition("&")[0].split("%2C")
        return {
            "value": [{"name": {"value": name}, "timeseries": [{"data": self.points.get(name, [])}]} for name in named]
        }


def measured(monitor: Any, began: datetime = NOW - timedelta(minutes=5)) -> Usage:
    seen = Status(state="running", run="run1", started_at=began)
    return usage(monitor, "/jobs/j", record(seen=seen), NOW)


def test_newest() -> None:
    """The newest averages, the traffic of the whole run, the granted memory, and the age; what is not measured is not
    known."""
    monitor = Monitor(
        UsageNanoCores=[{"timeStamp": "2026-01-02T12:07:00Z", "average": 1.0}, {"timeStamp": "2026-01-02T12:09:00Z"},
                        {"timeStamp": "2026-01-02T12:08:00Z", "average": 250_000_000.0}],
        UsageBytes=[{"timeStamp": "2026-01-02T12:08:00Z", "average": 1000.6}],
        RxBytes=[{"timeStamp": "2026-01-02T12:07:00Z", "total": 10.0},
                 {"timeStamp": "2026-01-02T12:08:00Z", "total": 5.0}],
    )  # fmt: skip
    assert measured(monitor) == Usage(25.0, 1000, 2**29, 15, None, None, None, None, 120.0)
    assert all("executionName+eq+%27run1%27" in path for path in monitor.asked)


def test_nothing_yet() -> None:
    """The first minute has no value, and none is made up."""
    assert measured(Monitor(UsageNanoCores=[{"timeStamp": "2026-01-02T12:08:00Z"}])) == UNKNOWN


def test_long_run() -> None:
    """The traffic of a long run is summed up by the hour; the usage stays by the minute and is looked for lately."""
    monitor = Monitor(UsageBytes=[{"timeStamp": "2026-01-02T12:08:00Z", "average": 1.0}])
    measured(monitor, NOW - timedelta(days=2))
    assert "interval=PT1M" in monitor.asked[0] and "timespan=2026-01-02T11%3A54%3A00Z" in monitor.asked[0]
    assert "interval=PT1H" in monitor.asked[1] and "timespan=2025-12-31T12%3A09%3A00Z" in monitor.asked[1]


def test_granted() -> None:
    """What Azure gives is its own pair, at least what was asked for."""
    assert granted(record(spec=ContainerSpec(image="i", resources=Resources(memory=600 * 2**20)))) == 2**30
