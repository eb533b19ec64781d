"""What processes use, sampled, as Azure Monitor's metrics of jobs and apps.

Sources: learn.microsoft.com/azure/azure-monitor/reference/supported-metrics/microsoft-app-jobs-metrics and
microsoft-app-containerapps-metrics
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

KEPT = 20_000  # samples of one resource; Azure keeps 93 days
MEASURES = ("average", "minimum", "maximum", "total", "count")


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of a resource type; `primary` is the aggregation when none is asked for."""

    name: str
    title: str
    unit: str
    dimensions: tuple[str, ...]
    primary: str = "Average"


_JOB = ("state", "jobName", "executionName")
_APP = ("revisionName", "podName")
# resource type below Microsoft.App -> metrics by name
METRICS: dict[str, dict[str, Metric]] = {
    kind: {one.name: one for one in metrics}
    for kind, metrics in {
        "jobs": (
            Metric("Executions", "Job Executions", "Count", _JOB),
            Metric("RequestedBytes", "Requested Bytes", "Bytes", _JOB),
            Metric("RequestedCores", "Requested Cores", "Cores", _JOB),
            Metric("RestartCount", "Total Job Execution Restart Count", "Count", _JOB, "Maximum"),
            Metric("RxBytes", "Network In Bytes", "Bytes", _JOB, "Total"),
            Metric("TxBytes", "Network Out Bytes", "Bytes", _JOB, "Total"),
            Metric("UsageBytes", "Usage Bytes", "Bytes", _JOB),
            Metric("UsageNanoCores", "CPU Usage", "NanoCores", _JOB),
        ),
        "containerApps": (
            Metric("UsageNanoCores", "CPU Usage", "NanoCores", _APP),
            Metric("WorkingSetBytes", "Memory Working Set Bytes", "Bytes", _APP),
            Metric("RxBytes", "Network In Bytes", "Bytes", _APP, "Total"),
            Metric("TxBytes", "Network Out Bytes", "Bytes", _APP, "Total"),
            Metric("RestartCount", "Replica Restart Count", "Count", _APP, "Maximum"),
            Metric("Replicas", "Replica Count", "Count", ("revisionName",), "Maximum"),
        ),
    }.items()
}


class Sample(NamedTuple):
    """One look at one replica: its dimensions and its values by metric."""

    time_ns: int
    dimensions: Mapping[str, str]
    values: Mapping[str, float]


class Metrics:
    """Samples by resource; ids are compared case-insensitively."""

    def __init__(self) -> None:
        self._samples: dict[str, deque[Sample]] = {}

    def add(self, resource_id: str, sample: Sample) -> None:
        """Remember a sample; samples of a resource come in order of time."""
        self._samples.setdefault(resource_id.lower(), deque(maxlen=KEPT)).append(sample)

    def between(self, resource_id: str, start_ns: int, end_ns: int) -> list[Sample]:
        """A resource's samples in [start_ns, end_ns)."""
        return [one for one in self._samples.get(resource_id.lower(), ()) if start_ns <= one.time_ns < end_ns]

    def clear(self) -> None:
        """Forget everything."""
        self._samples.clear()


def measured(values: Iterable[float]) -> dict[str, float]:
    """All aggregations of some values; nothing for no values."""
    found = list(values)
    if not found:
        return {}
    total = sum(found)
    return dict(zip(MEASURES, (total / len(found), min(found), max(found), total, float(len(found))), strict=True))
