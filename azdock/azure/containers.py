"""What Container Apps Jobs and Container Apps share as resources: create, list, tags, tokens, and log streams.

SOURCE: azure-rest-api-specs, Microsoft.App/ContainerApps stable/2026-07-01.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator
from typing import Any, TypeVar

from azdock import wire
from azdock.azure import errors as translate
from azdock.azure import logstream, progress, retry
from azdock.azure.client import Azure
from azdock.azure.logstream import Record
from azdock.errors import NotFound, NotLoggedIn

Json = dict[str, Any]
T = TypeVar("T")


class Containers(ABC):
    """One type of resource that runs containers, in one resource group. Every method raises AzdockError subclasses."""

    kind: str  # the type's last word in paths
    noun: str  # in messages
    token_path: str  # the action that gives a token
    token_version = wire.APP_API_VERSION

    def __init__(self, azure: Azure) -> None:
        self.azure = azure
        self._tokens: dict[str, str] = {}  # of log streams, by resource
        self._root = f"{azure.group}/providers/{wire.APP_NAMESPACE}/{self.kind}"

    @abstractmethod
    def replicas(self, name: str, run: str) -> list[Json]:
        """The replicas of a run (an execution, a revision) that Azure lists just now."""

    @abstractmethod
    def _operations(self) -> Any:
        """The SDK's operations of this type."""

    @abstractmethod
    def _model(self, body: Json) -> Any:
        """The SDK's model of a resource from its JSON."""

    def create(self, name: str, body: Json, enough: Callable[[], bool] | None = None) -> None:
        """Create a resource from its JSON through the SDK's model, and wait until it is provisioned, or until `enough`
        says that no more waiting is needed."""
        group, model = self.azure.place.resource_group, self._model(body)
        with progress.waiting(f"Azure provisions the {self.noun}", 0):
            self._sdk(lambda: _finished(self._operations().begin_create_or_update(group, name, model), enough))

    def delete(self, name: str) -> None:
        """Delete a resource and all its runs; one that is gone is no error."""
        try:
            with progress.waiting(f"Azure deletes the {self.noun}", 0):
                self._sdk(lambda: self._operations().begin_delete(self.azure.place.resource_group, name).result())
        except NotFound:
            return

    def all(self) -> Iterator[Json]:
        """Every resource of this type in the resource group."""
        return self.azure.arm.every(self._root)

    def get(self, name: str) -> Json:
        """One resource. Raises NotFound."""
        return self.azure.arm.get(self.id(name))

    def id(self, name: str) -> str:
        """The ARM id of a resource."""
        return f"{self._root}/{name}"

    def exists(self, name: str) -> bool:
        """Whether the resource is still there."""
        try:
            self.get(name)
        except NotFound:
            return False
        return True

    def tag(self, name: str, tags: dict[str, str]) -> None:
        """Set tags on a resource; other tags stay."""
        self.azure.arm.patch(self.id(name), {"tags": tags})

    def token(self, name: str) -> str:
        """A token for the log stream and exec of a resource; it lives for an hour."""
        found = self.azure.arm.post(f"{self.id(name)}/{self.token_path}", self.token_version)
        return str(found["properties"]["token"])

    def prepare_stream(self, name: str) -> None:
        """Get the token that stream() will need. Raises as token()."""
        if name not in self._tokens:
            self._tokens[name] = self.token(name)

    def stream(self, name: str, url: str, *, follow: bool) -> Generator[list[Record], None, None]:
        """Batches of records of a replica's log stream; an old token is renewed. Raises as logstream.read()."""
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


def _finished(poller: Any, enough: Callable[[], bool] | None) -> None:
    """Wait for the SDK's operation; its failure is raised unless `enough` was satisfied before."""
    if enough is not None:
        pause = retry.backoff(0.1, 2.0)
        while not poller.done():
            poller.wait(pause())
            if not poller.done() and enough():
                return
    poller.result()


def import_sdk() -> None:
    """Import what create() needs, about 120 ms, so that a thread can do it while something else is waited for."""
    import azure.mgmt.appcontainers.models  # noqa: F401
