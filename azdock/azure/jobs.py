"""Container Apps Jobs and their executions.

SOURCE: azure-rest-api-specs, Microsoft.App/ContainerApps stable/2026-07-01; azure-cli-extensions
containerapp/_clients.py for replicas and tokens of jobs, which exist in 2023-11-02-preview only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from azdock import wire
from azdock.azure.containers import Containers, Json, import_sdk

__all__ = ["Jobs", "import_sdk"]


class Jobs(Containers):
    """Jobs of one resource group; every method raises AzdockError subclasses only."""

    kind, noun = "jobs", "job"
    token_path, token_version = "getAuthToken", wire.JOB_STREAM_API_VERSION

    def start(self, name: str, template: Json | None = None) -> str:
        """Begin an execution of the job; its name. `template`, a complete one, replaces the job's for it."""
        return str(self.azure.arm.post(f"{self.id(name)}/start", body=template)["name"])

    def change(self, name: str, properties: Json) -> None:
        """Replace parts of a job's properties, for the executions that begin from now on."""
        self.azure.arm.patch(self.id(name), {"properties": properties})

    def stop(self, name: str, execution: str) -> None:
        """Ask Azure to stop an execution."""
        self.azure.arm.post(f"{self.id(name)}/executions/{execution}/stop")

    def executions(self, name: str) -> Iterator[Json]:
        """The executions of a job, newest first."""
        return self.azure.arm.every(f"{self.id(name)}/executions")

    def execution(self, name: str, execution: str) -> Json:
        """One execution. Raises NotFound."""
        return self.azure.arm.get(f"{self.id(name)}/executions/{execution}")

    def replicas(self, name: str, run: str) -> list[Json]:
        """The replicas that Azure lists just now; none before the first is scheduled and soon after the end."""
        path = f"{self.id(name)}/executions/{run}/replicas"
        return cast(list[Json], self.azure.arm.get(path, wire.JOB_STREAM_API_VERSION).get("value") or [])

    def _operations(self) -> Any:
        return self.azure.sdk.jobs

    def _model(self, body: Json) -> Any:
        from azure.mgmt.appcontainers.models import Job

        return Job(body)
