"""The ingress' HTTP proxy: one protocol object for a client's connection, one for each connection to a container."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from azdock.emulator import ingress_pages
from azdock.emulator.ingress_head import IDEMPOTENT, LIMIT, BadMessage, Body, Request, request
from azdock.emulator.ingress_server import Server
from azdock.emulator.ingress_site import found_port

if TYPE_CHECKING:
    from azdock.emulator.ingress_site import Call, Door, Replica, Site

TRIES = 6  # connections tried for one request
PREFACE = b"PRI * HTTP/2.0\r\n\r\n"  # RFC 9113, 3.4
BINARY = b"PRI * HTTP/1.1\r\nHost: *"  # what stands for it here
PAUSE = 0.05  # seconds between them
GIVEN_UP = 499  # what proxies note for a client that left before its answer


class Client(asyncio.Protocol):
    """A client's connection: one request at a time, each forwarded to a replica chosen for it."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._loop = asyncio.get_running_loop()
        self._buffer = b""
        self.request: Request | None = None  # the one under way
        self._body: Body | None = None  # what is still to come of its body
        self._rest: Body | None = None  # what is still to come of a request that was denied
        self._site: Site | None = None
        self._port, self._revision = 0, ""
        self._server: Server | None = None
        self._dialling: asyncio.Task[None] | None = None
        self._head = b""
        self._replay: list[bytes] | None = None  # what was sent of a body that may be sent again
        self._avoid: frozenset[str] = frozenset()
        self._tries = 0
        self.answered = False  # bytes of the answer have gone to the client
        self.keep = True  # the connection outlives the answer
        self.status = 0  # of the answer; 0: not known yet
        self._admitted = False  # the site's gate has let the request in
        self._call: Call | None = None
        self.tunnel = False  # after an upgrade: bytes pass as they are
        self._held = self._raw = False
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        name = transport.get_extra_info("peername")
        self._peer = str(name[0]) if name else ""
        self._door.opened(self)
        if not self._door.admits(self._peer):
            transport.abort()

    def data_received(self, data: bytes) -> None:
        if self.tunnel and self._server is not None:
            self._server.transport.write(data)
            return
        self._buffer = self._buffer + data if self._buffer else data
        if self.request is None:
            self._next()
        elif self._body is not None and self._server is not None:
            self._feed()
        elif len(self._buffer) > LIMIT:
            self._held = True
            self.transport.pause_reading()

    def _next(self) -> None:
        """Begin with the next request, once its head is here."""
        if not self._skipped():
            return None
        if self._buffer.startswith(b"\r\n"):
            self._buffer = self._buffer.lstrip(b"\r\n")
        end = self._buffer.find(b"\r\n\r\n")
        if self._buffer.startswith(PREFACE):
            return self._begin(request(BINARY), raw=True)
        if end < 0 or end > LIMIT:
            if len(self._buffer) > LIMIT:
                self.refuse(431, ingress_pages.TOO_LARGE, keep=False)
            elif b"\n\n" in self._buffer:
                self.refuse(400, ingress_pages.BAD, keep=False)
            return None
        try:
            asked = request(self._buffer[:end])
        except BadMessage as bad:
            return self.refuse(bad.status, ingress_pages.BAD, keep=False)
        self._buffer = self._buffer[end + 4 :]
        return self._begin(asked)

    def _begin(self, asked: Request, *, raw: bool = False) -> None:
        """Look for the app; `raw` is a client that speaks HTTP/2, to which the container is left as it is."""
        self.request, self.keep, self.answered, self._raw = asked, asked.keep, False, raw
        self._body = Body(asked.length) if asked.length else None
        place = self._door.find(asked.host)
        if place is None:
            return self.refuse(404, ingress_pages.UNKNOWN)
        self._site, self._port, self._revision = place
        self._site.begin()
        self._head = b"" if raw else asked.head(self._peer)
        self._replay = [] if asked.method in IDEMPOTENT else None
        self._avoid, self._tries = frozenset(), 0
        self.status, self._admitted = 0, raw or self._site.gate is None
        self._expect()
        self._send()
        return None

    def _send(self) -> None:
        """Hand the request to a replica: over a connection that waits for work, or a new one."""
        assert self._site is not None and self.request is not None
        replica = self._site.choose(self._revision, self.request.cookies, self._avoid)
        if replica is None:
            if self._site.stopped:
                return self.refuse(403, ingress_pages.STOPPED)
            if not self._site.may_sleep or self._revision:
                return self.refuse(503, ingress_pages.NO_REPLICA)
            self._door.wake(self._site)
            self._dialling = self._loop.create_task(self._wait())
            return None
        if not self._admitted:
            self._dialling = self._loop.create_task(self._ask(replica))
            return None
        idle = replica.idle.get(self._port)
        while idle:
            server = idle.pop()
            if not server.transport.is_closing():
                return self._go(server)
        self._dialling = self._loop.create_task(self._dial(replica))
        return None

    async def _ask(self, replica: Replica) -> None:
        """Let the site's gate decide."""
        assert self._site is not None and self._site.gate is not None and self.request is not None
        container = replica.target.container
        status = await self._site.gate.admit(self.request, container, self._port or found_port(container))
        if self._site is None or self.transport.is_closing():
            return None
        if status:
            return self._deny(status)
        self._admitted = True
        self._call = self._site.gate.begun(self.request, container)
        self._dialling = None
        return self._send()

    def _deny(self, status: int) -> None:
        """Refuse, and read what is left of the request: its sender listens only when it has sent all."""
        assert self.request is not None
        patient = any(line[:7].lower() == b"expect:" for line in self.request.lines)  # it may never send the body
        if not patient:
            self._rest, self._body = self._body, None
        self.refuse(status, ingress_pages.EMPTY)

    def _skipped(self) -> bool:
        """Whether the body of a request that was denied has gone by."""
        if self._rest is None:
            return True
        try:
            self._buffer = self._buffer[self._rest.take(self._buffer) :]
        except BadMessage:
            self.transport.abort()
            return False
        if self._rest.done:
            self._rest = None
        return self._rest is None

    async def _wait(self) -> None:
        assert self._site is not None
        if await self._site.ready(self._deadline - self._loop.time()) or self._site.stopped:
            self._send()
        else:
            self._late()

    async def _dial(self, replica: Replica) -> None:
        container = replica.target.container
        server = Server(replica, self._port)
        try:
            await container.dial(self._port or found_port(container), lambda: server)
        except OSError as error:
            self._avoid |= {container.id}
            self._tries += 1
            if self._tries >= TRIES:
                return self.refuse(503, ingress_pages.refused(error))
            await asyncio.sleep(PAUSE if self._site is not None and len(self._site.replicas) < 2 else 0)
            return self._send()
        self._dialling = None
        if self.transport.is_closing():
            server.drop()
            return None
        return self._go(server)

    def _go(self, server: Server) -> None:
        assert self.request is not None
        self._server = server
        server.begin(self, self.request)
        if self._raw:
            self.answered = True
            self.upgraded()
            return
        data = b"".join((self._head, *self._replay)) if self._replay else self._head
        if self._body is not None and self._buffer:
            data += self._piece()
        server.transport.write(data)

    def _feed(self) -> None:
        assert self._server is not None
        self._server.transport.write(self._piece())

    def _piece(self) -> bytes:
        """What is here of the request's body."""
        assert self._body is not None
        try:
            taken = self._body.take(self._buffer)
        except BadMessage:
            self.transport.abort()
            return b""
        data, self._buffer = self._buffer[:taken], self._buffer[taken:]
        if self._body.done:
            self._body = None
        if self._replay is not None:
            self._replay.append(data)
            if sum(map(len, self._replay)) > LIMIT:
                self._replay = None
        if self._held:
            self._held = False
            self.transport.resume_reading()
        return data

    @property
    def asked(self) -> bool:
        """Whether the whole request has gone to the container."""
        return self._body is None

    def cookie(self, replica: Replica) -> bytes:
        """The affinity cookie's value to set with this answer; b"" for none."""
        assert self._site is not None and self.request is not None
        return replica.mark if self._site.sticky and replica.mark not in self.request.cookies else b""

    def finished(self) -> None:
        """The answer has gone out whole."""
        self._over()
        if not self.keep or self._body is not None:
            self.transport.close()
            return
        if self._held:
            self._held = False
            self.transport.resume_reading()
        if self._buffer:
            self._loop.call_soon(self._again)

    def _again(self) -> None:
        if self.request is None and not self.transport.is_closing():
            self._next()

    def _over(self) -> None:
        self.request, self._server, self._dialling, self._head = None, None, None, b""
        self._deadline = 0.0
        if self._call is not None:
            self._call.end(self.status or GIVEN_UP)
            self._call = None
        if self._site is not None:
            self._site.end()
            self._site = None

    def lost(self, server: Server) -> None:
        """The container's connection died before the answer was whole."""
        if server is not self._server:
            return
        self._server = None
        if self.tunnel:
            self.transport.close()
        elif self.answered:
            self.transport.abort()
        elif self._replay is not None and self._tries < TRIES:
            self._tries += 1
            self._send()
        else:
            self.refuse(503, ingress_pages.TERMINATED)

    def broken(self) -> None:
        """The container's answer is no HTTP."""
        self._server = None
        self.refuse(502, ingress_pages.PROTOCOL)

    def upgraded(self) -> None:
        """From now on bytes pass both ways as they are."""
        assert self._server is not None
        self.tunnel, self._deadline = True, 0.0
        data, self._buffer = self._buffer, b""
        if data:
            self._server.transport.write(data)

    def refuse(self, status: int, page: ingress_pages.Page, *, keep: bool = True) -> None:
        """Answer in the ingress' own words; whatever was under way is over."""
        if self.answered or self.transport.is_closing():
            self.transport.abort()
            return
        asked, self.status = self.request, status
        self.keep = keep and self._body is None and asked is not None and asked.keep
        self._body = None
        bodiless = asked is not None and asked.method == b"HEAD"
        self.transport.write(page.answer(status, bodiless=bodiless, keep=self.keep))
        self.finished()

    def _expect(self) -> None:
        """The request must be over in time. One timer serves a connection: it looks again when it was too early."""
        self._deadline = self._loop.time() + self._door.timeout
        if self._timer is None:
            self._timer = self._loop.call_at(self._deadline, self._look)

    def _look(self) -> None:
        self._timer = None
        if not self._deadline:
            return
        if self._loop.time() < self._deadline:
            self._timer = self._loop.call_at(self._deadline, self._look)
            return
        if self._dialling is not None:
            self._dialling.cancel()
        self._late()

    def _late(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.drop()
        self.refuse(504, ingress_pages.LATE, keep=False)

    def eof_received(self) -> bool:
        if self.tunnel and self._server is not None:
            with contextlib.suppress(OSError, RuntimeError):
                self._server.transport.write_eof()
            return True
        self.keep = False
        return self.request is not None and self._body is None  # it may still wait for its answer

    def pause_writing(self) -> None:
        if self._server is not None:
            self._server.transport.pause_reading()

    def resume_writing(self) -> None:
        if self._server is not None:
            self._server.transport.resume_reading()

    def hold(self) -> None:
        """The container does not take more for now."""
        self.transport.pause_reading()

    def resume(self) -> None:
        """The container takes more."""
        if not self.transport.is_closing():
            self.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._door.closed(self)
        if self._timer is not None:
            self._timer.cancel()
        if self._dialling is not None:
            self._dialling.cancel()
        server, self._server = self._server, None
        if server is not None:
            server.drop()
        self._over()
