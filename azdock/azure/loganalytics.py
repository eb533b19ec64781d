"""Console lines from Log Analytics, in either family of tables, over the thin client.

SOURCE: learn.microsoft.com/azure/azure-monitor/reference/tables/containerappconsolelogs;
learn.microsoft.com/azure/azure-monitor/logs/api/{request-format,response-format,errors};
dataexplorer-docs kusto/query/scalar-data-types/string.md for literals.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from azdock import wire
from azdock.azure import errors as translate
from azdock.azure import retry
from azdock.azure.arm import Arm
from azdock.azure.client import Azure
from azdock.azure.logstream import parse_time
from azdock.azure.logtable import CLASSIC, TABLES, Kind, Table
from azdock.errors import AzureFailure

# Rows that one answer can hold.
MAX_ROWS = 500_000
# TimeGenerated has milliseconds and another machine's clock: beside an exact time it narrows a query down and decides
# nothing.
SKEW_NS = 60 * 1_000_000_000
BILLION, TICKS = 1_000_000_000, 10_000_000  # nanoseconds, and hundreds of them, of a second


class Row(NamedTuple):
    """One line: Unix nanoseconds, "stdout" or "stderr", text without newline, and the replica that printed it."""

    time_ns: int
    stream: str
    text: str
    replica: str


@dataclass(frozen=True, slots=True)
class Asked:
    """Which rows of a job or an app are wanted; "" and None mean all. `run` is what its replicas' names begin with.
    Both times are included."""

    run: str = ""
    replica: str = ""
    since_ns: int | None = None
    until_ns: int | None = None
    tail: int | None = None


def literal(text: str) -> str:
    """A KQL string literal. Raises ValueError for control characters that have no documented escape."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\t", "\\t")
    if any(ord(character) < 32 for character in escaped):
        raise ValueError(f"a control character in {text!r}")
    return f"'{escaped}'"


