"""A connection from the ingress to a container: carries one request after another, waits idle in between."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from azdock.emulator.ingress_head import LIMIT, UNTIL_CLOSE, Answer, BadMessage, Body, Request, answer
from azdock.emulator.ingress_site import COOKIE

if TYPE_CHECKING:
    from azdock.emulator.ingress_http import Client
    from azdock.emulator.ingress_site import Replica


class Server(asyncio.Protocol):
    """The connection, and the answer that is coming over it."""

    transport: asyncio.Transport

    def __init__(self, replica: Replica, port: int) -> None:
        self._replica, self._port = replica, port
        self._client: Client | None = None
        self._method, self._newer = b"", True
        self._buffer = b""
        self._body: Body | None = None
        self._answer: Answer | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def begin(self, client: Client, asked: Request) -> None:
        """Serve a client's request, which it writes to `transport`."""
        self._client, self._method, self._newer = client, asked.method, asked.newer
        self._buffer, self._body, self._answer = b"", None, None

    def data_received(self, data: bytes) -> None:
        client = self._client
        if client is None:  # nobody asked
            self.drop()
        elif client.tunnel:
            client.transport.write(data)
        else:
            try:
                if self._body is None:
                    self._buffer = self._buffer + data if self._buffer else data
                    self._head(client)
                else:
                    self._more(client, data, b"")
            except BadMessage:
                self._failed(client)

    def _head(self, client: Client) -> None:
        end = self._buffer.find(b"\r\n\r\n")
        while end >= 0:
            head, rest = self._buffer[:end], self._buffer[end + 4 :]
            found = answer(head, self._method)
            if found.status == 101:
                return self._upgrade(client, found, rest)
            if found.status >= 200:
                client.status = found.status
                self._answer, self._body, self._buffer = found, Body(found.length, unpack=not self._newer), b""
                return self._more(client, rest, self._worded(client, found, head))
            if self._newer:
                client.transport.write(head + b"\r\n\r\n")  # 100 Continue and the like
            self._buffer = rest
            end = rest.find(b"\r\n\r\n")
        if len(self._buffer) > LIMIT:
            raise BadMessage(502, "head too large")
        return None

    def _worded(self, client: Client, found: Answer, head: bytes) -> bytes:
        """The answer's head as the client gets it."""
        assert self._body is not None
        unpack = self._body.payload is not None
        client.keep = client.keep and found.length != UNTIL_CLOSE and not unpack
        mark = client.cookie(self._replica)
        if found.plain and client.keep and self._newer and not mark:
            return head + b"\r\n\r\n"
        lines = found.lines
        if unpack:
            lines = tuple(line for line in lines if not line.lower().startswith(b"transfer-encoding:"))
        if mark:
            lines = (*lines, b'Set-Cookie: %b="%b"; Path=/; HttpOnly' % (COOKIE, mark))
        if not client.keep:
            lines = (*lines, b"Connection: close")
        elif not self._newer:
            lines = (*lines, b"Connection: keep-alive")
        return b"\r\n".join(lines) + b"\r\n\r\n"

    def _more(self, client: Client, data: bytes, head: bytes) -> None:
        """Pass on what has come of the body, behind its head."""
        assert self._body is not None
        taken = self._body.take(data) if data else 0
        over = data[taken:]
        piece = data if not over else data[:taken]
        if self._body.payload is not None:
            piece = b"".join(self._body.payload)
            self._body.payload.clear()
        client.answered = True
        if head or piece:
            client.transport.write(head + piece)
        if self._body.done:
            self._done(client, clean=not over)

    def _done(self, client: Client, *, clean: bool) -> None:
        assert self._answer is not None
        self._client = None
        if clean and self._answer.keep and client.asked and self._replica.live:
            self.transport.resume_reading()
            self._replica.idle.setdefault(self._port, []).append(self)
        else:
            self.transport.close()
        client.finished()

    def _upgrade(self, client: Client, found: Answer, rest: bytes) -> None:
        client.answered = True
        client.transport.write(b"\r\n".join(found.lines) + b"\r\n\r\n" + rest)
        client.upgraded()

    def _failed(self, client: Client) -> None:
        """What the container says is no HTTP."""
        self._client = None
        self.transport.abort()
        client.broken()

    def drop(self) -> None:
        """Close it, whatever is under way."""
        self._client = None
        self.transport.abort()

    def eof_received(self) -> bool:
        client = self._client
        if client is not None and client.tunnel:
            with contextlib.suppress(OSError, RuntimeError):
                client.transport.write_eof()
            return True
        return False

    def pause_writing(self) -> None:
        if self._client is not None:
            self._client.hold()

    def resume_writing(self) -> None:
        if self._client is not None:
            self._client.resume()

    def connection_lost(self, exc: Exception | None) -> None:
        client, self._client = self._client, None
        if client is None:
            idle = self._replica.idle.get(self._port, [])
            if self in idle:
                idle.remove(self)
        elif exc is None and self._answer is not None and self._answer.length == UNTIL_CLOSE and not client.tunnel:
            client.finished()
        else:
            client.lost(self)
