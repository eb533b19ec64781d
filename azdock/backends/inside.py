"""Inside a running container: commands, their input, signals, the session of its command, and what its shim tells."""

from __future__ import annotations

from contextlib import closing
from typing import Any, Protocol

from azdock import errors
from azdock.azure import logstream
from azdock.azure.containers import Containers
from azdock.backends import shim
from azdock.backends.exec_command import command_string, shell_string, signal_script, signal_string
from azdock.backends.exec_pool import ExecPool, Place
from azdock.backends.shim import SESSION_SCRIPT, STDIN_SCRIPT, Mark
from azdock.docker.channels import ExecChannel, ExecRequest
from azdock.docker.record import ContainerRecord

NO_REPLICA = "the container has no replica that runs"


class Reach(Protocol):
    """Where a record's container is: what a backend tells its inside."""

    @property
    def containers(self) -> Containers:
        """The resources of the backend's kind."""

    def place(self, record: ContainerRecord, replica: str = "") -> Place:
        """The record's resource, its run as Azure names it, and the replica wished for; "" is any.

        Raises NotFound for a replica that there is not.
        """

    def endpoint(self, place: Place, field: str) -> str:
        """An address (logStreamEndpoint, execEndpoint) of the main container there; "" when there is none now."""


class Inside:
    """What Azure's exec connection and the run shim make possible, for every backend alike."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self.pool = ExecPool(self.socket)

    def exec(self, record: ContainerRecord, request: ExecRequest) -> ExecChannel:
        """A command in the running container. Raises Unsupported for another user with a terminal."""
        if request.user and request.tty:
            raise errors.Unsupported("--user with --tty: Azure's terminal belongs to the container's own user")
        place = self._reach.place(record, request.replica)
        if request.tty and not request.detach:
            channel: ExecChannel = self.socket(place, command_string(request), request.size)
            return channel
        return self.pool.open(place, request)

    def stdin(self, record: ContainerRecord) -> ExecChannel:
        """A channel into the pipe that the run shim gave the command for its standard input."""
        return self.exec(record, ExecRequest(("/bin/sh", "-c", STDIN_SCRIPT), stdin=True))

    def session(self, record: ContainerRecord, size: tuple[int, int]) -> ExecChannel:
        """The command of a container that waits for its session, begun there. Its exit code is the command's."""
        request = ExecRequest(
            ("/bin/sh", "-c", SESSION_SCRIPT), tty=record.spec.tty, stdin=record.spec.stdin_open, size=size
        )
        if not request.tty:
            return self.exec(record, request)
        channel: ExecChannel = self.socket(self._reach.place(record), shell_string(SESSION_SCRIPT), size)
        return channel

    def connected(self, record: ContainerRecord) -> bool:
        """Whether an exec connection into the record's run lives."""
        return bool(record.seen.run) and self.pool.alive(self._reach.place(record))

    def signalling(self, record: ContainerRecord, signal: str) -> ExecChannel:
        """The command that sends a signal, also where the image's shell can run nothing better."""
        try:
            return self.exec(record, ExecRequest(("sh", "-c", signal_script(signal))))
        except errors.Unsupported:
            found: ExecChannel = self.socket(self._reach.place(record), signal_string(signal), (24, 80))
            return found

    def refusal(self, name: str, address: str) -> Mark | None:
        """The run shim's mark of a command that could not be invoked, which it prints before anything else; None
        without one. `address` is the log stream of a container that runs."""
        stream = self._reach.containers.stream(name, address, follow=True)
        try:
            with closing(stream):
                first = next(stream, None)  # the first records, the oldest ahead
        except (logstream.Cut, errors.NotFound):
            return None  # the container is gone again already; it was up
        marks = [shim.split(text)[1] for _, text in first or ()]
        return next((one for one in marks if one is not None and one.failure), None)

    def socket(self, place: Place, command: str, size: tuple[int, int]) -> Any:
        """Azure's terminal with a command on it. Raises NotRunning without a replica."""
        from azdock.azure.execsocket import ExecSocket

        address = self._reach.endpoint(place, "execEndpoint")
        if not address:
            raise errors.NotRunning(NO_REPLICA, hint="azdock ps -a")
        return ExecSocket(address, self._reach.containers.token(place[0]), command, size)

    def close(self) -> None:
        """Hang up everywhere."""
        self.pool.close()
