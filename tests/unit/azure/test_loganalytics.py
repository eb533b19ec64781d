"""KQL is built safely."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ServiceRequestError

from azdock.azure import progress
from azdock.azure.loganalytics import SAME_NS, LogAnalytics, Row, _nanoseconds, console_query, literal, moment
from azdock.errors import AzureFailure, Forbidden, Unreachable
from tests.unit.azure.azures import Script, answer, cloud
from tests.unit.azure.test_errors import Response, refused


@pytest.mark.parametrize(("text", "kql"), [("a'b", r"'a\'b'"), ("\\", r"'\\'"), ("a\nb", r"'a\nb'")])
def test_literals(text: str, kql: str) -> None:
    """A quote or backslash cannot leave its literal."""
    assert literal(text) == kql


def test_control_characters_are_refused() -> None:
    """NUL has no documented escape."""
    with pytest.raises(ValueError, match="control character"):
        literal("\0")


def test_query() -> None:
    """A run is matched with its hyphen, and a tail is taken before the order is restored."""
    query = console_query("job1", "job1-abc", since_ns=61_500_000_000, until_ns=70_000_000_001, tail=5)
    assert "startswith_cs 'job1-abc-'" in query
    # TimeGenerated is coarse and late: it may only narrow down
    assert "TimeGenerated >= datetime(1970-01-01T00:00:01.5000000Z)" in query
    assert "_timestamp_d >= real(61.499999250) and _timestamp_d <= real(70.000000751)" in query
    assert query.index("top 5") < query.index("order by _timestamp_d asc")
    assert moment(0) == "datetime(1970-01-01T00:00:00.0000000Z)"


class Client:
    """Stands for LogsQueryClient: gives one answer, or raises it."""

    def __init__(self, found: Any) -> None:
        self.found, self.asked = found, list[tuple[str, str]]()

    def query_workspace(self, workspace: str, query: str, *, timespan: None) -> Any:
        self.asked.append((workspace, query))
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


def analytics(home: Path, found: Any) -> tuple[LogAnalytics, Client]:
    logs = {"logAnalyticsConfiguration": {"customerId": "w1"}}
    environment = {"location": "x", "properties": {"appLogsConfiguration": logs}}
    made, client = LogAnalytics(cloud(home, Script(answer(json=environment)))), Client(found)
    made.__dict__["_client"] = client
    return made, client


TABLE = SimpleNamespace(
    columns=["TimeGenerated", "_timestamp_d", "Stream_s", "Log_s", "ContainerGroupName_s"],
    rows=[
        [datetime(2026, 1, 2, tzinfo=UTC), 1767312000.25, "stderr", "a", "r1"],
        ["2026-01-02T00:00:00.5Z", None, None, None, None],
    ],
)


def test_rows(tmp_path: Path) -> None:
    """The exact time comes from _timestamp_d, else from TimeGenerated; what is missing has a default."""
    made, client = analytics(tmp_path, SimpleNamespace(tables=[TABLE]))
    assert made.rows("q") == [
        Row(1767312000_250000000, "stderr", "a", "r1"),
        Row(1767312000_500000000, "stdout", "", ""),
    ]
    assert client.asked == [("w1", "q")]


def test_times_come_back() -> None:
    """Nanoseconds that became floating point seconds are told from those of a line a microsecond later."""
    for time_ns in range(1_795_521_179_149_000_000, 1_795_521_179_149_000_000 + 2_000_000, 1_237):
        stream = time_ns // 100 * 100
        assert abs(_nanoseconds(time_ns / 1e9) - stream) < SAME_NS


def test_part_of_the_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An incomplete answer is used, and the user hears that it is incomplete."""
    progress.listen()
    made, _ = analytics(tmp_path, SimpleNamespace(partial_data=[TABLE]))
    assert len(made.rows("q")) == 2
    assert "a part of the lines" in capsys.readouterr().err


MISSING = {"error": {"code": "BadArgumentError", "message": "m", "innererror": {"code": "SEM0100", "message": "x"}}}


def test_no_data_yet(tmp_path: Path) -> None:
    """A table that does not exist yet, and a workspace without any data, have no rows."""
    failed = HttpResponseError("m", response=Response(400, json.dumps(MISSING)))  # type: ignore[arg-type]
    assert analytics(tmp_path, failed)[0].rows("q") == []
    assert analytics(tmp_path, ValueError("no JSON"))[0].rows("q") == []


@pytest.mark.parametrize(
    ("failure", "kind"),
    [(refused(403, "InsufficientAccessError"), Forbidden), (refused(400, "SyntaxError"), AzureFailure),
     (ServiceRequestError("gone"), Unreachable)],
)  # fmt: skip
def test_refusals(tmp_path: Path, failure: Exception, kind: type[Exception]) -> None:
    """Everything else is one of azdock's errors."""
    with pytest.raises(kind):
        analytics(tmp_path, failure)[0].rows("q")
