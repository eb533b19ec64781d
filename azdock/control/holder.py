"""The process that holds a session: python -m azdock.control.holder HOME CONTEXT CONTAINER, with its socket and lock
inherited. It ends with the session, and ends the session when whoever was attached went away without a word."""

from __future__ import annotations

import json
import os
import select
import socket
import sys
import threading
from contextlib import suppress

from azdock import settings
from azdock.control import messages
from azdock.control.__main__ import LISTENING, daemonize
from azdock.control.place import Place
from azdock.docker.channels import ExecChannel
from azdock.errors import AzdockError
from azdock.services.exec import Exec
from azdock.services.registry import Backends
from azdock.settings import Settings
from azdock.state.store import Store

FIRST_SECONDS = 10.0  # for the one who has started this process
RECENT = 64 * 1024  # bytes of output that somebody who comes back sees


class Holder:
    """One session and those who are attached to it."""

    def __init__(self, listening: socket.socket, channel: ExecChannel) -> None:
        self._listening, self._channel = listening, channel
        self._lock = threading.Lock()
        self._clients: list[socket.socket] = []
        self._recent: list[bytes] = []
        self._left = False  # somebody has left on purpose, and nobody has come since

    def serve(self, first: socket.socket, size: tuple[int, int]) -> None:
        """Carry the session until it ends."""
        self._join(first, size)
        threading.Thread(target=self._accept, name="azdock-attach", daemon=True).start()
        try:
            while (got := self._channel.read()) is not None:
                self._tell(messages.pack("o" if got[0] == "out" else "e", got[1]), keep=True)
        except AzdockError as failed:
            self._tell(messages.failure(failed))
            return
        code = self._channel.exit_code
        self._tell(messages.pack("x", b"" if code is None else str(code).encode()))

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return  # the session is over
            threading.Thread(target=self._welcome, args=(client,), name="azdock-client", daemon=True).start()

    def _welcome(self, client: socket.socket) -> None:
        if (size := asked(client)) is None:
            client.close()
        else:
            self._join(client, size)

    def _join(self, client: socket.socket, size: tuple[int, int]) -> None:
        with self._lock:
            self._left = False
            with suppress(OSError):
                client.sendall(b"".join((messages.pack("k"), *self._recent)))
            self._clients.append(client)
        self._channel.resize(*size)
        threading.Thread(target=self._listen, args=(client,), name="azdock-client", daemon=True).start()

    def _listen(self, client: socket.socket) -> None:
        """The client's messages until it is gone."""
        left = False
        while (message := messages.take(client)) is not None:
            kind, body = message
            if kind == "i":
                self._channel.write(body)
            elif kind == "z":
                self._channel.close_input()
            elif kind == "r":
                self._channel.resize(*json.loads(body))
            elif kind == "d":
                left = True
                break
        with self._lock:
            self._clients.remove(client)
            self._left = self._left or left
            alone = not self._clients and not self._left
        client.close()
        if alone:
            self._channel.close()  # the command gets SIGHUP, as on a terminal that was closed

    def _tell(self, message: bytes, keep: bool = False) -> None:
        with self._lock:
            if keep:
                self._recent.append(message)
                while sum(map(len, self._recent)) > RECENT and len(self._recent) > 1:
                    self._recent.pop(0)
            for client in self._clients:
                with suppress(OSError):  # it has gone; _listen notices
                    client.sendall(message)


def asked(client: socket.socket) -> tuple[int, int] | None:
    """The terminal's size that a client names first; None for one that went away."""
    message = messages.take(client)
    if message is None or message[0] != "q":
        return None
    rows, cols = json.loads(message[1])["size"]
    return rows, cols


def open_session(made: Settings, container: str, size: tuple[int, int], client: socket.socket) -> ExecChannel | None:
    """The session's channel; None when it could not be opened, which the client was told then."""
    from azdock.azure import progress

    backends = Backends(made)
    progress.listen(warning=lambda text: client.sendall(messages.pack("w", text.encode())))
    try:
        exec = Exec(Store(made), backends)
        return exec.session(exec.find(container), size)
    except AzdockError as failed:
        client.sendall(messages.pack("k") + messages.failure(failed))
        return None


def main(argv: list[str]) -> int:
    """Hold the session; returns the exit code."""
    home, context, container = argv
    daemonize()
    made = settings.load({"AZDOCK_HOME": home}, context)
    place = Place(made, container, kind="session")
    listening = socket.socket(fileno=LISTENING)
    try:
        if not select.select([listening], [], [], FIRST_SECONDS)[0]:
            return 1
        first, _ = listening.accept()
        size = asked(first)
        channel = None if size is None else open_session(made, container, size, first)
        if channel is not None and size is not None:
            Holder(listening, channel).serve(first, size)
        return 0
    finally:
        place.leave()


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stderr.flush()
    os._exit(code)  # threads that wait for clients are not waited for
