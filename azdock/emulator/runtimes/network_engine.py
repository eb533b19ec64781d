"""The engine runtime's networks: one docker network for each environment, with room on its bridge for the apps."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from docker import errors
from docker.types import IPAMConfig, IPAMPool, Mount

from azdock.emulator.runtimes import network_links
from azdock.emulator.runtimes.network_names import HostsFile
from azdock.emulator.runtimes.network_segment import Segment, digits, free_subnet

PREFIX = "aze"  # of the bridges, whose names have 15 characters at most
NO_NAMES = "containers of the engine reach no app by its name: {}"
ELSEWHERE = "the engine does not run on this machine"
NO_ROOT = "only root may add addresses to the engine's network"


@dataclass(slots=True)
class Seat:
    """A container's place in its environment's network: how it is created there, and how it is reached."""

    address: str = ""  # "" until the engine tells
    create: dict[str, Any] = field(default_factory=dict)  # more arguments of create_container
    host: dict[str, Any] = field(default_factory=dict)  # and of create_host_config
    mounts: list[Mount] = field(default_factory=list)
    leave: Callable[[], None] = lambda: None


class EngineNetworks:
    """Networks of one emulator in an engine; they carry its label. `notice` is told once why names do not work."""

    def __init__(self, api: Any, labels: dict[str, str], url: str, notice: Callable[[str], None]) -> None:
        self._api, self._labels, self._notice = api, labels, notice
        self._owner = digits("".join(labels.values()))
        self._reason = ELSEWHERE if not url.startswith("unix:") else NO_ROOT if os.geteuid() != 0 else ""
        self._ground: network_links.Here | None = None
        self._names: dict[str, str] = {}  # docker's name of an environment's network
        self._segments: dict[str, Segment] = {}
        self._first: dict[tuple[str, str], tuple[str, Seat]] = {}  # a replica's first container
        self._making = asyncio.Lock()

    async def _network(self, network: str) -> str:
        """Docker's name of a network, made on first use. Raises docker's APIError or OSError."""
        key = network.lower()
        async with self._making:
            if key not in self._names:
                self._names[key] = await asyncio.to_thread(self._make, key)
        return self._names[key]

    def _make(self, key: str) -> str:
        bridge = f"{PREFIX}{self._owner}{digits(key)}"
        name = f"azdock-{self._owner}-{digits(key)}"
        facts = {"driver": "bridge", "labels": {**self._labels, "azdock-environment": key}}
        if self._reason:
            self._api.create_network(name, **facts)
            return name
        ground = self._ground = self._ground or network_links.Here()
        with free_subnet() as subnet:
            # the lower half is for containers, the upper one for apps
            pool = IPAMPool(str(subnet), iprange=str(next(subnet.subnets())), gateway=str(subnet[1]))
            options = {"com.docker.network.bridge.name": bridge}
            self._api.create_network(name, ipam=IPAMConfig(pool_configs=[pool]), options=options, **facts)
        self._segments[key] = Segment(ground, bridge, subnet)
        return name

    async def join(self, network: str, hostname: str, scratch: Path) -> Seat:
        """A place for one more container of the replica with this host name. Raises docker's APIError or OSError."""
        if not network:
            return Seat()
        name = await self._network(network)
        if (first := self._first.get((network, hostname))) is not None:
            shared = {"network_mode": f"container:{first[0]}"}
            return Seat(first[1].address, {}, shared, first[1].mounts)
        segment = self._segments.get(network.lower())
        if segment is None:
            return Seat(create={"hostname": hostname}, host={"network_mode": name})
        address = segment.address()
        endpoint = self._api.create_endpoint_config(ipv4_address=address)
        hosts = HostsFile(scratch / "hosts", hostname, address)
        segment.add_file(hosts)

        def leave() -> None:
            segment.drop_file(hosts)
            segment.free(address)
            self._first.pop((network, hostname), None)

        create = {"hostname": hostname, "networking_config": self._api.create_networking_config({name: endpoint})}
        mounts = [Mount("/etc/hosts", str(hosts.path), "bind")]
        return Seat(address, create, {"network_mode": name}, mounts, leave)

    def seated(self, network: str, hostname: str, container: str, seat: Seat) -> None:
        """A container was created in its place: others of its replica share the network with it."""
        if network and seat.address:
            self._first.setdefault((network, hostname), (container, seat))

    async def address(self, network: str, app: str) -> str:
        """An address on the network's bridge for an app; "" where none can be given."""
        if self._reason:
            self._tell(self._reason)
            return ""
        try:
            await self._network(network)
        except errors.APIError as error:
            raise OSError(errno.EIO, str(error.explanation or error)) from error
        return self._segments[network.lower()].app_address(app)

    def _tell(self, reason: str) -> None:
        self._notice(NO_NAMES.format(reason))
        self._notice = lambda _text: None

    def socket(self) -> socket.socket:
        """One of this machine."""
        return network_links.tcp_socket()

    def publish(self, network: str, app: str, address: str, names: Sequence[str]) -> None:
        """Write an app's names into every container's hosts file."""
        if (segment := self._segments.get(network.lower())) is not None:
            segment.publish(app, address, names)

    def release(self, network: str, app: str) -> None:
        """Forget an app."""
        if (segment := self._segments.get(network.lower())) is not None:
            segment.release(app)

    async def clean(self) -> None:
        """Remove every network with this emulator's label; their containers have gone."""
        mine = [f"{name}={value}" for name, value in self._labels.items()]
        for row in await asyncio.to_thread(self._api.networks, filters={"label": mine}):
            with contextlib.suppress(errors.NotFound):
                await asyncio.to_thread(self._api.remove_network, row["Id"])
        self._names, self._segments, self._first = {}, {}, {}

    def close(self) -> None:
        """Leave the machine's links alone from now on."""
        if self._ground is not None:
            self._ground.close()
