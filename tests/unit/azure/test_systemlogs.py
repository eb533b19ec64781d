"""System events from Log Analytics."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ServiceRequestError

from azdock.azure import progress
from azdock.azure.systemlogs import SystemEvent, SystemLogs, query
from azdock.errors import Forbidden, Unreachable
from tests.unit.azure.azures import Script, answer, cloud
from tests.unit.azure.test_errors import Response, refused

AT = datetime(2026, 1, 2, tzinfo=UTC)


class Client:
    """Stands for LogsQueryClient: gives one answer, or raises it."""

    def __init__(self, found: Any) -> None:
        self.found, self.asked = found, list[tuple[str, str]]()

    def query_workspace(self, workspace: str, text: str, *, timespan: None) -> Any:
        self.asked.append((workspace, text))
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


def logs(home: Path, found: Any, destination: str = "log-analytics") -> tuple[SystemLogs, Client]:
    settings = {"destination": destination, "logAnalyticsConfiguration": {"customerId": "w1"}}
    environment = {"location": "x", "properties": {"appLogsConfiguration": settings}}
    made, client = SystemLogs(cloud(home, Script(answer(json=environment)))), Client(found)
    made.__dict__["_client"] = client
    return made, client


TABLE = SimpleNamespace(
    rows=[[AT, "Failed", "Warning", "b", "r1", 2], ["2026-01-01T00:00:00Z", "A", None, None, None, None]]
)


def test_events(tmp_path: Path) -> None:
    """Oldest first, with defaults for what is missing."""
    made, client = logs(tmp_path, SimpleNamespace(tables=[TABLE]))
    assert made.events("job1", "run1") == [
        SystemEvent(AT.replace(day=1), "A", "", "", "", 1), SystemEvent(AT, "Failed", "Warning", "b", "r1", 2)
    ]  # fmt: skip
    assert client.asked == [("w1", query("log-analytics", "job1", "run1"))]


@pytest.mark.parametrize(
    ("destination", "table", "column"),
    [
        ("log-analytics", "ContainerAppSystemLogs_CL", "Reason_s"),
        ("azure-monitor", "ContainerAppSystemLogs ", "Reason,"),
    ],
)
def test_query(destination: str, table: str, column: str) -> None:
    """Each family has its own names; a run is matched with its hyphen, and a quote cannot leave its literal."""
    text = query(destination, "jo'b", "run1")
    assert text.startswith(table) and column in text
    assert "'run1-'" in text and r"'jo\'b'" in text


def test_no_logs_kept(tmp_path: Path) -> None:
    """An environment that keeps no logs is not asked."""
    made, client = logs(tmp_path, None, "none")
    assert made.events("j", "r") == []
    assert client.asked == []


def test_nothing_yet(tmp_path: Path) -> None:
    """A table that does not exist yet, and a workspace without any data, have no events."""
    missing = {"error": {"code": "BadArgumentError", "message": "m", "innererror": {"code": "SEM0100", "message": "x"}}}
    failed = HttpResponseError("m", response=Response(400, json.dumps(missing)))  # type: ignore[arg-type]
    assert logs(tmp_path, failed)[0].events("j", "r") == []
    assert logs(tmp_path, ValueError("no JSON"))[0].events("j", "r") == []


def test_part_of_the_events(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An incomplete answer is used, and the user hears that it is incomplete."""
    progress.listen()
    assert len(logs(tmp_path, SimpleNamespace(partial_data=[TABLE]))[0].events("j", "r")) == 2
    assert "a part of the events" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("failure", "kind"),
    [(refused(403, "InsufficientAccessError"), Forbidden), (ServiceRequestError("gone"), Unreachable)],
)
def test_refusals(tmp_path: Path, failure: Exception, kind: type[Exception]) -> None:
    """Everything else is one of azdock's errors."""
    with pytest.raises(kind):
        logs(tmp_path, failure)[0].events("j", "r")


@pytest.mark.parametrize(("destination", "suffix"), [("log-analytics", "_s"), ("azure-monitor", "")])
def test_query_of_an_app(destination: str, suffix: str) -> None:
    """The events of a revision are asked for without the columns that only jobs have."""
    text = query(destination, "web", "web--1", "app")
    assert f"where ContainerAppName{suffix} == 'web'" in text
    assert f"RevisionName{suffix} == 'web--1'" in text and "startswith_cs 'web--1-'" in text
    assert "JobName" not in text and "ExecutionName" not in text
