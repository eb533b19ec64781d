"""System events of a job or an app from Log Analytics, in either family of tables.

SOURCE: learn.microsoft.com/azure/azure-monitor/reference/tables/containerappsystemlogs;
learn.microsoft.com/azure/container-apps/log-monitoring.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from azdock.azure import errors as translate
from azdock.azure import progress
from azdock.azure.client import Azure
from azdock.azure.loganalytics import literal
from azdock.azure.logtable import Kind

MAX_EVENTS = 500
# The dedicated table names an execution nowhere but in its replicas.
_COLUMNS = {
    "log-analytics": "TimeGenerated, Reason_s, Type_s, Log_s, ReplicaName_s, Count_d",
    "azure-monitor": "TimeGenerated, Reason, Type, Log, ReplicaName, Count",
}
# A column of the classic table is there only once a record had it: of an app nothing is asked that only jobs have.
_QUERIES: dict[tuple[Kind, str], str] = {
    ("job", "log-analytics"): (
        "ContainerAppSystemLogs_CL | where JobName_s == {owner} or ContainerAppName_s == {owner}"
        " | where ReplicaName_s startswith_cs {replica} or ExecutionName_s == {run} or Log_s contains_cs {run}"
    ),
    ("job", "azure-monitor"): (
        "ContainerAppSystemLogs | where JobName == {owner} or ContainerAppName == {owner}"
        " | where ReplicaName startswith_cs {replica} or Log contains_cs {run}"
    ),
    ("app", "log-analytics"): (
        "ContainerAppSystemLogs_CL | where ContainerAppName_s == {owner}"
        " | where ReplicaName_s startswith_cs {replica} or RevisionName_s == {run} or Log_s contains_cs {run}"
    ),
    ("app", "azure-monitor"): (
        "ContainerAppSystemLogs | where ContainerAppName == {owner}"
        " | where ReplicaName startswith_cs {replica} or RevisionName == {run} or Log contains_cs {run}"
    ),
}


@dataclass(frozen=True, slots=True)
class SystemEvent:
    """One thing the platform did: aware time in UTC, Azure's reason code, "Normal" or "Warning", and its text."""

    time: datetime
    reason: str
    type: str
    text: str
    replica: str = ""
    count: int = 1


def query(destination: str, owner: str, run: str, kind: Kind = "job") -> str:
    """KQL for the newest events of one run of a job, or of one revision of an app."""
    found = _QUERIES[kind, destination].format(owner=literal(owner), run=literal(run), replica=literal(run + "-"))
    return f"{found} | top {MAX_EVENTS} by TimeGenerated desc | project {_COLUMNS[destination]}"


class SystemLogs:
    """The system events that the environment's workspace keeps."""

    def __init__(self, azure: Azure, kind: Kind = "job") -> None:
        self._azure, self._kind = azure, kind

    @cached_property
    def _client(self) -> Any:
        from azure.monitor.query import LogsQueryClient

        place = self._azure.place
        return LogsQueryClient(
            self._azure.sdk_credential(),
            endpoint=place.log_url,
            authentication_policy=self._azure.policy(place.log_scope),
        )

    def events(self, owner: str, run: str) -> list[SystemEvent]:
        """The events of a run or a revision, oldest first; none while the table does not exist. Raises AzdockError."""
        from azure.core.exceptions import AzureError

        destination = self._azure.logs_destination()
        if destination not in _COLUMNS:
            return []
        text = query(destination, owner, run, self._kind)
        try:
            answer = self._client.query_workspace(self._azure.workspace(), text, timespan=None)
        except AzureError as failed:
            if translate.is_missing_table(f"{failed} {getattr(failed, 'error', '')} {_body(failed)}"):
                return []
            raise translate.of_sdk(failed) from failed
        except ValueError:
            return []  # 204 without a body: the workspace has no data at all; the SDK trips over the empty JSON
        tables = getattr(answer, "tables", None)
        if tables is None:
            progress.warn("Log Analytics gave a part of the events only")
            tables = answer.partial_data
        return [_event(*row) for table in tables for row in table.rows][::-1]


def _event(time: Any, reason: Any, kind: Any, text: Any, replica: Any, count: Any) -> SystemEvent:
    found = time if isinstance(time, datetime) else datetime.fromisoformat(str(time).replace("Z", "+00:00"))
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    return SystemEvent(found, str(reason or ""), str(kind or ""), str(text or ""), str(replica or ""), int(count or 1))


def _body(failed: Any) -> str:
    response = getattr(failed, "response", None)
    return str(response.text()) if response is not None else ""
