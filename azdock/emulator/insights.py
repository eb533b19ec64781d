"""Application Insights components as those see them who send telemetry: by connection string.

Source: learn.microsoft.com/azure/azure-monitor/app/connection-strings
"""

from __future__ import annotations

from typing import Any

from azdock.emulator.destinations import shown_here
from azdock.emulator.world import SUBSCRIPTION, World

Document = dict[str, Any]
KIND = "Microsoft.Insights/components"
SETTING = "APPLICATIONINSIGHTS_CONNECTION_STRING"


def component_of(world: World, connection_string: str) -> Document | None:
    """The component that a connection string names, if its tables are in a workspace that can be queried here."""
    key = _instrumentation_key(connection_string)
    if not key:
        return None
    for one in world.store.under(f"/subscriptions/{SUBSCRIPTION}", KIND):
        if one["key"].lower() == key:
            return one if shown_here(world, str(one["properties"].get("WorkspaceResourceId") or "")) else None
    return None


def _instrumentation_key(connection_string: str) -> str:
    for part in connection_string.split(";"):
        name, _, value = part.partition("=")
        if name.strip().lower() == "instrumentationkey":
            return value.strip().lower()
    return ""
