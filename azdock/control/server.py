"""The control process of one container: keeps its exec connection, and runs the commands that clients send."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, Full, Queue
from typing import Protocol

from azdock.control import messages
from azdock.control.place import Place
from azdock.docker.channels import ExecChannel, ExecRequest
from azdock.errors import AzdockError

LOOK_SECONDS = 0.5
READ_AHEAD = 8  # messages of input that wait for the command


class Commands(Protocol):
    """What runs commands in the container."""

    def open(self, request: ExecRequest, warn: Callable[[str], None]) -> ExecChannel:
        """Begin a command; `warn` gets what the user must be told. Raises AzdockError."""

    @property
    def connected(self) -> bool:
        """Whether a connection into the container lives."""

    def close(self) -> None:
        """Drop the connections."""


class Master:
    """Serves until nobody has asked for a while, the container's connections are gone, or the socket's file is."""

    def __init__(self, place: Place, listening: socket.socket, commands: Commands, idle: float) -> None:
        self._place, self._listening, self._commands, self._idle = place, listening, commands, idle
        self._ours = place.facts()
        self._lock = threading.Lock()
        self._active = 0
        self._asked = False
        self._last = time.monotonic()

    def serve(self) -> None:
        """Take commands until it is time to end; the socket is closed then."""
        self._listening.setblocking(False)
        while not self._over() and self._place.holds(self._ours):
            select.select([self._listening], [], [], min(LOOK_SECONDS, self._idle))
            try:
                client, _ = self._listening.accept()
            except BlockingIOError:
                continue
            client.setblocking(True)
            with self._lock:
                self._active += 1
            threading.Thread(target=self._attend, args=(client,), name="azdock-control", daemon=True).start()
        if self._place.holds(self._ours):
            self._place.leave()
        self._listening.close()  # whoever waits in the queue sees that nobody took its request
        self._commands.close()

    def _over(self) -> bool:
        with self._lock:
            if self._active:
                return False
            return time.monotonic() - self._last > self._idle or (self._asked and not self._commands.connected)

    def _attend(self, client: socket.socket) -> None:
        asked = True
        try:
            asked = Conversation(client, self._commands).hold()
        finally:
            client.close()
            with self._lock:
                self._active -= 1
                if asked:
                    self._asked, self._last = True, time.monotonic()


class Conversation:
    """One client and its command."""

    def __init__(self, client: socket.socket, commands: Commands) -> None:
        self._client, self._commands = client, commands
        self._input: Queue[bytes | None] = Queue(READ_AHEAD)
        self._ended = threading.Event()

    def hold(self) -> bool:
        """From the request to the exit code; a client that leaves earlier hangs up on its command. False for one that
        asked for nothing."""
        message = messages.take(self._client)
        if message is None or message[0] != "q":
            return False  # it only wanted to know whether somebody is here
        if not self._send(messages.pack("k")):
            return True  # it has left already: then it may run the command itself
        try:
            channel = self._commands.open(messages.request_of(message[1]), self._warn)
        except AzdockError as failed:
            self._send(messages.failure(failed))
            return True
        threads = [threading.Thread(target=self._listen, args=(channel,), name="azdock-control-listen", daemon=True)]
        threads.append(threading.Thread(target=self._feed, args=(channel,), name="azdock-control-input", daemon=True))
        for thread in threads:
            thread.start()
        try:
            self._carry(channel)
        finally:
            self._ended.set()
            channel.close()
            with suppress(OSError):  # the client has left already
                self._client.shutdown(socket.SHUT_RD)
            for thread in threads:
                thread.join()
        return True

    def _carry(self, channel: ExecChannel) -> None:
        """Output to the client, and how the command ended."""
        try:
            while (got := channel.read()) is not None:
                stream, data = got
                if not self._send(messages.pack("o" if stream == "out" else "e", data)):
                    return
        except AzdockError as failed:
            self._send(messages.failure(failed))
            return
        self._send(messages.pack("x", b"" if channel.exit_code is None else str(channel.exit_code).encode()))

    def _listen(self, channel: ExecChannel) -> None:
        """The client's messages. Its end, also while the command takes no input, ends the command."""
        while (message := messages.take(self._client)) is not None:
            piece = message[1] if message[0] == "i" else None
            while not self._put(piece):
                if self._ended.is_set() or self._gone():
                    break
        if not self._ended.is_set():
            channel.close()
        self._ended.set()

    def _feed(self, channel: ExecChannel) -> None:
        """Input to the command, which may be slow to take it."""
        while not self._ended.is_set():
            try:
                piece = self._input.get(timeout=LOOK_SECONDS)
            except Empty:
                continue
            if piece is None:
                channel.close_input()
            else:
                channel.write(piece)

    def _put(self, piece: bytes | None) -> bool:
        try:
            self._input.put(piece, timeout=LOOK_SECONDS)
        except Full:
            return False
        return True

    def _gone(self) -> bool:
        watch = select.poll()
        watch.register(self._client, 0)
        return bool(watch.poll(0))

    def _send(self, data: bytes) -> bool:
        """False when the client is gone."""
        try:
            self._client.sendall(data)
        except OSError:
            return False
        return True

    def _warn(self, text: str) -> None:
        self._send(messages.pack("w", text.encode()))
