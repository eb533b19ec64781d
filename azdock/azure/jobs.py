"""Container Apps Jobs and their executions.

SOURCE: azure-rest-api-specs, Microsoft.App/ContainerApps stable/2026-07-01; azure-cli-extensions
containerapp/_clients.py for replicas and tokens of jobs, which exist in 2023-11-02-preview only.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from typing import Any, TypeVar, cast

from azdock import wire
from azdock.azure import errors as translate
from azdock.azure import logstream, progress, retry
from azdock.azure.client import Azure
from azdock.azure.logstream import Record
from azdock.errors import NotFound, NotLoggedIn

Json = dict[str, Any]
T = TypeVar("T")


class Jobs:
    """Jobs of one resource group; every method raises AzdockError subclasses only."""

    def __init__(self, azure: Azure) -> None:
        self.azure = azure
        self._tokens: dict[str, str] = {}  # of log streams, by job
        self._root = f"{azure.group}/providers/{wire.APP_NAMESPACE}/jobs"

    def create(self, name: str, body: Json) -> None:
        """Create a job from its JSON through the SDK's model, and wait until it is provisioned."""
        from azure.mgmt.appcontainers.models import Job

        group = self.azure.place.resource_group
        with progress.waiting("Azure provisions the job", 0):
            self._sdk(lambda: self.azure.sdk.jobs.begin_create_or_update(group, name, Job(body)).result())

    def delete(self, name: str) -> None:
        """Delete a job and its executions; one that is gone is no error."""
        try:
            with progress.waiting("Azure deletes the job", 0):
                self._sdk(lambda: self.azure.sdk.jobs.begin_delete(self.azure.place.resource_group, name).result())
        except NotFound:
            return

    def all(self) -> Iterator[Json]:
        """Every job of the resource group."""
        return self.azure.arm.every(self._root)

    def get(self, name: str) -> Json:
        """One job. Raises NotFound."""
        return self.azure.arm.get(f"{self._root}/{name}")

    def id(self, name: str) -> str:
        """The ARM id of a job."""
        return f"{self._root}/{name}"

    def exists(self, name: str) -> bool:
        """Whether the job is still there."""
        try:
            self.get(name)
        except NotFound:
            return False
        return True

    def tag(self, name: str, tags: dict[str, str]) -> None:
        """Set tags on a job; other tags stay."""
        self.azure.arm.patch(f"{self._root}/{name}", {"tags": tags})

    def start(self, name: str, template: Json | None = None) -> str:
        """Begin an execution of the job; its name. `template`, a complete one, replaces the job's for it."""
        return str(self.azure.arm.post(f"{self._root}/{name}/start", body=template)["name"])

    def stop(self, name: str, execution: str) -> None:
        """Ask Azure to stop an execution."""
        self.azure.arm.post(f"{self._root}/{name}/executions/{execution}/stop")

    def executions(self, name: str) -> Iterator[Json]:
        """The executions of a job, newest first."""
        return self.azure.arm.every(f"{self._root}/{name}/executions")

    def execution(self, name: str, execution: str) -> Json:
        """One execution. Raises NotFound."""
        return self.azure.arm.get(f"{self._root}/{name}/executions/{execution}")

    def replicas(self, name: str, execution: str) -> list[Json]:
        """The replicas that Azure lists just now; none before the first is scheduled and soon after the end."""
        path = f"{self._root}/{name}/executions/{execution}/replicas"
        return cast(list[Json], self.azure.arm.get(path, wire.JOB_STREAM_API_VERSION).get("value") or [])

    def token(self, name: str) -> str:
        """A token for the log stream and exec of a job; it lives for an hour."""
        found = self.azure.arm.post(f"{self._root}/{name}/getAuthToken", wire.JOB_STREAM_API_VERSION)
        return str(found["properties"]["token"])

    def prepare_stream(self, name: str) -> None:
        """Get the token that stream() will need. Raises as token()."""
        if name not in self._tokens:
            self._tokens[name] = self.token(name)

    def stream(self, name: str, url: str, *, follow: bool) -> Generator[list[Record], None, None]:
        """Batches of records of a job's log stream; an old token is renewed. Raises as logstream.read()."""
        for again in (False, True):
            if again or name not in self._tokens:
                self._tokens[name] = self.token(name)
            try:
                yield from logstream.read(self.azure.http, url, self._tokens[name], follow=follow)
                return
            except NotLoggedIn:
                if again:
                    raise

    def _sdk(self, call: Callable[[], T]) -> T:
        """Run an SDK call; a resource that is still provisioning is waited for."""
        from azure.core.exceptions import AzureError

        patience = retry.Patience(time.sleep)
        while True:
            try:
                return call()
            except AzureError as failed:
                status = int(getattr(failed, "status_code", None) or 0)
                error = translate.of_sdk(failed)
                code = getattr(error, "error_code", "")
                busy = status == 409 and translate.is_busy(status, code)
                if busy and patience.wait("Azure is busy with the resource", None):
                    continue
                raise error from failed


def import_sdk() -> None:
    """Import what create() needs, about 120 ms, so that a thread can do it while something else is waited for."""
    import azure.mgmt.appcontainers.models  # noqa: F401
