"""What every part of the backend over function apps stands on: the two hostings, and the status of an app's runs."""

from __future__ import annotations

import importlib
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from azdock.backends.function_hosting import ACA, HOSTING, Hosting
from azdock.docker.record import ContainerRecord, Status

if TYPE_CHECKING:
    from azdock.azure.client import Azure

Json = dict[str, Any]
# Each module has a `connect(azure: Azure) -> Hosting` function.
MODULES = {ACA: "azdock.backends.function_aca"}


class FunctionBase:
    """One context's function apps. `sleep` and `clock` are the outside world's."""

    name = "function"

    def __init__(
        self, azure: Azure, *, sleep: Callable[[float], None] = time.sleep, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._azure = azure
        self._sleep, self._clock = sleep, clock
        self._hostings: dict[str, Hosting] = {}
        self._lock = threading.Lock()

    def hosting(self, record: ContainerRecord) -> Hosting:
        """Where the record's app is hosted."""
        return self.hosting_named(record.handle.get(HOSTING) or ACA)

    def hosting_named(self, name: str) -> Hosting:
        """The hosting called ACA or PLAN, made on first use."""
        with self._lock:
            if name not in self._hostings:
                self._hostings[name] = cast(Hosting, importlib.import_module(MODULES[name]).connect(self._azure))
            return self._hostings[name]

    @property
    def hostings(self) -> tuple[Hosting, ...]:
        """Every hosting, the default one first."""
        return tuple(self.hosting_named(name) for name in MODULES)

    def _seen(self, record: ContainerRecord, app: Json | None = None) -> Status:
        """The status of the record's latest run, from Azure's JSON of its app, which is asked for without one. Raises
        NotFound."""
        from azdock.backends import function_status

        hosting = self.hosting(record)
        hosted = hosting.hosted(hosting.get(record) if app is None else app)
        found = function_status.status_of(record, hosted, datetime.now(UTC))
        if found.reason == function_status.KILLED_SENDER:
            # whoever sent the request may have noted its end, and ended, since Azure was asked
            found = function_status.status_of(record, hosting.hosted(hosting.get(record)), datetime.now(UTC))
        return found
