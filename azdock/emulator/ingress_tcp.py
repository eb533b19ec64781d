"""The ingress' raw TCP: a client's connection and one to a replica, joined."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from azdock.emulator.ingress_site import found_port

if TYPE_CHECKING:
    from azdock.emulator.ingress_site import Door, Site


class Half(asyncio.Protocol):
    """One side of a joined pair: what comes goes to the other side, as fast as that takes it; so does an end."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.other: Half | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def _far(self) -> asyncio.Transport | None:
        return self.other.transport if self.other is not None else None

    def data_received(self, data: bytes) -> None:
        if (far := self._far()) is not None:
            far.write(data)

    def eof_received(self) -> bool:
        if (far := self._far()) is None:
            return False
        with contextlib.suppress(OSError, RuntimeError):
            far.write_eof()
        return True

    def pause_writing(self) -> None:
        if (far := self._far()) is not None:
            far.pause_reading()

    def resume_writing(self) -> None:
        if (far := self._far()) is not None and not far.is_closing():
            far.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        far, self.other = self._far(), None
        if far is None:
            return
        if exc is None:
            far.close()
        else:
            far.abort()


class Caller(Half):
    """A client's connection: stays unread until a replica has taken it."""

    def __init__(self, door: Door) -> None:
        super().__init__()
        self._door = door
        self._site: Site | None = None
        self._joining: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        assert self.transport is not None
        self._door.opened(self)
        name = transport.get_extra_info("peername")
        place = self._door.find(b"") if self._door.admits(str(name[0]) if name else "") else None
        if place is None:
            self.transport.abort()
            return
        self.transport.pause_reading()
        self._site = place[0]
        self._site.begin()
        self._joining = asyncio.get_running_loop().create_task(self._join(*place))

    async def _join(self, site: Site, port: int, revision: str) -> None:
        assert self.transport is not None
        if not site.replicas and site.may_sleep and not site.stopped:
            self._door.wake(site)
            await site.ready(self._door.timeout)
        far = Half()
        avoid: frozenset[str] = frozenset()
        for _ in range(len(site.replicas)):
            replica = site.choose(revision, b"", avoid)
            if replica is None:
                break
            try:
                await replica.target.container.dial(port or found_port(replica.target.container), lambda: far)
            except OSError:
                avoid |= {replica.target.container.id}
                continue
            self.other, far.other = far, self
            self.transport.resume_reading()
            return
        self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._door.closed(self)
        if self._joining is not None:
            self._joining.cancel()
        if self._site is not None:
            self._site.end()
            self._site = None
        super().connection_lost(exc)
