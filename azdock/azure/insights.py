"""Application Insights of the context's function apps, whose tables are in its Log Analytics workspace.

SOURCE: learn.microsoft.com/rest/api/application-insights/components (2020-02-02); azure-docs,
azure-functions/configure-monitoring.md (APPLICATIONINSIGHTS_CONNECTION_STRING), functions-monitor-log-analytics.md.
"""

from __future__ import annotations

from typing import Any

from azdock import wire
from azdock.azure import progress
from azdock.azure.client import Azure
from azdock.errors import AzdockError, AzureFailure, Forbidden, NotFound

Json = dict[str, Any]
NAME = "azdock"
SETTING = "APPLICATIONINSIGHTS_CONNECTION_STRING"
CATEGORIES = ("FunctionAppLogs", "AppServiceConsoleLogs")
_WORKSPACES = "/subscriptions/{}/providers/Microsoft.OperationalInsights/workspaces"


def connection_string(azure: Azure) -> str:
    """What a Functions host needs to send its traces, from a component that is made if there is none; "" when the
    context has no workspace for it, or making one is forbidden, which is told."""
    path = f"{azure.group}/providers/{wire.INSIGHTS_NAMESPACE}/components/{NAME}"
    try:
        found = azure.arm.get(path, wire.COMPONENTS_API_VERSION)
    except NotFound:
        try:
            found = _make(azure, path)
        except (AzdockError, AzureFailure) as failed:
            progress.warn(f"the function app sends no traces to Application Insights: {failed.message}")
            return ""
    return str(found["properties"]["ConnectionString"])


def send_logs(azure: Azure, resource_id: str) -> None:
    """Let a site send its logs to the context's workspace; a context without one, or one that forbids it, is told."""
    try:
        body = {
            "properties": {
                "workspaceId": workspace_id(azure),
                "logs": [{"category": name, "enabled": True} for name in CATEGORIES],
            }
        }
        path = f"{resource_id}/providers/{wire.INSIGHTS_NAMESPACE}/diagnosticSettings/{NAME}"
        azure.arm.put(path, body, wire.DIAGNOSTICS_API_VERSION)
    except (AzdockError, Forbidden) as failed:
        progress.warn(f"the function app sends no logs to Log Analytics: {failed.message}")


def workspace_id(azure: Azure) -> str:
    """The ARM id of the context's workspace. Raises AzdockError when it has none that we may see."""
    customer = azure.workspace().lower()
    for one in azure.arm.every(_WORKSPACES.format(azure.place.subscription), wire.WORKSPACES_API_VERSION):
        if str(one["properties"].get("customerId", "")).lower() == customer:
            return str(one["id"])
    raise AzdockError("the environment's Log Analytics workspace is not in this subscription")


def _make(azure: Azure, path: str) -> Json:
    body = {
        "location": azure.location(),
        "kind": "web",
        "properties": {"Application_Type": "web", "WorkspaceResourceId": workspace_id(azure)},
    }
    with progress.waiting("Azure makes an Application Insights component", 0):
        made: Json = azure.arm.put(path, body, wire.COMPONENTS_API_VERSION)
    return made
