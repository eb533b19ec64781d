"""Where clients come in: listening sockets, and which app a connection or a Host header means."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from azdock.emulator.ingress_http import Client
from azdock.emulator.ingress_site import Port, Site
from azdock.emulator.ingress_tcp import Caller

LOOPBACK = "127.0.0.1"
BACKLOG = 1024

Wake = Callable[[Site], None]


def listening(address: str, port: int, made: socket.socket | None = None) -> socket.socket:
    """A socket that listens, `made` if given. Raises OSError when the address is taken or not allowed."""
    made = made or socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((address, port))
        made.listen(BACKLOG)
    except OSError:
        made.close()
        raise
    made.setblocking(False)
    return made


def first_label(host: str, domain: str) -> str:
    """The first label of a name directly below an environment's domain, or below internal.DOMAIN; else ""."""
    label, _, rest = host.partition(".")
    return label if rest in (domain, f"internal.{domain}") else ""


class Listener:
    """A socket and the apps behind it. It is a Door to the connections that come in."""

    def __init__(self, sock: socket.socket, wake: Wake, timeout: Callable[[], float], inside: str = "") -> None:
        self._socket, self._wake, self._timeout = sock, wake, timeout
        self._inside = inside  # the addresses that may come in begin like this; "" is everybody
        self.port: int = sock.getsockname()[1]
        self.sites: dict[str, tuple[Site, Port]] = {}  # by app id
        self.any_host = True  # the only app is meant whatever name it is called
        self._clients: set[asyncio.Protocol] = set()
        self._server: asyncio.Server | None = None
        self._starting = asyncio.get_running_loop().create_task(self._start())

    async def _start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._caller, sock=self._socket, backlog=BACKLOG)

    def _caller(self) -> asyncio.Protocol:
        raw = any(not port.http for _, port in self.sites.values())
        return Caller(self) if raw else Client(self)

    @property
    def timeout(self) -> float:
        """Seconds a request may take."""
        return self._timeout()

    def admits(self, peer: str) -> bool:
        """Whether a client with this address may come in."""
        return peer.startswith(self._inside)

    def find(self, host: bytes) -> tuple[Site, int, str] | None:
        """The app, its port and its revision ("" for any) that a Host header means."""
        alone = len(self.sites) == 1 and self.any_host
        if alone and b"--" not in host:
            site, port = next(iter(self.sites.values()))
            return site, port.target, ""
        name = host.decode("latin-1").rpartition("]")[2].partition(":")[0].lower().rstrip(".")
        for site, port in self.sites.values():
            label = first_label(name, site.domain) if "--" in name else ""
            revision = site.revision_of(label) if label.startswith(f"{site.name}--") else ""
            if revision or alone or name in site.names:
                return site, port.target, revision
        return None

    def wake(self, site: Site) -> None:
        """Somebody waits for a replica of an app that has none."""
        self._wake(site)

    def opened(self, client: asyncio.Protocol) -> None:
        """A connection has come."""
        self._clients.add(client)

    def closed(self, client: asyncio.Protocol) -> None:
        """It has gone."""
        self._clients.discard(client)

    async def close(self) -> None:
        """Stop listening and drop who is connected."""
        self._starting.cancel()
        if self._server is not None:
            self._server.close()
        self._socket.close()
        for client in list(self._clients):
            transport: Any = getattr(client, "transport", None)
            if transport is not None:
                transport.abort()
        await asyncio.sleep(0)


class Numbers:
    """Loopback ports by what they stand for, remembered over restarts in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._known: dict[str, int] = json.loads(path.read_bytes())
        except (FileNotFoundError, ValueError):  # lost numbers are only other numbers
            self._known = {}

    def listening(self, key: str, wish: int = 0) -> socket.socket:
        """A listening loopback socket: on the port it had before, else on `wish`, else on any that is free."""
        for port in (self._known.get(key, 0), wish):
            if port:
                try:
                    return self._noted(key, listening(LOOPBACK, port))
                except OSError:
                    continue
        return self._noted(key, listening(LOOPBACK, 0))

    def forget(self, keys: Iterable[str]) -> None:
        """These will not be needed again."""
        for key in keys:
            self._known.pop(key, None)
        self._save()

    def _noted(self, key: str, sock: socket.socket) -> socket.socket:
        port: int = sock.getsockname()[1]
        if self._known.get(key) != port:
            self._known[key] = port
            self._save()
        return sock

    def _save(self) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = self._path.with_suffix(".part")
        part.write_text(json.dumps(self._known), encoding="utf-8")
        part.replace(self._path)
