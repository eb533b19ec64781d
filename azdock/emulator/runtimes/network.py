"""The networks that containers of one environment share: who has which address there, and which names are known."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

SHARED = "containers share this machine's network: one port for all, and no names of apps ({})"


class Networks(Protocol):
    """A runtime's networks, one per environment, by the environment's id."""

    async def address(self, network: str, app: str) -> str:
        """The address on which the ingress is to listen for an app inside this network, the same as long as the app is
        there; "" when containers of this runtime cannot reach one."""

    def socket(self) -> socket.socket:
        """A TCP socket that can listen on such addresses. Raises OSError."""

    def publish(self, network: str, app: str, address: str, names: Sequence[str]) -> None:
        """Make these names known to every container of the network, those that run already too, in place of what was
        known of this app."""

    def release(self, network: str, app: str) -> None:
        """The app is gone: its names and its address are free."""


class Attachment(Protocol):
    """A container's place in a network of its own."""

    words: tuple[str, ...]  # in front of a command that is to run in it
    entering: tuple[str, ...]  # nsenter's options for it, where there are no words
    files: dict[str, Path]  # what is to be mounted in its /etc, by name

    def inside(self) -> AbstractContextManager[None]:
        """Processes started meanwhile are in the container's network, where there are no words."""

    async def dial(self, port: int, factory: Callable[[], Any]) -> asyncio.Transport:
        """Connect to a port of the container, with the caller's asyncio protocol. Raises OSError."""

    def carried(self) -> dict[str, int]:
        """rx_bytes and tx_bytes."""

    def leave(self) -> None:
        """The container has ended."""


class Joining(Networks, Protocol):
    """Networks that containers made by the emulator itself can join."""

    async def join(self, network: str, hostname: str, scratch: Path) -> Attachment | None:
        """A place for one more container of the replica with this host name; None: it shares the host's network.
        Raises OSError."""

    async def close(self) -> None:
        """Remove every network; the containers have ended."""


class NoNetworks:
    """Containers share the host's network: two cannot listen on one port, and they reach no app by its name. Why there
    is nothing better is told to `notice` when the first container asks for a network."""

    def __init__(self, reason: str = "", notice: Callable[[str], None] = lambda _text: None) -> None:
        self._reason, self._notice = reason, notice

    async def join(self, network: str, hostname: str, scratch: Path) -> Attachment | None:  # noqa: ARG002
        """There is no place but the host's network."""
        if self._reason and network:
            self._notice(SHARED.format(self._reason))
            self._reason = ""
        return None

    async def close(self) -> None:
        """There is nothing to remove."""

    async def address(self, network: str, app: str) -> str:  # noqa: ARG002
        """There is none."""
        return ""

    def socket(self) -> socket.socket:
        """One of this machine."""
        return socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)

    def publish(self, network: str, app: str, address: str, names: Sequence[str]) -> None:
        """Nobody would know the names."""

    def release(self, network: str, app: str) -> None:
        """There is nothing to free."""


async def dial(
    address: str, port: int, factory: Callable[[], Any], made: socket.socket | None = None
) -> asyncio.Transport:
    """Connect to a TCP port, with the caller's asyncio protocol on the connection; over the socket `made`, if given.
    Raises OSError."""
    loop = asyncio.get_running_loop()
    made = made or socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setblocking(False)
    try:
        await loop.sock_connect(made, (address, port))
    except BaseException:
        made.close()
        raise
    transport, _ = await loop.create_connection(factory, sock=made)
    return transport


async def streams(
    dialling: Callable[[Callable[[], Any]], Any],
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A reader and a writer over what `dialling` connects. Raises what it raises."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(loop=loop)
    protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
    transport = await dialling(lambda: protocol)
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)
