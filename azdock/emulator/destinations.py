"""Which tables the logs of an environment's containers go to, and whether a site's logs go to any.

Sources: learn.microsoft.com/azure/container-apps/log-options: with azure-monitor nothing is shipped until a diagnostic
setting sends it somewhere; its resource-specific tables are filled by the destination type Dedicated.
learn.microsoft.com/azure/app-service/troubleshoot-diagnostic-logs: App Service fills its own tables whatever the type.
"""

from __future__ import annotations

from typing import Any

from azdock.emulator.world import WORKSPACE, World

SETTINGS = "microsoft.insights/diagnosticSettings"


def destination(world: World, environment_id: str) -> str:
    """log-analytics, azure-monitor or none, for what is written from now on."""
    environment = world.store.get(environment_id) or {"properties": {}}
    logs = environment["properties"].get("appLogsConfiguration") or {}
    named = str(logs.get("destination") or "none")
    if named == "log-analytics":
        customer = (logs.get("logAnalyticsConfiguration") or {}).get("customerId")
        return named if customer == WORKSPACE else "none"
    if named == "azure-monitor":
        return named if any(map(_ships, world.store.under(environment_id, SETTINGS))) else "none"
    return "none"


def _ships(setting: dict[str, Any]) -> bool:
    properties = setting["properties"]
    enabled = any(one.get("enabled") for one in properties.get("logs", ()))
    return bool(
        enabled and properties.get("workspaceId") and properties.get("logAnalyticsDestinationType") == "Dedicated"
    )


def ships(world: World, resource_id: str, category: str) -> bool:
    """Whether a diagnostic setting of a resource sends this category to a workspace that can be queried here."""
    for setting in world.store.under(f"{resource_id}/providers", SETTINGS):
        properties = setting["properties"]
        named = any(
            one.get("enabled") and (one.get("category") == category or one.get("categoryGroup") == "allLogs")
            for one in properties.get("logs", ())
        )
        if named and shown_here(world, str(properties.get("workspaceId") or "")):
            return True
    return False


def shown_here(world: World, workspace_id: str) -> bool:
    """Whether the tables of a workspace can be queried here: one of the emulator's own."""
    workspace = world.store.get(workspace_id) if workspace_id else None
    return workspace is not None and workspace.get("customer") == WORKSPACE
