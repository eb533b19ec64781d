"""The query endpoint, asked with Microsoft's LogsQueryClient and with plain HTTP."""

from __future__ import annotations

import dataclasses
import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.monitor.query import LogsQueryClient, LogsQueryResult

from azdock.emulator.services import loganalytics
from azdock.emulator.world import WORKSPACE
from tests.contract.emulator.data_plane import SOURCE, Plane, served

TABLE = "ContainerAppConsoleLogs_CL"
RUN = f"{TABLE} | where ContainerJobName_s == 'job1' and ContainerGroupName_s startswith_cs 'job1-abc1234-'"


@pytest.fixture
def plane(tmp_path: Path) -> Iterator[Plane]:
    with served(tmp_path) as one:
        yield one


class Static:
    """A credential that knows one token."""

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        return AccessToken("anything", int(time.time()) + 3600)


def ask(plane: Plane, query: str, timespan: Any = None, **options: Any) -> list[list[Any]]:
    policy: Any = SansIOHTTPPolicy()  # the SDK's own refuses bearer tokens over plain HTTP
    with LogsQueryClient(Static(), endpoint=plane.url, authentication_policy=policy) as client:
        result = client.query_workspace(WORKSPACE, query, timespan=timespan, **options)
    assert isinstance(result, LogsQueryResult)
    return [list(row) for row in result.tables[0].rows]


def post(plane: Plane, body: Any, **headers: str) -> httpx.Response:
    return httpx.post(f"{plane.url}/v1/workspaces/{WORKSPACE}/query", json=body, headers=headers)


def test_history_of_an_execution(plane: Plane) -> None:
    """The documented query for one execution gives its lines in order, with stream and time."""
    plane.write("one\nit's two\n")
    plane.write("three\n", "stderr")
    query = f"{RUN} | order by _timestamp_d asc | project TimeGenerated, _timestamp_d, Stream_s, Log_s, ContainerName_s"
    found = ask(plane, query)
    assert [row[2:] for row in found] == [
        ["stdout", "one", "main"],
        ["stdout", "it's two", "main"],
        ["stderr", "three", "main"],
    ]
    assert isinstance(found[0][0], datetime)
    assert abs(found[0][0].timestamp() - time.time()) < 60


def test_every_column(plane: Plane) -> None:
    """A row has all columns of the table; a job's row names job, replica and image and no app."""
    plane.write("x\n")
    answer = post(plane, {"query": TABLE, "timespan": None, "workspaces": None}, Prefer="").json()["tables"][0]
    row = dict(zip((column["name"] for column in answer["columns"]), answer["rows"][0], strict=True))
    assert answer["name"] == "PrimaryResult"
    assert {"name": "TimeGenerated", "type": "datetime"} in answer["columns"]
    assert row["ContainerJobName_s"] == "job1"
    assert row["ContainerAppName_s"] == ""
    assert row["ContainerGroupName_s"] == SOURCE.replica
    assert row["ContainerImage_s"] == "busybox"
    assert row["EnvironmentName_s"] == "calm-sea"
    assert row["Type"] == TABLE


def test_system_table(plane: Plane) -> None:
    """The exit code of an execution can be read from the system table."""
    text = "Container 'main' was terminated with exit code '7' and reason 'ProcessExited'"
    plane.logbook.event(SOURCE, "ContainerTerminated", "Warning", text)
    found = ask(
        plane,
        "ContainerAppSystemLogs_CL | where ReplicaName_s startswith_cs 'job1-abc1234-' and Log_s has 'exit code' "
        "| extend code = toint(extract(\"exit code '([0-9]+)'\", 1, Log_s)) "
        "| where isnotnull(code) | top 1 by TimeGenerated desc | project code, JobName_s, ExecutionName_s, Reason_s",
    )
    assert found == [[7, "job1", "job1-abc1234", "ContainerTerminated"]]


def test_either_family(plane: Plane) -> None:
    """The documented query over both families of tables works where only one exists."""
    plane.write("x\n")
    found = ask(
        plane,
        f"union isfuzzy=true {TABLE}, ContainerAppConsoleLogs "
        "| extend grp = coalesce(column_ifexists('ContainerGroupName_s', ''), "
        "column_ifexists('ContainerGroupName', '')), "
        "line = coalesce(column_ifexists('Log_s', ''), column_ifexists('Log', '')) "
        "| where grp startswith_cs 'job1-abc1234-' | project line",
    )
    assert found == [["x"]]


