"""The Log Analytics tables of function apps: of App Service's diagnostic settings and of Application Insights.

Sources: learn.microsoft.com/azure/azure-monitor/reference/tables/appserviceconsolelogs, functionapplogs, apptraces and
apprequests
"""

from __future__ import annotations

from typing import Any

from azdock.emulator.kql.values import DateTime
from azdock.emulator.world import SUBSCRIPTION, WORKSPACE

WEB_CONSOLE, FUNCTION_LOGS, TRACES, REQUESTS = "AppServiceConsoleLogs", "FunctionAppLogs", "AppTraces", "AppRequests"
_COMMON = {"TenantId": "string", "TimeGenerated": "datetime"}
_LAST = {
    "SourceSystem": "string",
    "Type": "string",
    "_ResourceId": "string",
    "_SubscriptionId": "string",
    "_BilledSize": "real",
    "_IsBillable": "string",
}


def _texts(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, "string")


_TELEMETRY = {
    **_texts(
        "AppRoleInstance", "AppRoleName", "AppVersion", "ClientBrowser", "ClientCity", "ClientCountryOrRegion",
        "ClientIP", "ClientModel", "ClientOS", "ClientStateOrProvince", "ClientType", "IKey",
    ),
    "ItemCount": "int",
    "Measurements": "dynamic",
    "Properties": "dynamic",
    **_texts(
        "OperationId", "OperationName", "ParentId", "ReferencedItemId", "ReferencedType", "ResourceGUID", "SDKVersion",
        "SessionId", "SyntheticSource", "UserAccountId", "UserAuthenticatedId", "UserId",
    ),
}  # fmt: skip
WEB_COLUMNS: dict[str, dict[str, str]] = {
    WEB_CONSOLE: {
        **_COMMON,
        **_texts("Category", "ContainerId", "Host", "Level", "OperationName", "ResultDescription"),
        **_LAST,
    },
    FUNCTION_LOGS: {
        **_COMMON,
        **_texts("ActivityId", "AppName", "Category"),
        "EventId": "int",
        **_texts(
            "EventName", "ExceptionDetails", "ExceptionMessage", "ExceptionType", "FunctionInvocationId",
            "FunctionName", "HostInstanceId", "HostVersion", "Level",
        ),
        "LevelId": "int",
        **_texts("Location", "Message"),
        "ProcessId": "int",
        "RoleInstance": "string",
        **_LAST,
    },
    TRACES: {**_COMMON, "Message": "string", "SeverityLevel": "int", **_TELEMETRY, **_LAST},
    REQUESTS: {
        **_COMMON,
        **_texts("Id", "Name", "Url"),
        "Success": "bool",
        "ResultCode": "string",
        "DurationMs": "real",
        **_texts("PerformanceBucket", "Source"),
        **_TELEMETRY,
        **_LAST,
    },
}  # fmt: skip
_MILLISECONDS = frozenset((WEB_CONSOLE, FUNCTION_LOGS))  # what comes through diagnostic settings
# PerformanceBucket of a request, by seconds below which it belongs there
_BUCKETS = (
    (0.25, "<250ms"), (0.5, "250ms-500ms"), (1, "500ms-1sec"), (3, "1sec-3sec"), (7, "3sec-7sec"), (15, "7sec-15sec"),
    (30, "15sec-30sec"), (60, "30sec-1min"), (120, "1min-2min"), (300, "2min-5min"),
)  # fmt: skip


def bucket(seconds: float) -> str:
    """The PerformanceBucket of a request that took so long."""
    return next((name for limit, name in _BUCKETS if seconds < limit), ">=5min")


def web_row(table: str, time_ns: int, given: dict[str, Any]) -> dict[str, Any]:
    """A row with all columns of its table; `given` are the ones that are not the same in all rows."""
    blank = {name: "" if kind == "string" else None for name, kind in WEB_COLUMNS[table].items()}
    ticks = time_ns // 1_000_000 * 10_000 if table in _MILLISECONDS else time_ns // 100
    return {
        **blank,
        "TenantId": WORKSPACE,
        "TimeGenerated": DateTime(ticks),
        "SourceSystem": "Azure",
        "Type": table,
        "_SubscriptionId": SUBSCRIPTION,
        "_IsBillable": "True",
        **given,
    }
