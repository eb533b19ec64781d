"""Azure Monitor metrics of jobs, fed by what processes really use."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from azdock.emulator.metrics import Sample
from tests.contract.emulator.conftest import Arm
from tests.support.emulator import job_body

VERSION = "2024-02-01"
NAMES = "UsageNanoCores,UsageBytes,Executions,RequestedCores,RequestedBytes,RestartCount"
MINUTE = 60 * 10**9


@pytest.fixture
def job(arm: Arm) -> Iterator[str]:
    """A job that keeps a processor busy."""
    arm.emulator.world.behaviour.metric_sample = 0.05
    body = job_body(sys.executable, "-c", "while True: pass", timeout=30)
    assert arm("PUT", "jobs/busy", body).status_code == 201
    yield "busy"
    arm("POST", "jobs/busy/stop")


def metrics(arm: Arm, job: str = "busy", version: str = VERSION, **query: str) -> dict[str, Any]:
    path = f"{arm.prefix}/jobs/{job}/providers/Microsoft.Insights/metrics"
    answer = arm.http.get(path, params={"api-version": version, **query})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def points(metric: dict[str, Any], series: int = 0) -> list[dict[str, Any]]:
    """The points of a metric that have a value."""
    return [one for one in metric["timeseries"][series]["data"] if len(one) > 1]


@pytest.mark.skipif(sys.platform != "linux", reason="figures of processes are read from /proc")
def test_figures_of_a_running_job(arm: Arm, job: str) -> None:
    """A busy process uses about a core and some memory; what is requested is told beside it."""
    arm.run(job)

    def busy() -> dict[str, Any] | None:
        found = {one["name"]["value"]: one for one in metrics(arm, metricnames=NAMES)["value"]}
        return found if points(found["UsageNanoCores"]) and points(found["UsageNanoCores"])[-1]["average"] > 0 else None

    found = arm.until(busy)
    assert points(found["UsageNanoCores"])[-1]["average"] < 4e9
    assert points(found["UsageBytes"])[-1]["average"] > 1_000_000
    assert points(found["RequestedCores"])[-1]["average"] == 0.5
    assert points(found["RequestedBytes"])[-1]["average"] == 2**30
    assert points(found["Executions"])[-1]["average"] == 1
    assert points(found["RestartCount"])[-1]["maximum"] == 0
    assert found["UsageNanoCores"]["unit"] == "NanoCores"
    assert metrics(arm, metricnames="RxBytes")["value"][0]["timeseries"][0]["data"]  # not measured here: gaps only


def test_shape_and_time(arm: Arm, job: str) -> None:
    """One point for each grain of the timespan; grains without samples hold nothing but their time."""
    world = arm.emulator.world
    now = world.clock.now_ns()
    minute = now - now % MINUTE
    for back, value in ((2, 10.0), (2, 30.0), (0, 5.0)):
        dimensions = {"state": "Running", "jobName": job, "executionName": "busy-1"}
        sample = Sample(minute - back * MINUTE, dimensions, {"UsageBytes": value})
        world.metrics.add(f"{arm.prefix}/jobs/{job}".upper(), sample)
    answer = metrics(
        arm, metricnames="UsageBytes", timespan="PT3M", aggregation="Average,Maximum,Minimum,Total,Count",
        version="2018-01-01",
    )  # fmt: skip
    assert (answer["interval"], answer["namespace"], answer["resourceregion"]) == (
        "PT1M", "Microsoft.App/jobs", "westeurope",
    )  # fmt: skip
    [one] = answer["value"]
    assert one["id"].endswith("/jobs/busy/providers/Microsoft.Insights/metrics/UsageBytes")
    *_, first, second, third = one["timeseries"][0]["data"]
    assert {**first, "timeStamp": ""} == {
        "timeStamp": "", "average": 20, "maximum": 30, "minimum": 10, "total": 40, "count": 2,
    }  # fmt: skip
    assert list(second) == ["timeStamp"]
    assert third["average"] == 5
    [hour] = metrics(arm, metricnames="UsageBytes", timespan="PT3M", interval="PT1H", aggregation="Total")["value"]
    assert len(hour["timeseries"][0]["data"]) <= 2  # two while an hour begins
    assert sum(point.get("total", 0) for point in hour["timeseries"][0]["data"]) == 45


def test_a_sample_comes_late(arm: Arm, job: str) -> None:
    """With a delay the last samples are not shown yet, as in Azure."""
    world = arm.emulator.world
    dimensions = {"state": "Running", "jobName": job, "executionName": "busy-1"}
    world.metrics.add(f"{arm.prefix}/jobs/{job}", Sample(world.clock.now_ns(), dimensions, {"UsageBytes": 1.0}))
    assert points(metrics(arm, metricnames="UsageBytes")["value"][0])
    world.behaviour.metric_delay = 60
    assert not points(metrics(arm, metricnames="UsageBytes")["value"][0])


def test_dimensions(arm: Arm, job: str) -> None:
    """A filter chooses samples and splits the answer by the dimensions it names."""
    world = arm.emulator.world
    for execution, state, value in (("busy-1", "Running", 1.0), ("busy-2", "Running", 3.0), ("busy-2", "Failed", 5.0)):
        dimensions = {"state": state, "jobName": job, "executionName": execution}
        world.metrics.add(f"{arm.prefix}/jobs/{job}", Sample(world.clock.now_ns(), dimensions, {"UsageBytes": value}))

    def split(text: str) -> dict[tuple[str, ...], float]:
        [one] = metrics(arm, metricnames="usagebytes", aggregation="total", **{"$filter": text})["value"]
        return {
            tuple(label["value"] for label in series["metadatavalues"]): sum(
                point.get("total", 0) for point in series["data"]
            )
            for series in one["timeseries"]
        }

    assert split("executionName eq '*'") == {("busy-1",): 1, ("busy-2",): 8}
    assert split("executionName eq 'BUSY-2' and state eq '*'") == {("busy-2", "Running"): 3, ("busy-2", "Failed"): 5}
    assert split("state eq 'Failed' or state eq 'Stopped'") == {("Failed",): 5}
    assert split("executionName eq 'none'") == {}


@pytest.mark.parametrize(
    "query",
    [
        {"metricnames": "Nope"},
        {"metricnames": "UsageBytes", "interval": "PT2M"},
        {"metricnames": "UsageBytes", "timespan": "yesterday"},
        {"metricnames": "UsageBytes", "timespan": "2020-01-01T00:00:00Z/2026-01-01T00:00:00Z"},
        {"metricnames": "UsageBytes", "aggregation": "median"},
        {"metricnames": "UsageBytes", "$filter": "podName eq '*'"},
        {"metricnames": "UsageBytes", "$filter": "nonsense"},
        {"metricnames": "UsageBytes", "rollupby": "state"},
    ],
)
def test_what_is_refused(arm: Arm, job: str, query: dict[str, str]) -> None:
    """Unknown metrics, grains, aggregations and dimensions are a 400 that says which."""
    path = f"{arm.prefix}/jobs/{job}/providers/Microsoft.Insights/metrics"
    answer = arm.http.get(path, params={"api-version": VERSION, **query})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadRequest")


def test_definitions_and_namespaces(arm: Arm, job: str) -> None:
    """A client finds out which metrics there are, their units, grains and dimensions."""
    prefix = f"{arm.prefix}/jobs/{job}/providers/microsoft.insights"
    found = arm.http.get(f"{prefix}/metricDefinitions", params={"api-version": VERSION}).json()["value"]
    names = {one["name"]["value"]: one for one in found}
    assert {"UsageNanoCores", "UsageBytes", "RxBytes", "TxBytes", "Executions", "RestartCount"} <= set(names)
    assert [one["value"] for one in names["UsageBytes"]["dimensions"]] == ["state", "jobName", "executionName"]
    assert names["UsageBytes"]["metricAvailabilities"][0]["timeGrain"] == "PT1M"
    [namespace] = arm.http.get(f"{prefix}/metricNamespaces", params={"api-version": VERSION}).json()["value"]
    assert namespace["properties"]["metricNamespaceName"] == "Microsoft.App/jobs"
    nowhere = f"{arm.prefix}/jobs/none/providers/Microsoft.Insights/metrics"
    assert arm.http.get(nowhere, params={"api-version": VERSION}).status_code == 404
