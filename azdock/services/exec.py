"""A name and a request become a channel, over a connection that another azdock has left open where there is one."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from azdock.docker.channels import ExecChannel, ExecRequest
from azdock.docker.record import ContainerRecord
from azdock.errors import NotRunning
from azdock.services import resolve
from azdock.services.registry import Backends
from azdock.state.store import Store


class Control(Protocol):
    """Processes that keep exec connections, one for each container."""

    def serves(self, container: str) -> bool:
        """Whether one serves the container: then the container runs."""

    def run(self, container: str, request: ExecRequest, *, begin: bool) -> ExecChannel | None:
        """Run a command through the container's process, which is started if need be when `begin` is set; None when
        there is none, or it went away before it took the request."""


class Holders(Protocol):
    """Processes that hold the session of a container, so that one can leave it and come back."""

    def begin(self, container: str, size: tuple[int, int]) -> ExecChannel | None:
        """A channel to a new session, held by a process of its own; None when no such process is wanted."""

    def attach(self, container: str, size: tuple[int, int]) -> ExecChannel | None:
        """A channel to the session that a process on this machine holds; None when none does."""


class Exec:
    """Commands inside running containers."""

    def __init__(
        self, store: Store, backends: Backends, control: Control | None = None, holders: Holders | None = None
    ) -> None:
        self._store = store
        self._backends = backends
        self._control = control
        self._holders = holders
        self._unproved: set[str] = set()  # containers that were found without asking Azure

    def find(self, name: str) -> ContainerRecord:
        """A container that runs. Raises NotFound or NotRunning in docker's wording."""
        record = resolve.find(self._store, self._backends, name)
        if self._control is not None and self._control.serves(record.ident.id):
            self._unproved.add(record.ident.id)
            return record
        return self._running(record)

    def open(self, record: ContainerRecord, request: ExecRequest) -> ExecChannel:
        """Start the command; its output, input and exit code are the channel's."""
        if request.tty:
            request = _placed(record, request)
        if self._control is not None and not request.tty:
            channel = self._control.run(record.ident.id, request, begin=False)
            if channel is not None:
                return channel
        if record.ident.id in self._unproved:
            record = self._running(record)
        return self._backends.get(record.backend).exec(record, request)

    def begin(self, name: str, request: ExecRequest) -> ExecChannel:
        """find() and open() in one, for a command without a terminal; leaves a connection for the next one."""
        record = resolve.find(self._store, self._backends, name)
        request = _placed(record, request)
        if self._control is not None:
            channel = self._control.run(record.ident.id, request, begin=True)
            if channel is not None:
                return channel
        return self._backends.get(record.backend).exec(self._running(record), request)

    def session(self, record: ContainerRecord, size: tuple[int, int]) -> ExecChannel:
        """The session in which the container's own command runs: the one that is under way on this machine, else a new
        one. With a terminal and input a process of its own holds it, if one is wanted: then it can be left.

        Raises Conflict when it is under way elsewhere or over.
        """
        if self._holders is not None and record.spec.tty and record.spec.stdin_open:
            held = self._holders.attach(record.ident.id, size) or self._holders.begin(record.ident.id, size)
            if held is not None:
                return held
        return self._backends.get(record.backend).session(record, size)

    def _running(self, record: ContainerRecord) -> ContainerRecord:
        if not record.seen.settled:
            record = replace(record, seen=self._backends.get(record.backend).status(record))
        if not record.seen.reachable:
            raise NotRunning(f"Container {record.ident.id} is not running")
        return record


def _placed(record: ContainerRecord, request: ExecRequest) -> ExecRequest:
    """The request in the folder of `run -w`: Azure knows only the image's."""
    if request.workdir or not record.spec.workdir:
        return request
    return replace(request, workdir=record.spec.workdir)
