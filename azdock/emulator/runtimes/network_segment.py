"""One environment's network as root makes it: a bridge with a subnet, and the namespaces that hang on it."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import ipaddress
import itertools
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from azdock.emulator.runtimes import network_links
from azdock.emulator.runtimes.network_names import HostsFile

CLAIMS = Path("/run/azdock")
INNER = "eth0"
SUBNET = 20  # bits; the lower half is for containers, the upper one for apps
# ranges that few people use; one that this machine has a route into is passed over
RANGES = [ipaddress.IPv4Network(f"10.{second}.0.0/16") for second in (*range(201, 251), *range(60, 90))]


def digits(text: str) -> str:
    """Five hexadecimal digits that stand for a home or an environment: an interface's name has 15 characters."""
    return hashlib.sha256(text.encode()).hexdigest()[:5]


def choose_subnet() -> ipaddress.IPv4Network:
    """A subnet without a route into it. Raises OSError when there is none."""
    busy = network_links.taken()
    choices = (one for wide in RANGES for one in wide.subnets(new_prefix=SUBNET))
    subnet = next((one for one in choices if not any(one.overlaps(other) for other in busy)), None)
    if subnet is None:
        raise OSError(errno.EADDRNOTAVAIL, "every private network is taken")
    return subnet


@contextlib.contextmanager
def free_subnet() -> Iterator[ipaddress.IPv4Network]:
    """A subnet without a route into it, which no other emulator takes before this block ends. Raises OSError."""
    CLAIMS.mkdir(mode=0o755, parents=True, exist_ok=True)
    with open(CLAIMS / "subnets.lock", "a", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield choose_subnet()


class Segment:
    """One environment's network: a bridge with a subnet of its own."""

    def __init__(self, ground: network_links.Ground, bridge: str, subnet: ipaddress.IPv4Network) -> None:
        self.ground, self.bridge, self.subnet = ground, bridge, subnet
        half = subnet.num_addresses // 2
        self.gateway = str(subnet[1])
        self._free = itertools.cycle(range(2, half))
        self._free_for_apps = itertools.cycle(range(half, subnet.num_addresses - 1))
        self._used: set[str] = set()
        self._apps: dict[str, str] = {}
        self._names: dict[str, tuple[str, Sequence[str]]] = {}
        self._files: set[HostsFile] = set()

    def address(self) -> str:
        """A free address for a container. Raises OSError when there is none."""
        return self._next(self._free, self.subnet.num_addresses)

    def _next(self, numbers: Iterator[int], most: int) -> str:
        for number in itertools.islice(numbers, most):
            address = str(self.subnet[number])
            if address not in self._used:
                self._used.add(address)
                return address
        raise OSError(errno.EADDRNOTAVAIL, f"no address is free in {self.subnet}")

    def free(self, address: str) -> None:
        """A container's address is no longer needed."""
        self._used.discard(address)

    def app_address(self, app: str) -> str:
        """The app's own address, which belongs to the bridge. Raises OSError."""
        if app not in self._apps:
            address = self._next(self._free_for_apps, self.subnet.num_addresses)
            self.ground.links.add_address(self.bridge, address, 32)
            self._apps[app] = address
        return self._apps[app]

    def publish(self, app: str, address: str, names: Sequence[str]) -> None:
        """Write an app's names into every container's hosts file."""
        if names:
            self._names[app] = (address, tuple(names))
        else:
            self._names.pop(app, None)
        for file in self._files:
            file.write(self._names)

    def release(self, app: str) -> None:
        """Forget an app."""
        self.publish(app, "", ())
        if (address := self._apps.pop(app, "")) != "":
            self._used.discard(address)
            with contextlib.suppress(OSError):
                self.ground.links.remove_address(self.bridge, address, 32)

    def add_file(self, file: HostsFile) -> None:
        """Keep a container's hosts file up to date."""
        file.write(self._names)
        self._files.add(file)

    def drop_file(self, file: HostsFile) -> None:
        """Its container has ended."""
        self._files.discard(file)


class Space:
    """A namespace on a segment, for the containers of one replica."""

    def __init__(self, segment: Segment, interface: str) -> None:
        self.segment, self._interface = segment, interface
        self.address = segment.address()
        self.users = 0
        self.descriptor, links = segment.ground.space()
        try:
            segment.ground.links.pair(interface, segment.bridge, self.descriptor, INNER)
            links.up("lo")
            links.add_address(INNER, self.address, SUBNET)
            links.up(INNER)
            links.default_route(INNER, segment.gateway)
        except OSError:
            self.close()
            raise
        finally:
            links.close()

    def carried(self) -> dict[str, int]:
        """rx_bytes and tx_bytes as the containers see them: the other end of the pair has them the other way round."""
        sent, received = network_links.carried(self.segment.ground.figures, self._interface)
        return {"rx_bytes": received, "tx_bytes": sent}

    def close(self) -> None:
        """Let go of it: the kernel removes it in its own time, where removing the pair takes 30 ms of ours."""
        os.close(self.descriptor)
        self.segment.free(self.address)