@pytest.mark.parametrize(
    ("timespan", "count"),
    [
        (None, 3),
        (timedelta(hours=1), 2),
        (timedelta(days=2), 3),
        ((datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)), 0),
        ((datetime.now(UTC) - timedelta(days=2), timedelta(hours=47)), 1),
    ],
)
def test_timespan(plane: Plane, timespan: Any, count: int) -> None:
    """Only rows within the timespan are seen, in each form in which the SDK sends it."""
    plane.sink("stdout", b"yesterday\n", time.time_ns() - 26 * 3600 * 10**9)
    plane.write("a\nb\n")
    assert ask(plane, f"{TABLE} | count", timespan) == [[count]]


@pytest.mark.parametrize("timespan", ["P3DT12H", "PT60M", "2020-01-01/2100-01-01", "P1D/2100-01-01T00:00:00Z", ""])
def test_written_timespans(plane: Plane, timespan: str) -> None:
    """What people type is understood."""
    plane.write("a\n")
    expected = 0 if timespan.startswith("P1D/") else 1
    assert post(plane, {"query": f"{TABLE} | count", "timespan": timespan}).json()["tables"][0]["rows"] == [[expected]]


def test_get_and_both_timespans(plane: Plane) -> None:
    """GET takes its query from the address; of two timespans only what they share counts."""
    plane.write("a\n")
    url = f"{plane.url}/v1/workspaces/{WORKSPACE}/query"
    assert httpx.get(url, params={"query": f"{TABLE} | count"}).json()["tables"][0]["rows"] == [[1]]
    url += "?timespan=2020-01-01/2020-01-02"
    assert httpx.post(url, json={"query": f"{TABLE} | count", "timespan": "P1D"}).json()["tables"][0]["rows"] == [[0]]


def test_statistics(plane: Plane) -> None:
    """Statistics are sent when the Prefer header asks for them."""
    plane.write("a\n")
    assert "statistics" in post(plane, {"query": TABLE}, Prefer="wait=60,include-statistics=true").json()
    assert "statistics" not in post(plane, {"query": TABLE}).json()
    assert ask(plane, f"{TABLE} | count", include_statistics=True, server_timeout=60) == [[1]]


def test_late_rows(plane: Plane) -> None:
    """A row is to be seen only when the delay is over, and the table only when its own is."""
    plane.behaviour.log_table_delay, plane.behaviour.log_delay = 3600, 0
    plane.write("a\n")
    with pytest.raises(HttpResponseError, match="invalid properties"):
        ask(plane, TABLE)
    plane.behaviour.log_table_delay = 0
    assert ask(plane, f"{TABLE} | count") == [[1]]
    plane.sink("stdout", b"old\n", time.time_ns() - 10**13)
    plane.behaviour.log_delay = 3600
    assert post(plane, {"query": TABLE}).status_code == 400


def test_lost_rows(plane: Plane) -> None:
    """A share of the lines is lost, and each time the same ones."""
    plane.behaviour.log_loss = 0.5
    plane.write("".join(f"{i}\n" for i in range(400)))
    found = ask(plane, f"{TABLE} | project Log_s")
    assert 120 < len(found) < 280
    assert ask(plane, f"{TABLE} | project Log_s") == found


def test_long_fields(plane: Plane) -> None:
    """A line is one row whatever its length, cut after 32 KB."""
    plane.write("x" * 100_000 + "\nshort\n")
    found = ask(plane, f"{TABLE} | project Log_s")
    assert [len(row[0]) for row in found] == [32 * 1024, 5]


