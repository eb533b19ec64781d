"""The side of the azdock that a user has typed: finds a container's control process, starts one, talks to it."""

from __future__ import annotations

import fcntl
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from azdock.control import messages
from azdock.control.place import Place
from azdock.docker.channels import ExecChannel, ExecRequest, Stream
from azdock.errors import AzdockError, Unreachable
from azdock.settings import Settings

PERSIST = "AZDOCK_CONTROL_PERSIST"
PERSIST_SECONDS = 60.0
# How long to wait for another azdock that is just starting the same control process.
RACE_SECONDS = 1.0
ABOVE = 10  # descriptors on their way to a control process stay clear of those that they become
_STREAMS: Mapping[str, Stream] = {"o": "out", "e": "err"}


class NotRun(Exception):
    """The control process went away before it took the request: the command has not been run."""


class Control:
    """Control processes of one context's containers."""

    def __init__(self, settings: Settings, environ: Mapping[str, str], warn: Callable[[str], None]) -> None:
        """`warn` gets what a control process has to tell the user. Raises AzdockError for a bad value of PERSIST."""
        self._settings, self._environ, self._warn = settings, environ, warn
        self._persist = persist(environ)

    def serves(self, container: str) -> bool:
        """Whether a control process serves the container."""
        line = self.find(container)
        if line is None:
            return False
        line.close()
        return True

    def run(self, container: str, request: ExecRequest, *, begin: bool) -> ExecChannel | None:
        """Run a command through the container's control process, which is started if need be when `begin` is set.
        None when there is none, or it went away before it took the request: then the command was not run."""
        line = self.begin(container) if begin else self.find(container)
        if line is None:
            return None
        try:
            return line.run(request)
        except NotRun:
            return None

    def find(self, container: str) -> Line | None:
        """A line to the control process that serves a container; None when there is none, or none is wanted."""
        if not self._persist:
            return None
        found = Place(self._settings, container).connect()
        return Line(found, self._warn) if found is not None else None

    def begin(self, container: str) -> Line | None:
        """The same, after starting one if need be. None when none is wanted; with --debug the wire must be seen."""
        if not self._persist or self._settings.debug:
            return None
        place, deadline = Place(self._settings, container), time.monotonic() + RACE_SECONDS
        while time.monotonic() < deadline:
            if (found := place.connect()) is not None:
                return Line(found, self._warn)
            claimed = place.claim()
            if claimed is not None:
                home = os.fspath(self._settings.home.absolute())
                words = ("azdock.control", home, self._settings.context.name, container, str(self._persist))
                spawn(place, words, *claimed)
                return self.find(container)
            time.sleep(0.01)
        return None


def spawn(place: Place, words: Sequence[str], listening: socket.socket, lock: int) -> None:
    """Start a Python module, words[0], with arguments in a process of its own session that inherits the socket and the
    lock, and nothing else."""
    log = os.open(place.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    null = os.open(os.devnull, os.O_RDWR)
    low = [null, null, log, listening.fileno(), lock]
    high = [fcntl.fcntl(one, fcntl.F_DUPFD_CLOEXEC, ABOVE) for one in low]
    try:
        os.posix_spawn(
            sys.executable,
            [sys.executable, "-P", "-m", *words],
            dict(os.environ),
            file_actions=[(os.POSIX_SPAWN_DUP2, one, number) for number, one in enumerate(high)],
            setsid=True,
        )
    finally:
        listening.close()
        for descriptor in (lock, log, null, *high):
            os.close(descriptor)


class Line:
    """A connection to a control process, for one command."""

    def __init__(self, made: socket.socket, warn: Callable[[str], None]) -> None:
        self._socket, self._warn = made, warn

    def run(self, request: ExecRequest) -> ControlChannel:
        """Run a command. Raises NotRun when the control process went away without having taken the request."""
        try:
            self._socket.sendall(messages.request(request))
            answer = messages.take(self._socket)
        except OSError as gone:
            self._socket.close()
            raise NotRun from gone
        if answer is None:
            self._socket.close()
            raise NotRun
        return ControlChannel(self._socket, self._warn)

    def close(self) -> None:
        """Ask for nothing."""
        self._socket.close()


class ControlChannel:
    """ExecChannel of a command that a control process runs."""

    def __init__(self, made: socket.socket, warn: Callable[[str], None]) -> None:
        self._socket, self._warn = made, warn
        self._code: int | None = None
        self._over = False
        self._sending = threading.Lock()

    @property
    def exit_code(self) -> int | None:
        """The command's exit code once read() gave None; None when Azure did not tell it."""
        return self._code

    def read(self) -> tuple[Stream, bytes] | None:
        """The next output. Raises what the control process says, Unreachable when it is gone."""
        while not self._over:
            message = messages.take(self._socket)
            if message is None:
                if self._over:
                    return None  # we have left ourselves
                self._over = True
                raise Unreachable("azdock's control process ended before the command did")
            kind, body = message
            if kind == "k":
                continue  # it has begun
            if kind in _STREAMS:
                return _STREAMS[kind], body
            if kind == "w":
                self._warn(body.decode())
                continue
            self._over = True
            if kind == "f":
                raise messages.failure_of(body)
            self._code = int(body) if body else None
        return None

    def write(self, data: bytes) -> None:
        """Send input; dropped after the end of the command."""
        for at in range(0, len(data), 65536):
            self._send("i", data[at : at + 65536])

    def close_input(self) -> None:
        """Tell the command that no more input comes."""
        self._send("z")

    def resize(self, rows: int, cols: int) -> None:
        """There is no terminal on this way."""

    def close(self) -> None:
        """Leave; a command that runs gets SIGHUP."""
        self._over = True
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the other side has closed already
        self._socket.close()

    def _send(self, kind: str, body: bytes = b"") -> None:
        with self._sending:
            try:
                self._socket.sendall(messages.pack(kind, body))
            except OSError:
                return  # the command has ended; reading tells how


def persist(environ: Mapping[str, str]) -> float:
    """Seconds that a control process waits for another command; 0: none is wanted. Raises AzdockError."""
    text = environ.get(PERSIST, "")
    if not text:
        return PERSIST_SECONDS
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise AzdockError(f"{PERSIST}={text}: not a number of seconds", hint=f"unset {PERSIST}, or 0 for no process")
    return seconds
