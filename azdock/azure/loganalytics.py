"""Console lines from Log Analytics.

SOURCE: learn.microsoft.com/azure/azure-monitor/reference/tables/containerappconsolelogs;
dataexplorer-docs kusto/query/scalar-data-types/string.md for literals.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from azdock.azure import errors as translate
from azdock.azure import progress
from azdock.azure.client import Azure

TABLE = "ContainerAppConsoleLogs_CL"
COLUMNS = ("TimeGenerated", "_timestamp_d", "Stream_s", "Log_s", "ContainerGroupName_s")
# Rows that one answer can hold.
MAX_ROWS = 500_000
# The stream's times have 100 ns, Log Analytics' are floating point seconds, whose making loses up to 250 ns: what
# differs by no more is the same moment. A burst of equal lines may be printed every microsecond.
SAME_NS = 750
# TimeGenerated has milliseconds and another machine's clock: it narrows a query down and decides nothing.
SKEW_NS = 60 * 1_000_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """One line: Unix nanoseconds, "stdout" or "stderr", text without newline, and the replica that printed it."""

    time_ns: int
    stream: str
    text: str
    replica: str


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


def console_query(
    job: str, run: str = "", since_ns: int | None = None, until_ns: int | None = None, tail: int | None = None
) -> str:
    """KQL for the lines of a job, or of one run of it, oldest first; both times are included."""
    where = [f"ContainerJobName_s == {literal(job)}"]
    if run:
        # With the hyphen: a run's name may be the beginning of another's.
        where.append(f"ContainerGroupName_s startswith_cs {literal(run + '-')}")
    if since_ns is not None:
        where.append(f"TimeGenerated >= {moment(since_ns - SKEW_NS)}")
        where.append(f"_timestamp_d >= {_seconds(since_ns - SAME_NS)}")
    if until_ns is not None:
        where.append(f"_timestamp_d <= {_seconds(until_ns + SAME_NS)}")
    steps = [TABLE, "where " + " and ".join(where)]
    if tail is not None:
        steps.append(f"top {tail} by _timestamp_d desc")
    return " | ".join([*steps, "order by _timestamp_d asc", "project " + ", ".join(COLUMNS)])


class LogAnalytics:
    """The workspace of the context's environment."""

    def __init__(self, azure: Azure) -> None:
        self._azure = azure

    @cached_property
    def _client(self) -> Any:
        from azure.monitor.query import LogsQueryClient

        place = self._azure.place
        return LogsQueryClient(
            self._azure.sdk_credential(),
            endpoint=place.log_url,
            authentication_policy=self._azure.policy(place.log_scope),
        )

    def rows(self, query: str) -> list[Row]:
        """The rows of a console query; a table that does not exist yet has none. Raises AzdockError."""
        from azure.core.exceptions import AzureError

        try:
            answer = self._client.query_workspace(self._azure.workspace(), query, timespan=None)
        except AzureError as failed:
            text = f"{failed} {getattr(failed, 'error', '')}"
            if translate.is_missing_table(text) or translate.is_missing_table(_body(failed)):
                return []
            raise translate.of_sdk(failed) from failed
        except ValueError:
            return []  # 204 without a body: the workspace has no data at all; the SDK trips over the empty JSON
        tables = getattr(answer, "tables", None)
        if tables is None:
            progress.warn("Log Analytics gave a part of the lines only")
            tables = answer.partial_data
        return [_row(dict(zip(table.columns, row, strict=True))) for table in tables for row in table.rows]


def _body(failed: Any) -> str:
    response = getattr(failed, "response", None)
    return str(response.text()) if response is not None else ""


def _row(cells: dict[str, Any]) -> Row:
    stamp = cells.get("_timestamp_d")
    seconds = float(stamp) if stamp else _utc(cells["TimeGenerated"]).timestamp()
    return Row(
        time_ns=_nanoseconds(seconds),
        stream=str(cells.get("Stream_s") or "stdout"),
        text=str(cells.get("Log_s") or ""),
        replica=str(cells.get("ContainerGroupName_s") or ""),
    )


def _nanoseconds(seconds: float) -> int:
    whole = int(seconds)
    # Apart, because the product of the two would lose another 125 ns.
    return whole * 1_000_000_000 + round((seconds - whole) * 10_000_000) * 100


def _utc(value: Any) -> datetime:
    found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    return found if found.tzinfo else found.replace(tzinfo=UTC)