@pytest.mark.parametrize(
    ("query", "kind", "code"),
    [
        ("Missing_CL | take 1", "SemanticError", "SEM0100"),
        (f"{TABLE} | where Nope_s == 'x'", "SemanticError", "SEM0100"),
        (f"{TABLE} | where", "SyntaxError", "SYN0002"),
    ],
)
def test_errors(plane: Plane, query: str, kind: str, code: str) -> None:
    """A bad query is 400 BadArgumentError with Kusto's code inside."""
    plane.write("a\n")
    with pytest.raises(HttpResponseError) as caught:
        ask(plane, query)
    assert caught.value.status_code == 400
    assert post(plane, {"query": query}).json()["error"]["code"] == "BadArgumentError"
    inner = post(plane, {"query": query}).json()["error"]["innererror"]
    assert (inner["code"], inner["innererror"]["code"]) == (kind, code)


def test_other_answers(plane: Plane) -> None:
    """No data at all is 204, no JSON is an empty 200, a missing table 400, a wrong workspace 404."""
    url = f"{plane.url}/v1/workspaces/{WORKSPACE}/query"
    assert post(plane, {"query": "print 1"}).status_code == 204
    assert post(plane, {"query": TABLE}).status_code == 400
    assert httpx.post(url, content=b"query").text == ""
    assert post(plane, {"query": ""}).json()["error"]["code"] == "BadArgumentError"
    assert post(plane, ["query"]).json()["error"]["code"] == "BadArgumentError"
    assert post(plane, {"query": "print 1", "timespan": "soon"}).status_code == 400
    wrong = httpx.post(url.replace(WORKSPACE, "1" * 8), json={"query": "print 1"})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (404, "PathNotFoundError")


