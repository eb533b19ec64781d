"""The control process: python -m azdock.control HOME CONTEXT CONTAINER SECONDS, with its socket and lock inherited."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from azdock import settings
from azdock.backends.base import Connected
from azdock.control.place import Place
from azdock.control.server import Master
from azdock.docker.channels import ExecChannel, ExecRequest
from azdock.docker.record import ContainerRecord
from azdock.services.exec import Exec
from azdock.services.registry import Backends
from azdock.settings import Settings
from azdock.state.store import Store

LISTENING, LOCK = 3, 4  # descriptors; the lock is held by being open


class Container:
    """Commands in one container, looked up anew whenever no connection into it lives."""

    def __init__(self, made: Settings, container: str) -> None:
        self._container = container
        self._backends = Backends(made)
        self._exec = Exec(Store(made), self._backends)
        self._record: ContainerRecord | None = None
        self._opening = threading.Lock()

    @property
    def connected(self) -> bool:
        """Whether a connection into the container lives."""
        if self._record is None:
            return False
        backend = self._backends.get(self._record.backend)
        return isinstance(backend, Connected) and backend.connected(self._record)

    def open(self, request: ExecRequest, warn: Callable[[str], None]) -> ExecChannel:
        """Begin a command. Raises AzdockError."""
        from azdock.azure import progress

        with self._opening:
            progress.listen(warning=warn)
            if not self.connected:
                self._record = self._exec.find(self._container)
            assert self._record is not None
            return self._exec.open(self._record, request)

    def close(self) -> None:
        """Drop the connections."""
        backend = self._record and self._backends.get(self._record.backend)
        if isinstance(backend, Connected):
            backend.close()


def daemonize() -> None:
    """Leave everything of the shell that started us, but the socket and the lock."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.chdir("/")
    # What the user's shell had open, a pipe or somebody's lock, must not stay open for our sake.
    os.closerange(LOCK + 1, max(int(one.name) for one in Path("/dev/fd").iterdir()) + 1)
    for descriptor in (LISTENING, LOCK):
        os.set_inheritable(descriptor, False)


def main(argv: list[str]) -> int:
    """Serve until it is time to end; returns the exit code."""
    home, context, container, seconds = argv
    daemonize()
    made = settings.load({"AZDOCK_HOME": home}, context)
    place = Place(made, container)
    listening = socket.socket(fileno=LISTENING)
    Master(place, listening, Container(made, container), float(seconds)).serve()
    return 0


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stderr.flush()
    os._exit(code)  # threads that wait for a network that does not answer are not waited for
