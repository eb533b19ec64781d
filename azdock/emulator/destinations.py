"""Which tables the logs of an environment's containers go to.

Source: learn.microsoft.com/azure/container-apps/log-options: with azure-monitor nothing is shipped until a diagnostic
setting sends it somewhere; its resource-specific tables are filled by the destination type Dedicated.
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
