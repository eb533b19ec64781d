"""Networks made by the emulator itself, as root: a bridge for each environment, a namespace for each replica."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import os
import secrets
import socket
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from azdock.emulator.runtimes import network_links, network_outbound
from azdock.emulator.runtimes.network import Attachment, dial
from azdock.emulator.runtimes.network_names import HostsFile, resolv_conf
from azdock.emulator.runtimes.network_segment import CLAIMS, SUBNET, Segment, Space, choose_subnet, digits, free_subnet

PREFIX = "azd"  # of every interface made here; the owner's five hexadecimal digits follow
VANISH_LOOKS, VANISH_PACE = 50, 0.02
NO_WAY_OUT = "containers reach one another but no other network: {}"


class Claim:
    """The right to the interfaces and rules of one home: a lock that ends with its process. Raises OSError."""

    def __init__(self, owner: str) -> None:
        self.owner = owner
        CLAIMS.mkdir(mode=0o755, parents=True, exist_ok=True)
        self._lock = _held(CLAIMS / self.owner)
        if self._lock is None:
            raise OSError(errno.EBUSY, "another emulator of this home has its networks")

    def clean(self, links: network_links.Links) -> None:
        """Remove what this home's emulator, or any that has died, left behind."""
        for owner in {name[len(PREFIX) : len(PREFIX) + 5] for name in network_links.named(PREFIX)}:
            if owner != self.owner:
                lock = _held(CLAIMS / owner)
                if lock is None:
                    continue
                os.close(lock)
            self._remove(links, owner)

    @staticmethod
    def _remove(links: network_links.Links, owner: str) -> None:
        for name in network_links.named(PREFIX + owner):
            links.remove(name)
        network_outbound.close_ways(owner)

    def release(self) -> None:
        """Others may have it."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _held(path: Path) -> int | None:
    """A lock on a file; None when a living process has it."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


@dataclass(slots=True)
class Joined:
    """A container's place in the namespace of its replica."""

    space: Space
    hosts: HostsFile
    resolv: Path
    left: Callable[[], None]
    files: dict[str, Path] = field(init=False)
    words: tuple[str, ...] = field(init=False)
    entering: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.files = {"hosts": self.hosts.path, "resolv.conf": self.resolv}
        self.words = self.space.segment.ground.entering(self.space.descriptor)
        self.entering = () if self.words else ("-n",)

    def inside(self) -> AbstractContextManager[None]:
        """Processes started meanwhile are in the namespace."""
        return self.space.segment.ground.inside(self.space.descriptor)

    async def dial(self, port: int, factory: Callable[[], Any]) -> asyncio.Transport:
        """Connect to a port, with the caller's asyncio protocol. Raises OSError."""
        return await dial(self.space.address, port, factory, self.space.segment.ground.tcp())

    def carried(self) -> dict[str, int]:
        """rx_bytes and tx_bytes of the replica."""
        return self.space.carried()

    def leave(self) -> None:
        """The container has ended."""
        self.space.segment.drop_file(self.hosts)
        self.left()


