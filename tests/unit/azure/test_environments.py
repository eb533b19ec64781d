"""Managed environments over the thin client."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from azdock.azure import progress
from azdock.azure.client import Azure
from azdock.azure.environments import Environments
from azdock.errors import Forbidden

GROUP = "/subscriptions/s/resourceGroups/g"
OWN = f"{GROUP}/providers/Microsoft.App/managedEnvironments/env"
NEW = f"{GROUP}/providers/Microsoft.App/managedEnvironments/back"
WORKSPACE = "/subscriptions/s/resourceGroups/l/providers/Microsoft.OperationalInsights/workspaces/w"
ANALYTICS = {"destination": "log-analytics", "logAnalyticsConfiguration": {"customerId": "C-1", "sharedKey": None}}


class Arm:
    """Remembers what is written; `logs` is the own environment's log configuration."""

    def __init__(self, logs: dict[str, Any] | None, forbidden: bool = False) -> None:
        self.logs, self.forbidden = logs, forbidden
        self.written: dict[str, dict[str, Any]] = {}
        self.deleted: list[str] = []

    def get(self, path: str, version: str = "") -> dict[str, Any]:
        if path.endswith("diagnosticSettings"):
            return {"value": [{"name": "d", "properties": {"workspaceId": WORKSPACE}}]}
        if path in self.written:
            return {"id": path, **self.written[path]}
        return {"id": OWN, "name": "env", "location": "East US", "properties": {"appLogsConfiguration": self.logs}}

    def every(self, path: str, version: str = "") -> list[dict[str, Any]]:
        if path.endswith("workspaces"):
            return [{"id": WORKSPACE, "properties": {"customerId": "c-1"}}]
        return [{"id": NEW}]

    def post(self, path: str, version: str = "", body: Any = None) -> dict[str, Any]:
        if self.forbidden:
            raise Forbidden("no")
        assert path == f"{WORKSPACE}/sharedKeys"
        return {"primarySharedKey": "secret"}

    def put(self, path: str, body: dict[str, Any], version: str = "") -> None:
        self.written[path] = body

    def delete(self, path: str) -> None:
        self.deleted.append(path)


def environments(arm: Arm) -> Environments:
    """The environments behind this client."""
    place = SimpleNamespace(environment_id=OWN, subscription="s")
    return Environments(cast(Azure, SimpleNamespace(arm=arm, group=GROUP, place=place)))


def test_all_has_the_own_one() -> None:
    """The context's environment may be in another resource group; it counts all the same."""
    assert [one["id"] for one in environments(Arm(None)).all()] == [OWN, NEW]


def test_create_beside_the_own_one() -> None:
    """A new environment is in the same region, and its logs go to the same workspace."""
    arm = Arm(ANALYTICS)
    made = environments(arm).create("back", {"a": "b"}, {})
    body = arm.written[NEW]
    assert made["id"] == NEW
    assert (body["location"], body["tags"]) == ("East US", {"a": "b"})
    logs = body["properties"]["appLogsConfiguration"]
    assert logs["logAnalyticsConfiguration"] == {"customerId": "C-1", "sharedKey": "secret"}
    assert "vnetConfiguration" not in body["properties"]


def test_create_in_a_network_of_ones_own() -> None:
    """A subnet of the user's is handed on."""
    arm = Arm(None)
    environments(arm).create("back", {}, {"infrastructureSubnetId": "/s", "internal": True})
    assert arm.written[NEW]["properties"]["vnetConfiguration"] == {"infrastructureSubnetId": "/s", "internal": True}


def test_create_without_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the workspace's key may not be read the network is made without old logs, and that is said."""
    said: list[str] = []
    monkeypatch.setattr(progress, "warn", said.append)
    arm = Arm(ANALYTICS, forbidden=True)
    environments(arm).create("back", {}, {})
    assert arm.written[NEW]["properties"]["appLogsConfiguration"] == {"destination": None}
    assert "key" in said[0]


def test_create_with_azure_monitor() -> None:
    """With azure-monitor the diagnostic setting is copied: without one nothing would be kept."""
    arm = Arm({"destination": "azure-monitor"})
    environments(arm).create("back", {}, {})
    assert arm.written[NEW]["properties"]["appLogsConfiguration"] == {"destination": "azure-monitor"}
    setting = arm.written[f"{NEW}/providers/Microsoft.Insights/diagnosticSettings/d"]
    assert setting == {"properties": {"workspaceId": WORKSPACE}}


def test_delete() -> None:
    """An environment is deleted by its id."""
    arm = Arm(None)
    environments(arm).delete(NEW)
    assert arm.deleted == [NEW]
