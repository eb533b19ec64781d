"""What function apps on Container Apps stand on: the apps, and the backend over apps, which knows their insides."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from azdock import errors
from azdock.azure.apps import Apps
from azdock.backends import aca_app_status as view
from azdock.backends import function_aca_map as translation
from azdock.backends.aca_app import AppBackend
from azdock.backends.function_hosting import ACA, APP
from azdock.docker.channels import ExecChannel
from azdock.docker.record import ContainerRecord, Status

if TYPE_CHECKING:
    from azdock.azure.client import Azure

Json = dict[str, Any]


class AppSide(AppBackend):
    """The backend over apps, asked about apps that are function apps: it sees the same resources."""

    def address(self, app: Json) -> str:
        """Where requests to an app go; "" while it has no ingress."""
        found = self._endpoints(app)
        return found[0].address if found else ""

    def looked(self, record: ContainerRecord, app: Json) -> Status:
        """The status of an app's container. Nothing is noted."""
        return self._seen(record, app, note=False)

    def signalling(self, record: ContainerRecord, signal: str) -> ExecChannel:
        """The command that sends a signal to the container's first process."""
        return self._inside.signalling(record, signal)


class AcaBase:
    """One context's function apps on Container Apps. `sleep` and `clock` are the outside world's."""

    name = ACA

    def __init__(
        self, azure: Azure, *, sleep: Callable[[float], None] = time.sleep, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._azure = azure
        self._apps = Apps(azure)
        self._side = AppSide(azure, sleep=sleep, clock=clock)
        self._sleep, self._clock = sleep, clock

    def get(self, record: ContainerRecord) -> Json:
        """The record's app. Raises NotFound."""
        return self._apps.get(record.handle[APP])

    def close(self) -> None:
        """Drop the connections into containers."""
        self._side.hang_up()

    # ---- steps
    def _replicas(self, app: Json) -> list[Json]:
        """The replicas of the app's latest revision."""
        try:
            return self._apps.replicas(str(app["name"]), view.revision_of(view.run_of(app)))
        except errors.NotFound:
            return []

    def _as_app(self, record: ContainerRecord, app: Json | None = None) -> ContainerRecord:
        """The record for the backend over apps, with the status of its container."""
        found = self.get(record) if app is None else app
        there = translation.as_app(record, view.run_of(found))
        return replace(there, seen=self._side.looked(there, found))
