"""The exec WebSocket: one program behind a terminal.

SOURCE: Azure/azure-cli, command_modules/containerapp/_ssh_utils.py (frames, address, resize as JSON).
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote_plus

from azdock import wire
from azdock.azure import errors as translate
from azdock.azure import retry, web
from azdock.errors import AzdockError, Throttled

if TYPE_CHECKING:
    from websockets.http11 import Response
    from websockets.sync.client import ClientConnection

Stream = Literal["out", "err"]
# Azure drops a connection that is silent for about half a minute.
KEEP_ALIVE_SECONDS = 15.0
OPEN_SECONDS = 30.0
UNSHARED = "AZDOCK_CONTROL_PERSIST is 0"
_STREAMS: dict[int, Stream] = {wire.EXEC_STDOUT: "out", wire.EXEC_STDERR: "err"}


class ExecSocket:
    """A running command: read() in one thread, write() and resize() in another. Always a terminal on the far side."""

    def __init__(self, url: str, token: str, command: str, size: tuple[int, int] = (24, 80)) -> None:
        """Connect and begin. Raises Throttled with the waiting time, NotFound, NotLoggedIn, Unreachable."""
        self._socket = _connect(f"{url}?command={quote_plus(command)}", token)
        self._size = size
        self._code: int | None = None
        self._done = threading.Event()
        self.resize(*size)
        self._keeper = threading.Thread(target=self._keep_alive, name="exec-keep-alive", daemon=True)
        self._keeper.start()

    @property
    def exit_code(self) -> int | None:
        """Known once read() gave None; None when the connection broke."""
        return self._code

    @property
    def alive(self) -> bool:
        """False once the connection is known to have ended."""
        from websockets.protocol import State

        return not self._done.is_set() and self._socket.state is State.OPEN

    def read(self, timeout: float | None = None) -> tuple[Stream, bytes] | None:
        """The next output; None at the end. Raises AzdockError for an error frame without exit code, TimeoutError
        when nothing came within `timeout` seconds."""
        from websockets.exceptions import ConnectionClosed, ConnectionClosedOK

        while True:
            try:
                frame = self._socket.recv(timeout)
            except ConnectionClosedOK:
                self._ended(0)
                return None
            except ConnectionClosed as broken:
                # Azure ends a command that succeeded by closing; 1005 and 1006 are what clients see of that.
                if broken.rcvd is None and broken.sent is None:
                    self._ended(None)
                    raise translate.unreachable("the exec endpoint", broken) from broken
                self._ended(0)
                return None
            data = frame.encode() if isinstance(frame, str) else bytes(frame)
            if len(data) > 1 and data[0] == wire.EXEC_FORWARD and data[1] in _STREAMS:
                if len(data) > 2:
                    return _STREAMS[data[1]], data[2:]
            elif data[:1] == bytes([wire.EXEC_ERROR]):
                self._failed(data[1:].decode("utf-8", "replace"))
                return None

    def write(self, data: bytes) -> None:
        """Send input; dropped after the end."""
        self._send(bytes([wire.EXEC_FORWARD, wire.EXEC_STDIN]) + data)

    def close_input(self) -> None:
        """A terminal has no end of input but the character for it."""
        self.write(b"\x04")

    def resize(self, rows: int, cols: int) -> None:
        """Tell the far terminal its size."""
        self._size = (rows, cols)
        body = json.dumps({"Width": cols, "Height": rows}).encode()
        self._send(bytes([wire.EXEC_FORWARD, wire.EXEC_RESIZE]) + body)

    def close(self) -> None:
        """Drop the connection."""
        self._done.set()
        self._socket.close()

    def _ended(self, code: int | None) -> None:
        self._code = code if self._code is None else self._code
        self.close()

    def _failed(self, text: str) -> None:
        code = translate.exec_exit_code(text)
        self._ended(code)
        if code is None:
            raise translate.of_exec_frame(text)

    def _send(self, data: bytes) -> None:
        from websockets.exceptions import ConnectionClosed

        try:
            self._socket.send(data)
        except ConnectionClosed:
            self._done.set()  # the command has ended; reading tells how

    def _keep_alive(self) -> None:
        while not self._done.wait(KEEP_ALIVE_SECONDS):
            self.resize(*self._size)


def _connect(url: str, token: str) -> ClientConnection:
    from websockets.exceptions import InvalidStatus, WebSocketException
    from websockets.sync.client import connect

    # A proxy cannot reach this machine's loopback, whatever the environment says of proxies.
    options: dict[str, Any] = {"proxy": None} if web.is_loopback(url) else {}
    try:
        connection: ClientConnection = connect(
            url,
            additional_headers={"Authorization": f"Bearer {token}"},
            max_size=None,
            compression=None,
            open_timeout=OPEN_SECONDS,
            ping_interval=None,
            **options,
        )
        # Since websockets 17 a connection must be entered; close() is what leaving it would do.
        connection.__enter__()
        return connection
    except InvalidStatus as refused:
        raise _refused(refused.response) from refused
    except (OSError, WebSocketException) as broken:
        raise translate.unreachable("the exec endpoint", broken) from broken


def _refused(response: Response) -> AzdockError:
    text = bytes(response.body or b"").decode("utf-8", "replace")
    if response.status_code == 429:
        seconds = retry.asked_for(response.headers)
        wait = f"{seconds:.0f} seconds" if seconds else "some minutes"
        return Throttled(
            "Azure allows about ten exec connections in a short time and refuses this one",
            hint=f"try again in {wait}; commands that follow one another share a connection, unless {UNSHARED}",
            status=429,
        )
    return translate.of_response(response.status_code, text, dict(response.headers))
