"""The Log Analytics tables: of Container Apps environments, both families, and how their rows are made; those of
function apps beside them.

Sources: learn.microsoft.com/azure/container-apps/log-monitoring (destination log-analytics);
learn.microsoft.com/azure/azure-monitor/reference/tables/containerappconsolelogs and containerappsystemlogs
(destination azure-monitor)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from azdock.emulator.containerlog import Source
from azdock.emulator.eventlog import Event
from azdock.emulator.kql.batch import Batch, Column, Constant, Maker
from azdock.emulator.kql.values import DateTime
from azdock.emulator.loglines import Record
from azdock.emulator.stamps import go_time
from azdock.emulator.webtables import WEB_COLUMNS
from azdock.emulator.world import SUBSCRIPTION, WORKSPACE

CONSOLE, SYSTEM = "ContainerAppConsoleLogs_CL", "ContainerAppSystemLogs_CL"
NEW_CONSOLE, NEW_SYSTEM = "ContainerAppConsoleLogs", "ContainerAppSystemLogs"
CONSOLES = frozenset((CONSOLE, NEW_CONSOLE))
# appLogsConfiguration.destination of an environment -> its tables; logs of other environments are nowhere
TABLES_OF = {"log-analytics": (CONSOLE, SYSTEM), "azure-monitor": (NEW_CONSOLE, NEW_SYSTEM)}
DESTINATION_OF = {table: destination for destination, tables in TABLES_OF.items() for table in tables}
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
_NEW_COMMON = {"TenantId": "string", "TimeGenerated": "datetime", "Location": "string", "OperationName": "string"}
_NEW_LAST = {
    "SourceSystem": "string",
    "Type": "string",
    "_ResourceId": "string",
    "_SubscriptionId": "string",
    "_BilledSize": "real",
    "_IsBillable": "string",
}
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
    NEW_CONSOLE: {
        **_NEW_COMMON,
        "ContainerAppName": "string",
        "JobName": "string",
        "RevisionName": "string",
        "ContainerName": "string",
        "ContainerGroupName": "string",
        "ContainerGroupId": "string",
        "ContainerId": "string",
        "ContainerImage": "string",
        "EnvironmentName": "string",
        "Stream": "string",
        "Log": "string",
        **_NEW_LAST,
    },
    NEW_SYSTEM: {
        **_NEW_COMMON,
        "EnvironmentName": "string",
        "ContainerAppName": "string",
        "RevisionName": "string",
        "ReplicaName": "string",
        "ContainerName": "string",
        "JobName": "string",
        "EventSource": "string",
        "Reason": "string",
        "Log": "string",
        "Count": "int",
        "ComponentName": "string",
        "ComponentType": "string",
        **_NEW_LAST,
    },
    **WEB_COLUMNS,
}
_TIMES = {"TimeGenerated", "_timestamp_d", "time_t", "time_s", "TimeStamp_s"}
_EVENT = {"EventSource", "Reason", "Log", "Level"}
# columns that differ between the rows of one source
CHANGING: dict[str, frozenset[str]] = {
    CONSOLE: frozenset(_TIMES | {"Stream_s", "Log_s"}),
    SYSTEM: frozenset(_TIMES | {f"{name}_s" for name in _EVENT} | {"Level", "Type_s"}),
    NEW_CONSOLE: frozenset(("TimeGenerated", "Stream", "Log")),
    NEW_SYSTEM: frozenset(("TimeGenerated", *_EVENT, "Type")),
    **{table: frozenset(columns) for table, columns in WEB_COLUMNS.items()},
}


@lru_cache(maxsize=4096)
def _guid(*names: str) -> str:
    return str(uuid5(NAMESPACE_URL, "/".join(names)))


def facts(table: str, source: Source) -> dict[str, Any]:
    """The columns that all rows of a container share in a table, the others empty."""
    found: dict[str, Any] = {name: "" if kind == "string" else None for name, kind in COLUMNS[table].items()}
    shared = _console(source) if table in CONSOLES else _system(source)
    if DESTINATION_OF[table] == "log-analytics":
        return found | {"TenantId": WORKSPACE, "SourceSystem": "RestAPI", "Type": table} | shared
    group = f"/subscriptions/{SUBSCRIPTION}/resourcegroups/{source.group.lower()}"
    found |= {
        "TenantId": WORKSPACE,
        "SourceSystem": "Azure",
        "Type": table,
        "_ResourceId": f"{group}/providers/microsoft.app/managedenvironments/{source.environment.lower()}",
        "_SubscriptionId": SUBSCRIPTION,
        "_IsBillable": "True",
    }
    renamed = {_new_name(name): value for name, value in shared.items()}
    if table == NEW_SYSTEM:
        renamed |= {"ContainerName": source.container, "Count": 1}
    return found | {name: value for name, value in renamed.items() if name in found}


def _new_name(name: str) -> str:
    """A column's name in the resource-specific table."""
    return "JobName" if name == "ContainerJobName_s" else name.removesuffix("_s").removesuffix("_g")


