"""Azure Monitor's metrics."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from azdock.azure import metrics
from azdock.azure.metrics import Point
from azdock.errors import Forbidden
from tests.unit.azure.azures import Script, answer, cloud, refusal

START, END = datetime(2026, 1, 2, 12, 0, tzinfo=UTC), datetime(2026, 1, 2, 12, 5, tzinfo=UTC)
FOUND = {
    "value": [
        {
            "name": {"value": "UsageBytes", "localizedValue": "Usage Bytes"},
            "timeseries": [
                {
                    "data": [
                        {"timeStamp": "2026-01-02T12:01:00Z", "average": 2.0},
                        {"timeStamp": "2026-01-02T12:02:00Z"},
                    ]
                },
                {"data": [{"timeStamp": "2026-01-02T12:00:00", "total": 0.0}]},
            ],
        },
        {"name": {"value": "RxBytes"}, "timeseries": []},
    ]
}


def test_read(tmp_path: Path) -> None:
    """Points of every series in order of time; those without a value are gaps, and 0 is a value."""
    script = Script(answer(json=FOUND))
    arm = cloud(tmp_path, script).arm
    found = metrics.read(arm, "/r/j", ["UsageBytes", "RxBytes"], START, END, only={"executionName": "e1"})
    assert found == {
        "UsageBytes": [Point(START, None, 0.0), Point(START.replace(minute=1), 2.0, None)],
        "RxBytes": [],
    }
    url = script.asked[0].url
    assert url.path == "/r/j/providers/Microsoft.Insights/metrics"
    assert dict(url.params) == {
        "metricnames": "UsageBytes,RxBytes", "timespan": "2026-01-02T12:00:00Z/2026-01-02T12:05:00Z",
        "interval": "PT1M", "aggregation": "Average,Total", "$filter": "executionName eq 'e1'",
        "api-version": "2024-02-01",
    }  # fmt: skip


def test_refused(tmp_path: Path) -> None:
    """A refusal is one of azdock's errors."""
    with pytest.raises(Forbidden):
        metrics.read(cloud(tmp_path, Script(refusal(403, "AuthorizationFailed"))).arm, "/r", ["A"], START, END, only={})
