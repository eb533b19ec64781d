"""Managed environments over the thin client: list, create, delete, and where their logs go.

SOURCE: azure-rest-api-specs, Microsoft.App/ContainerApps stable/2026-07-01 (ManagedEnvironments).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from azdock import errors, wire
from azdock.azure import progress
from azdock.azure.client import Azure

Json = dict[str, Any]
KIND = f"{wire.APP_NAMESPACE}/managedEnvironments"
CONSUMPTION = {"name": "Consumption", "workloadProfileType": "Consumption"}


class Environments:
    """The environments of the context's resource group, and the context's own, which may be in another one."""

    def __init__(self, azure: Azure) -> None:
        self._azure = azure

    def all(self) -> list[Json]:
        """Every environment, the context's own included."""
        found = list(self._azure.arm.every(f"{self._azure.group}/providers/{KIND}"))
        own = self._azure.place.environment_id
        if not any(same(str(one["id"]), own) for one in found):
            found.insert(0, self.own())
        return found

    def own(self) -> Json:
        """The environment of the context. Raises NotFound."""
        return self._azure.arm.get(self._azure.place.environment_id)

    def get(self, resource: str) -> Json:
        """One environment by its id. Raises NotFound."""
        return self._azure.arm.get(resource)

    def create(self, name: str, tags: Mapping[str, str], network: Mapping[str, Any]) -> Json:
        """Make an environment beside the context's own, whose logs go where that one's go; returns once it is ready.

        `network` is its vnetConfiguration, {} for Azure's own. Raises QuotaExceeded, ProvisioningFailed.
        """
        own = self.own()
        body: Json = {
            "location": own["location"],
            "tags": dict(tags),
            "properties": {
                "appLogsConfiguration": self._logs(own),
                "workloadProfiles": [CONSUMPTION],
                **({"vnetConfiguration": dict(network)} if network else {}),
            },
        }
        resource = f"{self._azure.group}/providers/{KIND}/{name}"
        self._azure.arm.put(resource, body)
        self._copy_diagnostics(own, resource)
        return self.get(resource)

    def delete(self, resource: str) -> None:
        """Delete an environment; one that is gone is no error. Azure refuses one that still has apps or jobs."""
        self._azure.arm.delete(resource)

    def _logs(self, own: Json) -> Json:
        logs = own["properties"].get("appLogsConfiguration") or {}
        analytics = logs.get("logAnalyticsConfiguration") or {}
        customer = str(analytics.get("customerId") or "")
        if not customer:
            return {"destination": logs.get("destination")}
        key = self._key(customer)
        if not key:
            progress.warn("the key of the log workspace cannot be read: containers of this network keep no old logs")
            return {"destination": None}
        return {
            "destination": "log-analytics",
            "logAnalyticsConfiguration": {"customerId": customer, "sharedKey": key},
        }

    def _key(self, customer: str) -> str:
        """The key with which an environment writes into a workspace; "" when we may not know it.

        SOURCE: learn.microsoft.com/rest/api/loganalytics/shared-keys/get-shared-keys.
        """
        arm, version = self._azure.arm, wire.WORKSPACES_API_VERSION
        path = f"/subscriptions/{self._azure.place.subscription}/providers/Microsoft.OperationalInsights/workspaces"
        try:
            for one in arm.every(path, version):
                if str((one.get("properties") or {}).get("customerId", "")).lower() == customer.lower():
                    return str(arm.post(f"{one['id']}/sharedKeys", version)["primarySharedKey"])
        except (errors.Forbidden, errors.NotFound):
            return ""
        return ""

    def _copy_diagnostics(self, own: Json, resource: str) -> None:
        """With azure-monitor nothing is kept until an environment has a diagnostic setting of its own."""
        if (own["properties"].get("appLogsConfiguration") or {}).get("destination") != "azure-monitor":
            return
        settings, version = "providers/Microsoft.Insights/diagnosticSettings", wire.DIAGNOSTICS_API_VERSION
        for one in self._azure.arm.get(f"{own['id']}/{settings}", version).get("value") or ():
            body = {"properties": one["properties"]}
            self._azure.arm.put(f"{resource}/{settings}/{one['name']}", body, version)


def same(one: str, other: str) -> bool:
    """Whether two ARM ids are the same: Azure's case is not stable."""
    return one.lower() == other.lower()