def moment(time_ns: int) -> str:
    """A KQL datetime literal of a time in Unix nanoseconds."""
    whole = datetime.fromtimestamp(time_ns // 1_000_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"datetime({whole}.{time_ns % 1_000_000_000 // 100:07d}Z)"


def _seconds(time_ns: int) -> str:
    return f"real({time_ns // 1_000_000_000}.{time_ns % 1_000_000_000:09d})"


def console_query(owner: str, asked: Asked = Asked(), table: Table = CLASSIC) -> str:
    """KQL for the lines of a job or an app, oldest first. With a tail and inexact times it is for the time of the first
    line."""
    write = _seconds if table.exact else moment
    where = [f"{table.owner} == {literal(owner)}"]
    if asked.run:
        # With the hyphen: a run's name may be the beginning of another's.
        where.append(f"{table.group} startswith_cs {literal(asked.run + '-')}")
    if asked.replica:
        where.append(f"{table.group} == {literal(asked.replica)}")
    if asked.since_ns is not None:
        if table.exact:
            where.append(f"TimeGenerated >= {moment(asked.since_ns - SKEW_NS)}")
        where.append(f"{table.time} >= {write(asked.since_ns - table.same_ns)}")
    if asked.until_ns is not None:
        where.append(f"{table.time} <= {write(asked.until_ns + table.same_ns)}")
    steps = [table.name, "where " + " and ".join(where)]
    if asked.tail is not None:
        steps.append(f"top {asked.tail} by {table.time} desc")
        if not table.exact:  # rows of one millisecond have no order: who is among the last is the caller's to find out
            return " | ".join([*steps, f"summarize first = min({table.time})"])
    columns = [table.time, table.stream, table.log]
    if not asked.replica:  # the same long name in each row would be a third of the answer
        columns.append(table.group)
    return " | ".join([*steps, f"order by {table.time} asc", "project " + ", ".join(columns)])


def names_query(beginning: str, containing: str = "", table: Table = CLASSIC) -> str:
    """KQL for the names of jobs or apps that begin or contain so ("" is not looked for), the one that printed last
    first."""
    where = [f"{table.owner} startswith_cs {literal(beginning)}"] if beginning else []
    if containing:
        where.append(f"{table.owner} contains_cs {literal(containing)}")
    return (
        f"{table.name} | where {' or '.join(where)} | summarize last = max(TimeGenerated) by {table.owner} "
        f"| order by last desc | project {table.owner}"
    )


class LogAnalytics:
    """What the workspace of the context's environment has of jobs or of apps. `partial` is set when an answer left rows
    out."""

    def __init__(self, azure: Azure, kind: Kind = "job") -> None:
        self._azure = azure
        self._tables = TABLES[kind]
        self._table = self._tables["log-analytics"] if azure.is_embedded else None
        self.partial = False

    @property
    def available(self) -> bool:
        """Whether the environment keeps its logs at all."""
        return (self._table or self._chosen()) is not None

    @property
    def same_ns(self) -> int:
        """How far the times of a row and of the same line in the live stream may lie apart."""
        return (self._table or CLASSIC).same_ns

    def rows(self, owner: str, asked: Asked = Asked()) -> list[Row]:
        """The rows of a job or an app, maybe more than a tail; a table that is not there yet has none. Raises
        AzdockError."""
        found = self._ask(lambda table: console_query(owner, asked, table))
        table = self._table or CLASSIC
        if asked.tail is not None and not table.exact:
            if not found or found[0][0] is None:
                return []
            return self.rows(owner, replace(asked, tail=None, since_ns=_moment(found[0][0])))
        return _rows(found, table.exact, asked.replica)

    def names(self, beginning: str, containing: str = "") -> list[str]:
        """Names of jobs or apps that have rows and begin or contain so; the one that printed last first."""
        return [str(name) for (name,) in self._ask(lambda table: names_query(beginning, containing, table))]

    def _ask(self, query: Callable[[Table], str]) -> list[list[Any]]:
        """The rows of an answer, from the family of tables that the environment writes."""
        table = self._table or self._chosen()
        if table is None:
            return []
        found = self._post(query(table))
        if found is None and self._azure.is_embedded and (other := self._chosen()) != table:
            # The embedded Azure is asked for its settings only when the usual table is not there.
            found = self._post(query(other)) if other is not None else []
        return found or []

    def _chosen(self) -> Table | None:
        """The table that the environment's destination stands for; None without one."""
        self._table = self._tables.get(self._azure.logs_destination())
        return self._table

    @property
    def _client(self) -> Arm:
        place = self._azure.place
        return Arm(
            self._azure.http,
            place.log_url,
            lambda stale: self._azure.tokens.get(place.log_scope, stale=stale),
            debug=self._azure.settings.debug,
        )

    def _post(self, query: str) -> list[list[Any]] | None:
        """One query; None when its table does not exist."""
        client = self._client
        url = client.url(wire.LOG_QUERY_PATH.format(workspace=self._azure.workspace()))
        patience = retry.Patience()
        while True:
            try:
                answer = client.request("POST", url, {"query": query}, headers={"Prefer": "wait=180"})
                break
            except AzureFailure as failed:
                if translate.is_missing_table(failed.message):
                    return None
                if failed.status != 504 or not patience.wait("Log Analytics is busy", None):
                    raise
        if answer.status_code == 204 or not answer.content:
            return []  # documented: the workspace has no data at all
        body = json.loads(answer.content)
        self.partial = self.partial or "error" in body
        return [row for table in body.get("tables") or () for row in table["rows"]]


def _rows(found: list[list[Any]], exact: bool, replica: str) -> list[Row]:
    """Cells as rows; there may be very many."""
    new, read = tuple.__new__, _nanoseconds if exact else _moment
    if exact and replica:  # _nanoseconds() spelled out: a run of many lines is waited for
        return [
            new(Row, (
                (whole := int(at)) * BILLION + int((at - whole) * TICKS + 0.5) * 100,
                stream or "stdout", text or "", replica,
            ))
            for at, stream, text in found
        ]  # fmt: skip
    if not replica:
        return [new(Row, (read(at), stream or "stdout", text or "", of or "")) for at, stream, text, of in found]
    return [new(Row, (read(at), stream or "stdout", text or "", replica)) for at, stream, text in found]


def _nanoseconds(seconds: float) -> int:
    whole = int(seconds)
    # Apart, because the product of the two would lose another 125 ns. A round() would take twice as long.
    return whole * BILLION + int((seconds - whole) * TICKS + 0.5) * 100


@lru_cache(maxsize=1024)
def _moment(text: str) -> int:
    return parse_time(text)
