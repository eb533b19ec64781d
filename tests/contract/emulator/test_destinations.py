"""Where an environment's logs go, as its resource and its diagnostic settings say."""

from __future__ import annotations

from typing import Any

import pytest

from azdock.emulator.world import WORKSPACE
from tests.contract.emulator.conftest import Arm
from tests.support.emulator import ENVIRONMENT_ID, job_body

SETTINGS = f"{ENVIRONMENT_ID}/providers/Microsoft.Insights/diagnosticSettings"
DIAGNOSTICS = "2021-05-01-preview"
OLD, NEW = "ContainerAppConsoleLogs_CL", "ContainerAppConsoleLogs"


def line(arm: Arm, text: str) -> None:
    """Let a job write a line."""
    assert arm("PUT", "jobs/job1", job_body("echo", text)).status_code == 201
    arm.ended("job1", arm.run("job1"))


def lines(arm: Arm, table: str) -> list[str] | int:
    """What a table holds, or the status of the refusal."""
    column = "Log_s" if table == OLD else "Log"
    answer = arm.http.post(f"/v1/workspaces/{WORKSPACE}/query", json={"query": f"{table} | project {column}"})
    if answer.status_code != 200:
        return answer.status_code
    return [row[0] for row in answer.json()["tables"][0]["rows"]]


def workspace(arm: Arm) -> str:
    path = f"{arm.emulator.group}/providers/Microsoft.OperationalInsights/workspaces"
    return str(arm("GET", path, version="2025-02-01").json()["value"][0]["id"])


def setting(arm: Arm, **changes: Any) -> dict[str, Any]:
    return {
        "workspaceId": workspace(arm),
        "logAnalyticsDestinationType": "Dedicated",
        "logs": [{"categoryGroup": "allLogs", "enabled": True}],
        **changes,
    }


def redirect(arm: Arm, destination: str) -> None:
    logs: dict[str, Any] = {"destination": destination}
    if destination == "log-analytics":
        logs["logAnalyticsConfiguration"] = {"customerId": WORKSPACE, "sharedKey": "k"}
    body = {"properties": {"appLogsConfiguration": logs}}
    assert arm("PATCH", ENVIRONMENT_ID, body).status_code == 202


def test_azure_monitor_needs_a_diagnostic_setting(arm: Arm) -> None:
    """Nothing is shipped until a setting sends it to a workspace; then the resource-specific tables fill."""
    line(arm, "before")
    redirect(arm, "azure-monitor")
    line(arm, "nowhere")
    assert lines(arm, NEW) == 400
    answer = arm("PUT", f"{SETTINGS}/all", {"properties": setting(arm)}, version=DIAGNOSTICS)
    assert answer.status_code == 200 and answer.json()["properties"]["workspaceId"] == workspace(arm)
    line(arm, "after")
    assert lines(arm, NEW) == ["after"]
    assert lines(arm, OLD) == ["before"]


@pytest.mark.parametrize(
    "changes",
    [
        {"logAnalyticsDestinationType": "AzureDiagnostics"},
        {"logs": [{"category": "ContainerAppConsoleLogs", "enabled": False}]},
    ],
)
def test_settings_that_ship_nothing_there(arm: Arm, changes: dict[str, Any]) -> None:
    """Another destination type and a disabled category fill no resource-specific table."""
    redirect(arm, "azure-monitor")
    arm("PUT", f"{SETTINGS}/all", {"properties": setting(arm, **changes)}, version=DIAGNOSTICS)
    line(arm, "x")
    assert lines(arm, NEW) == 400


def test_none(arm: Arm) -> None:
    """Destination none: no rows from then on."""
    line(arm, "before")
    redirect(arm, "none")
    line(arm, "after")
    assert lines(arm, OLD) == ["before"]


def test_settings_are_resources(arm: Arm) -> None:
    """A setting is listed, read, refused without a destination, and deleted."""
    assert arm("PUT", f"{SETTINGS}/a", {"properties": {"logs": []}}, version=DIAGNOSTICS).status_code == 400
    arm("PUT", f"{SETTINGS}/a", {"properties": setting(arm)}, version=DIAGNOSTICS)
    assert [one["name"] for one in arm("GET", SETTINGS, version=DIAGNOSTICS).json()["value"]] == ["a"]
    assert arm("GET", f"{SETTINGS}/a", version=DIAGNOSTICS).json()["properties"]["metrics"][0]["enabled"] is False
    assert arm("DELETE", f"{SETTINGS}/a", version=DIAGNOSTICS).status_code == 200
    assert arm("GET", f"{SETTINGS}/a", version=DIAGNOSTICS).status_code == 404


@pytest.mark.parametrize(("destination", "table"), [("azure-monitor", NEW), ("log-analytics", OLD), ("none", "")])
def test_the_switch(arm: Arm, destination: str, table: str) -> None:
    """The behaviour `log_destination` turns the default environment round, with a setting; its resource says so."""
    answer = arm("PATCH", "/_azdock/behaviour", {"log_destination": destination})
    assert answer.json()["log_destination"] == destination
    shown = arm("GET", ENVIRONMENT_ID).json()["properties"]["appLogsConfiguration"]
    assert shown["destination"] == destination
    line(arm, "x")
    assert {one: lines(arm, one) for one in (OLD, NEW)} == {one: ["x"] if one == table else 400 for one in (OLD, NEW)}
    if destination == "azure-monitor":
        [found] = arm("GET", SETTINGS, version=DIAGNOSTICS).json()["value"]
        assert found["properties"]["workspaceId"] == workspace(arm)


def test_a_destination_there_is_not(arm: Arm) -> None:
    """Anything else is refused."""
    assert arm("PATCH", "/_azdock/behaviour", {"log_destination": "moon"}).status_code == 400
