"""KQL is built safely, and answers of either family of tables become rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from azdock.azure.loganalytics import (
    Asked,
    LogAnalytics,
    Row,
    _nanoseconds,
    console_query,
    literal,
    moment,
    names_query,
)
from azdock.azure.logtable import DEDICATED, SAME_NS, TABLES
from azdock.azure.web import httpx
from azdock.errors import AzureFailure, Forbidden, NotLoggedIn, Unreachable
from tests.unit.azure.azures import Script, answer, cloud, refusal


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
    query = console_query("job1", Asked("job1-abc", since_ns=61_500_000_000, until_ns=70_000_000_001, tail=5))
    assert "startswith_cs 'job1-abc-'" in query
    # TimeGenerated is coarse and late: it may only narrow down
    assert "TimeGenerated >= datetime(1970-01-01T00:00:01.5000000Z)" in query
    assert "_timestamp_d >= real(61.499999250) and _timestamp_d <= real(70.000000751)" in query
    assert query.index("top 5") < query.index("order by _timestamp_d asc")
    assert moment(0) == "datetime(1970-01-01T00:00:00.0000000Z)"


def test_query_of_the_other_family() -> None:
    """Without the exact column the datetime decides, with a tolerance of its own precision."""
    query = console_query("job1", Asked(since_ns=61_500_000_000), DEDICATED)
    assert query.startswith("ContainerAppConsoleLogs | where JobName == 'job1'")
    assert "TimeGenerated >= datetime(1970-01-01T00:01:01.4990000Z)" in query
    assert query.endswith("| order by TimeGenerated asc | project TimeGenerated, Stream, Log, ContainerGroupName")


@pytest.mark.parametrize(
    ("destination", "column"), [("log-analytics", "ContainerAppName_s"), ("azure-monitor", "ContainerAppName")]
)
def test_query_of_an_app(destination: str, column: str) -> None:
    """Lines of apps stand in the same tables, under another column."""
    assert f"| where {column} == 'web'" in console_query("web", table=TABLES["app"][destination])


def test_query_of_one_replica() -> None:
    """The name of a replica that is asked for is not repeated in every row."""
    query = console_query("job1", Asked(replica="job1-abc-x"))
    assert "ContainerGroupName_s == 'job1-abc-x'" in query
    assert query.endswith("project _timestamp_d, Stream_s, Log_s")


def test_query_of_jobs() -> None:
    """Jobs are looked for by how they begin, or by what they contain, too."""
    assert "where ContainerJobName_s startswith_cs 'web-' | summarize" in names_query("web-")
    assert "startswith_cs 'web-' or ContainerJobName_s contains_cs '-ab'" in names_query("web-", "-ab")


def environment(destination: str = "log-analytics") -> httpx.Response:
    logs = {"destination": destination, "logAnalyticsConfiguration": {"customerId": "w1"}}
    return answer(json={"location": "x", "properties": {"appLogsConfiguration": logs}})


def table(*rows: list[Any]) -> httpx.Response:
    return answer(json={"tables": [{"name": "PrimaryResult", "columns": [], "rows": list(rows)}]})


def analytics(home: Path, *answers: httpx.Response | Exception) -> tuple[LogAnalytics, Script]:
    script = Script(*answers)
    return LogAnalytics(cloud(home, script)), script


def test_rows(tmp_path: Path) -> None:
    """Times are nanoseconds; what is missing has a default; the workspace of the environment is asked."""
    rows = ([1767312000.25, "stderr", "a", "r1"], [1767312000.5, None, None, None])
    made, script = analytics(tmp_path, environment(), table(*rows))
    assert made.rows("j") == [
        Row(1767312000_250000000, "stderr", "a", "r1"),
        Row(1767312000_500000000, "stdout", "", ""),
    ]
    assert script.asked[-1].url.path == "/v1/workspaces/w1/query"
    assert json.loads(script.bodies[-1])["query"].startswith("ContainerAppConsoleLogs_CL |")
    assert (made.partial, made.available, made.same_ns) == (False, True, SAME_NS)


def test_rows_of_the_other_family(tmp_path: Path) -> None:
    """With azure-monitor as destination the diagnostic setting names the workspace, and the table is the other one."""
    setting = answer(json={"value": [{"properties": {}}, {"properties": {"workspaceId": "/w/arm"}}]})
    workspace = answer(json={"properties": {"customerId": "w2"}})
    rows = table(["2026-01-02T00:00:00.5Z", "stdout", "a"])
    made, script = analytics(tmp_path, environment("azure-monitor"), setting, workspace, rows)
    assert made.rows("j", Asked(replica="r1")) == [Row(1767312000_500000000, "stdout", "a", "r1")]
    assert script.asked[-1].url.path == "/v1/workspaces/w2/query"
    assert json.loads(script.bodies[-1])["query"].startswith("ContainerAppConsoleLogs |")
    assert made.same_ns == 1_000_000


def test_a_tail_of_the_other_family(tmp_path: Path) -> None:
    """Where many lines share the first one's time all of them come."""
    setting = answer(json={"value": [{"properties": {"workspaceId": "/w/arm"}}]})
    workspace = answer(json={"properties": {"customerId": "w2"}})
    first, rows = table(["2026-01-02T00:00:00.5Z"]), table(["2026-01-02T00:00:00.5Z", "stdout", "a", "r1"])
    made, script = analytics(tmp_path, environment("azure-monitor"), setting, workspace, first, rows)
    assert [row.text for row in made.rows("j", Asked(tail=1))] == ["a"]
    queries = [json.loads(body)["query"] for body in script.bodies[-2:]]
    assert queries[0].endswith("top 1 by TimeGenerated desc | summarize first = min(TimeGenerated)")
    assert "TimeGenerated >= datetime(2026-01-02T00:00:00.4990000Z)" in queries[1]


