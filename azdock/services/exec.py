"""A name and a request become a channel."""

from __future__ import annotations

from dataclasses import replace

from azdock.docker.channels import ExecChannel, ExecRequest
from azdock.docker.record import ContainerRecord
from azdock.errors import NotRunning
from azdock.services import resolve
from azdock.services.registry import Backends
from azdock.state.store import Store


class Exec:
    """Commands inside running containers."""

    def __init__(self, store: Store, backends: Backends) -> None:
        self._store = store
        self._backends = backends

    def find(self, name: str) -> ContainerRecord:
        """A container that runs. Raises NotFound or NotRunning in docker's wording."""
        record = resolve.find(self._store, self._backends, name)
        if not record.seen.terminal:
            record = replace(record, seen=self._backends.get(record.backend).status(record))
        if record.seen.state != "running":
            raise NotRunning(f"Container {record.ident.id} is not running")
        return record

    def open(self, record: ContainerRecord, request: ExecRequest) -> ExecChannel:
        """Start the command; its output, input and exit code are the channel's."""
        return self._backends.get(record.backend).exec(record, request)