class BridgedNetworks:
    """The networks of one home's emulator. `notice` is told once when there is no way out. Raises OSError where this
    machine does not allow networks."""

    def __init__(self, home: Path, notice: Callable[[str], None], ground: network_links.Ground | None = None) -> None:
        self._notice = notice
        self.owner = digits(str(home.resolve()))
        self._claim = None if ground else Claim(self.owner)
        try:
            self._ground = ground or network_links.Here()
            if self._claim is not None:
                self._claim.clean(self._ground.links)
            self._probe()
        except BaseException:
            if self._claim is not None:
                self._claim.release()
            raise
        self._segments: dict[str, Segment] = {}
        self._spaces: dict[tuple[str, str], Space] = {}
        self._number = secrets.randbelow(1 << 16)
        self._outbound: dict[str, asyncio.Task[None]] = {}

    def _probe(self) -> None:
        """Make and remove a bridge and a namespace. Raises OSError."""
        bridge = f"{PREFIX}{self.owner}probe"
        self._ground.links.bridge(bridge)
        self._ground.links.remove(bridge)
        namespace, links = self._ground.space()
        links.close()
        os.close(namespace)

    def segment(self, name: str) -> Segment:
        """The network of an environment, made on first use. Raises OSError."""
        key = name.lower()  # ids of Azure's resources are the same in any case
        found = self._segments.get(key)
        if found is None:
            found = self._segments[key] = self._made(f"{PREFIX}{self.owner}{digits(key)}")
        return found

    def _made(self, bridge: str) -> Segment:
        private = contextlib.nullcontext(choose_subnet()) if self._claim is None else free_subnet()
        with private as subnet:
            self._ground.links.bridge(bridge)
            self._ground.links.add_address(bridge, str(subnet[1]), SUBNET)
        return Segment(self._ground, bridge, subnet)

    async def join(self, network: str, hostname: str, scratch: Path) -> Attachment:
        """A place in the namespace of a replica, which its containers share. Raises OSError."""
        network = network.lower()
        segment = self.segment(network)
        if network not in self._outbound:
            self._outbound[network] = asyncio.create_task(self._open(segment))
        await asyncio.shield(self._outbound[network])
        space = self._spaces.get((network, hostname))
        if space is None:
            self._number = (self._number + 1) & 0xFFFFF
            space = Space(segment, f"{PREFIX}{self.owner}v{self._number:x}")
            self._spaces[network, hostname] = space
        space.users += 1
        resolv = scratch / "resolv.conf"
        resolv.write_text(resolv_conf(), encoding="utf-8")
        hosts = HostsFile(scratch / "hosts", hostname, space.address)
        segment.add_file(hosts)
        return Joined(space, hosts, resolv, lambda: self._leave(network, hostname))

    async def _open(self, segment: Segment) -> None:
        try:
            way = (self.owner, segment.bridge, str(segment.subnet), self._ground.words)
            await asyncio.to_thread(network_outbound.open_way, *way)
        except network_outbound.NoWayOut as error:
            self._notice(NO_WAY_OUT.format(error))

    def _leave(self, network: str, hostname: str) -> None:
        """One container of a replica has ended; with the last its namespace goes."""
        space = self._spaces.get((network, hostname))
        if space is None:
            return  # everything is closed already
        space.users -= 1
        if space.users == 0:
            del self._spaces[network, hostname]
            space.close()

    async def address(self, network: str, app: str) -> str:
        """An address on the bridge for an app."""
        return self.segment(network).app_address(app)

    def publish(self, network: str, app: str, address: str, names: Sequence[str]) -> None:
        """Write an app's names into every container's hosts file."""
        self.segment(network).publish(app, address, names)

    def release(self, network: str, app: str) -> None:
        """Forget an app."""
        if (segment := self._segments.get(network.lower())) is not None:
            segment.release(app)

    def socket(self) -> socket.socket:
        """A TCP socket beside the bridges."""
        return self._ground.tcp()

    async def _vanished(self) -> None:
        """Wait until the kernel has removed the namespaces that nobody holds; help where it takes long."""
        for _ in range(VANISH_LOOKS):
            left = network_links.named(PREFIX + self.owner)
            if not left:
                return
            await asyncio.sleep(VANISH_PACE)
        for name in left:
            self._ground.links.remove(name)

    async def close(self) -> None:
        """Remove every network."""
        await asyncio.gather(*self._outbound.values(), return_exceptions=True)
        segments = list(self._segments.values())
        for space in self._spaces.values():
            space.close()
        self._segments, self._spaces = {}, {}
        for segment in segments:
            self._ground.links.remove(segment.bridge)
        if self._claim is not None:
            await self._vanished()
            if self._outbound:
                with contextlib.suppress(network_outbound.NoWayOut):  # said when they were made
                    await asyncio.to_thread(network_outbound.close_ways, self.owner)
            self._claim.release()
        self._ground.close()
