"""Azure Monitor's metrics of a resource.

SOURCE: learn.microsoft.com/rest/api/monitor/metrics/list (2024-02-01); azure-monitor-docs supported metrics pages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from azdock import wire
from azdock.azure.arm import Arm


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a metric, in the metric's own unit, for the minute (or longer grain) that begins at `time`."""

    time: datetime
    average: float | None = None
    total: float | None = None


def read(
    arm: Arm,
    resource: str,
    names: Sequence[str],
    start: datetime,
    end: datetime,
    *,
    only: Mapping[str, str],
    grain: str = "PT1M",
) -> dict[str, list[Point]]:
    """The points of metrics by name, oldest first, of the series whose dimensions have the values `only`.

    `resource` is an ARM id, `grain` an ISO duration. Points without a value are left out. Raises AzdockError.
    """  # fmt: skip
    query = {
        "metricnames": ",".join(names),
        "timespan": f"{_stamp(start)}/{_stamp(end)}",
        "interval": grain,
        "aggregation": "Average,Total",
        "$filter": " and ".join(f"{name} eq '{value}'" for name, value in only.items()),
    }
    found = arm.get(f"{resource}/providers/Microsoft.Insights/metrics?{urlencode(query)}", wire.METRICS_API_VERSION)
    points: dict[str, list[Point]] = {}
    for metric in found.get("value") or ():
        series = [one for line in metric.get("timeseries") or () for one in line.get("data") or ()]
        kept = [_point(one) for one in series if one.get("average") is not None or one.get("total") is not None]
        points[str(metric["name"]["value"])] = sorted(kept, key=lambda point: point.time)
    return points


def _point(found: Mapping[str, Any]) -> Point:
    time = datetime.fromisoformat(str(found["timeStamp"]).replace("Z", "+00:00"))
    return Point(time if time.tzinfo else time.replace(tzinfo=UTC), found.get("average"), found.get("total"))


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