def _console(source: Source) -> dict[str, Any]:
    job = source.kind == "job"
    return {
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


def _system(source: Source) -> dict[str, Any]:
    job = source.kind == "job"
    return {
        "EnvironmentName_s": source.environment,
        "ContainerAppName_s": "" if job else source.name,
        "RevisionName_s": "" if job else source.revision,
        "ReplicaName_s": source.replica,
        "JobName_s": source.name if job else "",
        "ExecutionName_s": source.revision if job else "",
        "Count_d": 1.0,
    }


def console_rows(table: str, shared: Mapping[str, Any], records: Sequence[Record]) -> Batch:
    """Rows of a console table for whole lines of one container; `shared` are its facts."""
    old = table == CONSOLE
    makers = {name: partial(Constant, value, len(records)) for name, value in shared.items()}
    varying: dict[str, Maker] = {
        "TimeGenerated": lambda: _moments([record.time_ns for record in records]),
        "Stream_s" if old else "Stream": lambda: [record.stream for record in records],
        "Log_s" if old else "Log": lambda: _texts([record.text for record in records]),
    }
    if old:
        varying["time_t"] = varying["TimeGenerated"]
        varying["_timestamp_d"] = lambda: [record.time_ns / 1e9 for record in records]
    return Batch(len(records), {**makers, **varying})


def _moments(times: list[int]) -> Column:
    # The collector keeps milliseconds in its datetime columns; _timestamp_d alone tells lines of one millisecond apart.
    milliseconds = [time // 1_000_000 for time in times]
    known = {one: DateTime(one * 10_000) for one in set(milliseconds)}
    return list(map(known.__getitem__, milliseconds))


def _texts(texts: list[str]) -> Column:
    return texts if max(map(len, texts), default=0) * 4 <= FIELD_LIMIT else list(map(truncated, texts))


def event_row(table: str, shared: Mapping[str, Any], event: Event) -> dict[str, Any]:
    """A row of a system table; `shared` are the facts of the event's source."""
    moment = DateTime(event.time_ns // 1_000_000 * 10_000)
    own = {
        "EventSource": event.event_source,
        "Reason": event.reason,
        "Type": event.type,
        "Log": truncated(event.message),
    }
    if table == NEW_SYSTEM:
        return {**shared, "TimeGenerated": moment, **own}
    return {
        **shared,
        **{f"{name}_s": value for name, value in own.items()},
        "TimeGenerated": moment,
        "time_t": moment,
        "time_s": str(moment),
        "_timestamp_d": event.time_ns / 1e9,
        "TimeStamp_s": go_time(event.time_ns),
        "Level": "Error" if event.type == "Warning" else "Info",
    }


def truncated(text: str) -> str:
    """At most FIELD_LIMIT bytes of UTF-8."""
    if len(text) * 4 <= FIELD_LIMIT:
        return text
    data = text.encode()
    return text if len(data) <= FIELD_LIMIT else data[:FIELD_LIMIT].decode("utf-8", "ignore")