def test_no_destination(tmp_path: Path) -> None:
    """An environment that keeps no logs has no rows, and says so; nothing is asked of a workspace."""
    nothing = answer(json={"location": "x", "properties": {"appLogsConfiguration": {"destination": None}}})
    made, script = analytics(tmp_path, nothing)
    assert made.rows("j") == []
    assert not made.available
    assert len(script.asked) == 1


def test_jobs(tmp_path: Path) -> None:
    """Names of jobs come as they are."""
    made, _ = analytics(tmp_path, environment(), table(["web-1"], ["web-2"]))
    assert made.names("web-") == ["web-1", "web-2"]


def test_times_come_back() -> None:
    """Nanoseconds that became floating point seconds are told from those of a line a microsecond later."""
    for time_ns in range(1_795_521_179_149_000_000, 1_795_521_179_149_000_000 + 2_000_000, 1_237):
        stream = time_ns // 100 * 100
        assert abs(_nanoseconds(time_ns / 1e9) - stream) < SAME_NS


def test_part_of_the_rows(tmp_path: Path) -> None:
    """An incomplete answer is used, and known to be incomplete."""
    part = answer(json={"tables": [{"rows": [[1.0, "stdout", "a", "r"]]}], "error": {"code": "PartialError"}})
    made, _ = analytics(tmp_path, environment(), part)
    assert len(made.rows("j")) == 1
    assert made.partial


def missing_table() -> httpx.Response:
    inner = {"code": "SEM0100", "message": "Failed to resolve table or column expression named 'x'"}
    return answer(400, {"error": {"code": "BadArgumentError", "message": "m", "innererror": inner}})


def test_no_data_yet(tmp_path: Path) -> None:
    """A table that does not exist yet, a workspace without any data, and an answer without a body have no rows."""
    for empty in (missing_table(), httpx.Response(204), httpx.Response(200)):
        assert analytics(tmp_path, environment(), empty)[0].rows("j") == []


def test_a_token_that_was_refused(tmp_path: Path) -> None:
    """Another token is got once."""
    made, script = analytics(tmp_path, environment(), refusal(401, "x"), table())
    assert made.rows("j") == []
    assert len(set(script.tokens[1:])) == 2


@pytest.mark.parametrize(
    ("failures", "kind"),
    [([refusal(403, "InsufficientAccessError")], Forbidden), ([refusal(400, "SyntaxError")], AzureFailure),
     ([refusal(401, "x"), refusal(401, "x")], NotLoggedIn), ([httpx.ReadError("gone")], Unreachable)],
)  # fmt: skip
def test_refusals(tmp_path: Path, failures: list[Any], kind: type[Exception]) -> None:
    """Everything else is one of azdock's errors."""
    with pytest.raises(kind):
        analytics(tmp_path, environment(), *failures)[0].rows("j")