def test_too_many_rows(plane: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit of rows the answer is partial and says so."""
    monkeypatch.setattr(loganalytics, "ROW_LIMIT", 2)
    plane.write("a\nb\nc\n")
    answer = post(plane, {"query": TABLE}).json()
    assert len(answer["tables"][0]["rows"]) == 2
    assert answer["error"]["code"] == "PartialError"


def test_many_rows(plane: Plane) -> None:
    """A query over 100,000 lines is answered in bounded time, and other containers' lines are not looked at."""
    plane.write("".join(f"{i}\n" for i in range(100_000)))
    started = time.monotonic()
    assert ask(plane, f"{RUN} | where Log_s == '99999' | project Log_s") == [["99999"]]
    assert time.monotonic() - started < 5


NEW = dataclasses.replace(SOURCE, replica="job1-abc1234-new00", destination="azure-monitor")


def test_the_other_family(plane: Plane) -> None:
    """An environment with destination azure-monitor fills the resource-specific tables, with their own columns."""
    plane.logbook.sink(NEW)("stdout", b"x\n", time.time_ns())
    plane.logbook.event(NEW, "ContainerStarted", "Normal", "Started container 'main'")
    answer = post(plane, {"query": "ContainerAppConsoleLogs"}).json()["tables"][0]
    row = dict(zip((column["name"] for column in answer["columns"]), answer["rows"][0], strict=True))
    assert {column["name"]: column["type"] for column in answer["columns"]}["ContainerGroupId"] == "string"
    assert not [name for name in row if name.endswith(("_s", "_d", "_g"))]
    assert (row["JobName"], row["ContainerAppName"], row["ContainerGroupName"]) == ("job1", "", NEW.replica)
    assert (row["Stream"], row["Log"], row["ContainerImage"], row["Type"]) == (
        "stdout",
        "x",
        "busybox",
        "ContainerAppConsoleLogs",
    )
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z", row["TimeGenerated"])
    query = (
        "ContainerAppSystemLogs | project JobName, ReplicaName, ContainerName, EventSource, Reason, Type, Log, Count"
    )
    assert ask(plane, query) == [
        [
            "job1",
            NEW.replica,
            "main",
            "ContainerAppController",
            "ContainerStarted",
            "Normal",
            "Started container 'main'",
            1,
        ]
    ]


@pytest.mark.parametrize(
    ("destination", "missing"),
    [
        ("log-analytics", ["ContainerAppConsoleLogs", "ContainerAppSystemLogs"]),
        ("azure-monitor", [TABLE, "ContainerAppSystemLogs_CL"]),
    ],
)
def test_the_unused_family_does_not_exist(plane: Plane, destination: str, missing: list[str]) -> None:
    """Asking for a table of the family that nothing is sent to is a semantic error."""
    source = dataclasses.replace(SOURCE, replica="r", destination=destination)
    plane.logbook.sink(source)("stdout", b"x\n", time.time_ns())
    plane.logbook.event(source, "x", "Normal", "y")
    for table in missing:
        refused = post(plane, {"query": table})
        assert refused.status_code == 400
        assert refused.json()["error"]["innererror"]["innererror"]["code"] == "SEM0100"


def test_logs_that_go_nowhere(plane: Plane) -> None:
    """With destination none there are no tables; the log stream has the line all the same."""
    source = dataclasses.replace(SOURCE, replica="r", destination="none")
    plane.logbook.sink(source)("stdout", b"x\n", time.time_ns())
    plane.logbook.event(source, "x", "Normal", "y")
    for table in (TABLE, "ContainerAppSystemLogs_CL", "ContainerAppConsoleLogs", "ContainerAppSystemLogs"):
        assert post(plane, {"query": table}).status_code == 400
    assert [record.text for record in plane.logbook.tail("r", SOURCE.container, 9)] == ["x"]


def test_both_families_in_one_query(plane: Plane) -> None:
    """The documented union over both families gives the rows of both after the destination was changed."""
    plane.write("old\n")
    plane.logbook.sink(NEW)("stderr", b"new\n", time.time_ns())
    found = ask(
        plane,
        f"union isfuzzy=true {TABLE}, ContainerAppConsoleLogs "
        "| extend grp = coalesce(column_ifexists('ContainerGroupName_s', ''), "
        "column_ifexists('ContainerGroupName', '')), "
        "line = coalesce(column_ifexists('Log_s', ''), column_ifexists('Log', '')), "
        "out = iff(isnotempty(Stream), Stream, Stream_s) "
        "| where grp startswith_cs 'job1-abc1234-' | order by TimeGenerated asc, line desc | project line, out",
    )
    assert sorted(found) == [["new", "stderr"], ["old", "stdout"]]


@pytest.mark.parametrize("destination", ["log-analytics", "azure-monitor"])
def test_delay_and_loss_of_both_families(plane: Plane, destination: str) -> None:
    """Late rows, lost rows and a table that is not there yet are the same for both families."""
    source = dataclasses.replace(SOURCE, replica="r", destination=destination)
    table = TABLE if destination == "log-analytics" else "ContainerAppConsoleLogs"
    long_ago = time.time_ns() - 10**11
    plane.logbook.sink(source)("stdout", b"x\n" * 400, long_ago)
    plane.logbook.sink(source)("stdout", b"late\n", time.time_ns())
    plane.behaviour.log_loss = 0.5
    plane.behaviour.log_delay = 50
    [[count]] = ask(plane, f"{table} | count")
    assert 100 < count < 300
    plane.behaviour.log_delay = 200
    assert post(plane, {"query": table}).status_code == 400
    plane.behaviour.log_delay, plane.behaviour.log_table_delay = 0, 200
    assert post(plane, {"query": table}).status_code == 400


@pytest.mark.parametrize(
    "rest",
    [
        "| order by _timestamp_d asc | project _timestamp_d, Stream_s, Log_s, ContainerGroupName_s",
        "| where TimeGenerated >= ago(1d) | order by _timestamp_d asc | project TimeGenerated, Log_s",
        "| top 100000 by _timestamp_d desc | project _timestamp_d, Log_s",
        "| where _timestamp_d >= 1 and Log_s has '77' | order by TimeGenerated asc | project Log_s",
    ],
)
def test_a_hundred_thousand_rows(plane: Plane, rest: str) -> None:
    """The usual questions about a hundred thousand lines are answered in about a second even on a busy machine."""
    plane.write("\n".join(map(str, range(100_000))) + "\n")
    query = f"{TABLE} | where ContainerJobName_s == 'job1' and ContainerGroupName_s startswith_cs 'job1-' {rest}"
    started = time.monotonic()
    answer = loganalytics.answer(plane.logbook, {"query": query}, "")
    taken = time.monotonic() - started
    logs = [row[-2 if "Stream_s" in rest else -1] for row in json.loads(bytes(answer.body))["tables"][0]["rows"]]
    expected = [str(i) for i in range(100_000)]
    if "has" in rest:
        expected = ["77"]
    assert logs == (expected[::-1] if "desc" in rest else expected)
    assert taken < 1.5
