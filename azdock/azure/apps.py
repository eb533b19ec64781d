"""Container Apps, their revisions and replicas.

SOURCE: azure-rest-api-specs, Microsoft.App/ContainerApps stable/2026-07-01 (ContainerApp, Revision, Replica).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

from azdock.azure.containers import Containers, Json


class Apps(Containers):
    """Apps of one resource group; every method raises AzdockError subclasses only."""

    kind, noun = "containerApps", "app"
    token_path = "getAuthtoken"

    def patch(self, name: str, body: Json, enough: Callable[[], bool] | None = None) -> None:
        """A JSON merge patch, arrays replaced whole, waited for until it is done or `enough` is satisfied. A change of
        the template makes a new revision. Raises ProvisioningFailed."""
        self.azure.arm.patch(self.id(name), body, enough=enough)

    def start(self, name: str) -> None:
        """Start a stopped app: its latest revision gets replicas again."""
        self.azure.arm.post(f"{self.id(name)}/start")

    def stop(self, name: str) -> None:
        """Stop an app: its replicas get SIGTERM; its configuration stays."""
        self.azure.arm.post(f"{self.id(name)}/stop")

    def revisions(self, name: str) -> Iterator[Json]:
        """The revisions of an app, in Azure's order."""
        return self.azure.arm.every(f"{self.id(name)}/revisions")

    def revision(self, name: str, revision: str) -> Json:
        """One revision. Raises NotFound."""
        return self.azure.arm.get(f"{self.id(name)}/revisions/{revision}")

    def replicas(self, name: str, run: str) -> list[Json]:
        """The replicas of a revision that Azure lists just now; none before the first is scheduled, after a stop, and
        when it is scaled to zero."""
        path = f"{self.id(name)}/revisions/{run}/replicas"
        return cast(list[Json], self.azure.arm.get(path).get("value") or [])

    def restart_revision(self, name: str, revision: str) -> None:
        """Replace a revision's replicas by new ones."""
        self.azure.arm.post(f"{self.id(name)}/revisions/{revision}/restart")

    def deactivate(self, name: str, revision: str) -> None:
        """End a revision's replicas for good."""
        self.azure.arm.post(f"{self.id(name)}/revisions/{revision}/deactivate")

    def _operations(self) -> Any:
        return self.azure.sdk.container_apps

    def _model(self, body: Json) -> Any:
        from azure.mgmt.appcontainers.models import ContainerApp

        return ContainerApp(body)
