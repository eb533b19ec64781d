"""The one place that knows which Azure we talk to: base URL, tokens, and the clients, each built on first use."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from azdock import wire
from azdock.azure import credential, embedded, web
from azdock.azure.arm import Arm
from azdock.errors import AzdockError
from azdock.settings import Context, Settings


@dataclass(frozen=True, slots=True)
class Place:
    """Addresses and names; `environment_id` is an ARM id, `audience` the scope of log queries."""

    base_url: str
    subscription: str
    resource_group: str
    environment_id: str
    log_url: str
    log_scope: str
    owner: str  # whom cached tokens belong to


class Azure:
    """One context's Azure."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.is_embedded = settings.context.kind == "embedded"
        self._lock = threading.RLock()
        self._found = embedded.ensure(settings.home) if self.is_embedded else None
        self.place = _embedded_place(self._found) if self._found else _cloud_place(settings.context)

    @cached_property
    def http(self) -> web.httpx.Client:
        """The connection pool that every thin call, stream and token request shares."""
        return web.client(self.place.base_url)

    @cached_property
    def tokens(self) -> credential.Tokens:
        """Access tokens of this context."""
        if self._found:
            source = credential.embedded_source(self.http, self._found)
        else:
            source = credential.identity_source(self.settings.context.tenant, os.environ)
        return credential.Tokens(self.settings.home / "tokens", self.place.owner, source)

    @cached_property
    def arm(self) -> Arm:
        """The thin client of the resource manager."""
        return Arm(self.http, self.place.base_url, self._arm_token, debug=self.settings.debug)

    @cached_property
    def sdk(self) -> Any:
        """azure-mgmt-appcontainers' client; importing it takes about 120 ms."""
        from azure.mgmt.appcontainers import ContainerAppsAPIClient

        return ContainerAppsAPIClient(
            self.sdk_credential(),
            self.place.subscription,
            base_url=self.place.base_url,
            api_version=wire.APP_API_VERSION,
            polling_interval=0.05 if self.is_embedded else 1,
            authentication_policy=self.policy(wire.ARM_SCOPE),
        )

    @cached_property
    def web_sdk(self) -> Any:
        """azure-mgmt-web's client; importing it takes about 190 ms."""
        from azure.mgmt.web import WebSiteManagementClient

        return WebSiteManagementClient(
            self.sdk_credential(),
            self.place.subscription,
            base_url=self.place.base_url,
            api_version=wire.WEB_API_VERSION,
            polling_interval=0.05 if self.is_embedded else 1,
            authentication_policy=self.policy(wire.ARM_SCOPE),
        )

    def close(self) -> None:
        """Drop the connections that were opened."""
        for name in ("http", "sdk", "web_sdk"):
            if name in self.__dict__:
                self.__dict__.pop(name).close()

    def moved(self) -> bool:
        """Whether the embedded Azure was started anew elsewhere since; it is used from now on."""
        found = embedded.find(self.settings.home) if self.is_embedded else None
        if found is None or self._found is None or found.url == self._found.url:
            return False
        self.close()
        for name in ("tokens", "arm", "_environment"):
            self.__dict__.pop(name, None)
        self._found, self.place = found, _embedded_place(found)
        return True

    @property
    def group(self) -> str:
        """The ARM id of the resource group."""
        return f"/subscriptions/{self.place.subscription}/resourceGroups/{self.place.resource_group}"

    def location(self) -> str:
        """The region of the environment, asked of Azure when the context does not name it."""
        if self._found:
            return self._found.location
        return self.settings.context.location or str(self._environment["location"])

    def logs_destination(self) -> str:
        """Where the environment sends its logs: log-analytics, azure-monitor, or "" for nowhere.

        SOURCE: azure-docs container-apps log-options.md.
        """
        logs = self._environment["properties"].get("appLogsConfiguration") or {}
        named = str(logs.get("destination") or "")
        if not named and logs.get("logAnalyticsConfiguration"):
            return "log-analytics"
        return "" if named == "none" else named

    def workspace(self) -> str:
        """The customer id of the environment's Log Analytics workspace. Raises AzdockError when it has none."""
        if self._found:
            return self._found.workspace_id
        if not self._workspace:
            raise AzdockError(
                "the environment does not send its logs to Log Analytics",
                hint="az containerapp env update --logs-destination log-analytics",
            )
        return self._workspace

    @cached_property
    def _workspace(self) -> str:
        logs = self._environment["properties"].get("appLogsConfiguration") or {}
        if self.logs_destination() == "azure-monitor":
            return self._diagnostic_workspace()
        return str((logs.get("logAnalyticsConfiguration") or {}).get("customerId") or "")

    def _diagnostic_workspace(self) -> str:
        """The workspace of the environment's diagnostic setting.

        SOURCE: learn.microsoft.com/rest/api/monitor/diagnostic-settings/list.
        """
        path = f"{self.place.environment_id}/providers/Microsoft.Insights/diagnosticSettings"
        for setting in self.arm.get(path, wire.DIAGNOSTICS_API_VERSION).get("value") or ():
            if resource := (setting.get("properties") or {}).get("workspaceId"):
                found = self.arm.get(str(resource), wire.WORKSPACES_API_VERSION)
                return str(found["properties"]["customerId"])
        return ""

    def policy(self, scope: str) -> Any:
        """An azure-core policy that sets our token, and renews one that was refused."""
        from azdock.azure.sdkauth import TokenPolicy

        return TokenPolicy(self.tokens, scope)

    def sdk_credential(self) -> Any:
        """A credential for SDK clients that takes its tokens from our cache."""
        from azdock.azure.sdkauth import CachedCredential

        return CachedCredential(self.tokens)

    @cached_property
    def _environment(self) -> dict[str, Any]:
        with self._lock:
            return self.arm.get(self.place.environment_id)

    def _arm_token(self, stale: str) -> str:
        return self.tokens.get(wire.ARM_SCOPE, stale=stale)


def _embedded_place(found: embedded.Embedded) -> Place:
    group = f"/subscriptions/{found.subscription_id}/resourceGroups/{found.resource_group}"
    return Place(
        base_url=found.url,
        subscription=found.subscription_id,
        resource_group=found.resource_group,
        environment_id=f"{group}/providers/{wire.APP_NAMESPACE}/managedEnvironments/{found.environment}",
        log_url=found.url,
        log_scope=f"{found.url}/.default",
        owner=f"{found.url} {found.client_id}",
    )


def _cloud_place(context: Context) -> Place:
    for field in ("subscription", "resource_group", "environment"):
        if not getattr(context, field):
            raise AzdockError(
                f'context "{context.name}" names no {field}', hint=f"azdock context inspect {context.name}"
            )
    group = context.environment_group or context.resource_group
    environment = f"/subscriptions/{context.subscription}/resourceGroups/{group}/providers/{wire.APP_NAMESPACE}"
    return Place(
        base_url=context.arm_endpoint.rstrip("/"),
        subscription=context.subscription,
        resource_group=context.resource_group,
        environment_id=f"{environment}/managedEnvironments/{context.environment}",
        log_url=context.log_endpoint,
        log_scope=wire.LOG_QUERY_SCOPE,
        owner=f"{context.arm_endpoint} {context.tenant} {os.environ.get('AZURE_CLIENT_ID', '')}",
    )
