"""The two Log Analytics tables of a Container Apps environment and how a row of them is made.

Source: learn.microsoft.com/azure/container-apps/log-monitoring, tables of the destination log-analytics.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from azdock.emulator.containerlog import Source
from azdock.emulator.eventlog import Event
from azdock.emulator.kql.values import DateTime
from azdock.emulator.loglines import Record
from azdock.emulator.stamps import go_time
from azdock.emulator.world import WORKSPACE

CONSOLE, SYSTEM = "ContainerAppConsoleLogs_CL", "ContainerAppSystemLogs_CL"
# azure-monitor-docs, logs/data-collector-api.md: longer field values are truncated
FIELD_LIMIT = 32 * 1024

_COMMON = {
    "TenantId": "guid",
    "SourceSystem": "string",
    "MG": "string",
    "ManagementGroupName": "string",
    "TimeGenerated": "datetime",
    "Computer": "string",
    "RawData": "string",
}
_LAST = {"Type": "string", "_ResourceId": "string"}
COLUMNS: dict[str, dict[str, str]] = {
    CONSOLE: {
        **_COMMON,
        "_timestamp_d": "real",
        "time_t": "datetime",
        "ContainerAppName_s": "string",
        "ContainerJobName_s": "string",
        "RevisionName_s": "string",
        "ContainerName_s": "string",
        "ContainerGroupName_s": "string",
        "ContainerGroupId_g": "guid",
        "ContainerId_g": "guid",
        "ContainerImage_s": "string",
        "EnvironmentName_s": "string",
        "Stream_s": "string",
        "Log_s": "string",
        "Category": "string",
        **_LAST,
    },
    SYSTEM: {
        **_COMMON,
        "_timestamp_d": "real",
        "time_t": "datetime",
        "time_s": "string",
        "TimeStamp_s": "string",
        "EnvironmentName_s": "string",
        "ContainerAppName_s": "string",
        "RevisionName_s": "string",
        "ReplicaName_s": "string",
        "JobName_s": "string",
        "ExecutionName_s": "string",
        "EventSource_s": "string",
        "Reason_s": "string",
        "Type_s": "string",
        "Level": "string",
        "Log_s": "string",
        "Count_d": "real",
        **_LAST,
    },
}
# columns that differ between the rows of one source
_TIMES = ("TimeGenerated", "_timestamp_d", "time_t", "time_s", "TimeStamp_s")
CHANGING = frozenset((*_TIMES, "Stream_s", "Log_s", "EventSource_s", "Reason_s", "Type_s", "Level"))


@lru_cache(maxsize=4096)
def _guid(*names: str) -> str:
    return str(uuid5(NAMESPACE_URL, "/".join(names)))


def console_facts(source: Source) -> dict[str, Any]:
    """The columns all console rows of a container share, the others empty."""
    job = source.kind == "job"
    return {
        **_empty(CONSOLE),
        "ContainerAppName_s": "" if job else source.name,
        "ContainerJobName_s": source.name if job else "",
        "RevisionName_s": "" if job else source.revision,
        "ContainerName_s": source.container,
        "ContainerGroupName_s": source.replica,
        "ContainerGroupId_g": _guid(source.replica),
        "ContainerId_g": _guid(source.replica, source.container),
        "ContainerImage_s": source.image,
        "EnvironmentName_s": source.environment,
        "Category": "ContainerAppConsoleLogs",
    }


def event_facts(source: Source) -> dict[str, Any]:
    """The columns all system rows of a container share, the others empty."""
    job = source.kind == "job"
    return {
        **_empty(SYSTEM),
        "EnvironmentName_s": source.environment,
        "ContainerAppName_s": "" if job else source.name,
        "RevisionName_s": "" if job else source.revision,
        "ReplicaName_s": source.replica,
        "JobName_s": source.name if job else "",
        "ExecutionName_s": source.revision if job else "",
        "Count_d": 1.0,
    }


def _empty(table: str) -> dict[str, Any]:
    blank: dict[str, Any] = {name: "" if kind == "string" else None for name, kind in COLUMNS[table].items()}
    return {**blank, "TenantId": WORKSPACE, "SourceSystem": "RestAPI", "Type": table}


def _times(time_ns: int) -> dict[str, Any]:
    # The collector keeps milliseconds in its datetime columns; _timestamp_d alone tells lines of one millisecond apart.
    moment = DateTime(time_ns // 1_000_000 * 10_000)
    return {"TimeGenerated": moment, "time_t": moment, "_timestamp_d": time_ns / 1e9}


def console_row(facts: Mapping[str, Any], record: Record) -> dict[str, Any]:
    """A row of the console table for one whole line."""
    row = {**facts, **_times(record.time_ns)}
    row["Stream_s"] = record.stream
    row["Log_s"] = truncated(record.text)
    return row


def event_row(facts: Mapping[str, Any], event: Event) -> dict[str, Any]:
    """A row of the system table."""
    times = _times(event.time_ns)
    return {
        **facts,
        **times,
        "time_s": str(times["time_t"]),
        "TimeStamp_s": go_time(event.time_ns),
        "EventSource_s": event.event_source,
        "Reason_s": event.reason,
        "Type_s": event.type,
        "Level": "Error" if event.type == "Warning" else "Info",
        "Log_s": truncated(event.message),
    }


def truncated(text: str) -> str:
    """At most FIELD_LIMIT bytes of UTF-8."""
    if len(text) * 4 <= FIELD_LIMIT:
        return text
    data = text.encode()
    return text if len(data) <= FIELD_LIMIT else data[:FIELD_LIMIT].decode("utf-8", "ignore")
