"""Linux network namespaces, bridges, veth pairs and addresses, through netlink; needs CAP_NET_ADMIN and CAP_SYS_ADMIN.

Source: rtnetlink(7), netlink(7), network_namespaces(7); constants of linux/if_link.h and linux/rtnetlink.h
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import ipaddress
import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

CLONE_NEWNET = 0x40000000
NEWLINK, DELLINK, NEWADDR, DELADDR, NEWROUTE = 16, 17, 20, 21, 24
REQUEST, ACK, EXCL, CREATE = 0x1, 0x4, 0x200, 0x400
ERROR = 2  # NLMSG_ERROR, which an acknowledgement is too: with code 0
IFLA_IFNAME, IFLA_MASTER, IFLA_LINKINFO, IFLA_NET_NS_FD = 3, 10, 18, 28
INFO_KIND, INFO_DATA, VETH_INFO_PEER = 1, 2, 1
IFA_ADDRESS, IFA_LOCAL = 1, 2
RTA_OIF, RTA_GATEWAY = 4, 5
UP = 0x1
MAIN_TABLE, STATIC, UNIVERSE, UNICAST = 254, 4, 0, 1
GET_INDEX = 0x8933  # SIOCGIFINDEX: netdevice(7)
# ip-sysctl: docker sets these in its containers too
SETTINGS = {"ip_unprivileged_port_start": "0", "ping_group_range": "0 2147483647"}
INTERFACES = Path("/sys/class/net")

_libc = ctypes.CDLL(None, use_errno=True)


class Links:
    """A netlink connection to the network namespace in which its sockets were made: this thread's, if none are given.
    Its methods raise OSError."""

    def __init__(self, netlink: socket.socket | None = None, inet: socket.socket | None = None) -> None:
        self._socket = netlink or netlink_socket()
        self._inet = inet or tcp_socket()
        self._number = 0

    def close(self) -> None:
        """End the connection."""
        self._socket.close()
        self._inet.close()

    def index(self, name: str) -> int:
        """The number of an interface."""
        asked = fcntl.ioctl(self._inet, GET_INDEX, struct.pack("16s16x", name.encode()))
        return int(struct.unpack_from("=i", asked, 16)[0])

    def _ask(self, kind: int, flags: int, body: bytes) -> None:
        self._number += 1
        self._socket.send(struct.pack("=IHHII", 16 + len(body), kind, REQUEST | ACK | flags, self._number, 0) + body)
        answer = self._socket.recv(65536)
        code = struct.unpack_from("=i", answer, 16)[0] if struct.unpack_from("=H", answer, 4)[0] == ERROR else 0
        if code:
            raise OSError(-code, os.strerror(-code))

    def bridge(self, name: str) -> None:
        """Make a bridge, and switch it on."""
        info = _attribute(IFLA_LINKINFO, _attribute(INFO_KIND, b"bridge"))
        self._ask(NEWLINK, CREATE | EXCL, _link(flags=UP) + _text(IFLA_IFNAME, name) + info)

    def pair(self, name: str, bridge: str, namespace: int, inner: str) -> None:
        """Make a veth pair: one end, `name`, on the bridge and switched on; the other, `inner`, in a namespace."""
        peer = _link() + _text(IFLA_IFNAME, inner) + _attribute(IFLA_NET_NS_FD, struct.pack("=I", namespace))
        info = _attribute(INFO_KIND, b"veth") + _attribute(INFO_DATA, _attribute(VETH_INFO_PEER, peer))
        master = _attribute(IFLA_MASTER, struct.pack("=I", self.index(bridge)))
        whole = _link(flags=UP) + _text(IFLA_IFNAME, name) + master + _attribute(IFLA_LINKINFO, info)
        self._ask(NEWLINK, CREATE | EXCL, whole)

    def up(self, name: str) -> None:
        """Switch an interface on."""
        self._ask(NEWLINK, 0, _link(index=self.index(name), flags=UP))

    def remove(self, name: str) -> None:
        """Remove an interface; one that is not there is no error."""
        with contextlib.suppress(OSError):
            index = self.index(name)
            self._ask(DELLINK, 0, _link(index=index))

    def add_address(self, name: str, address: str, prefix: int) -> None:
        """Give an interface an IPv4 address."""
        self._ask(NEWADDR, CREATE | EXCL, _address(self.index(name), address, prefix))

    def remove_address(self, name: str, address: str, prefix: int) -> None:
        """Take it away."""
        self._ask(DELADDR, 0, _address(self.index(name), address, prefix))

    def default_route(self, name: str, gateway: str) -> None:
        """Send what is meant for other networks through a gateway."""
        head = struct.pack("=BBBBBBBBI", socket.AF_INET, 0, 0, 0, MAIN_TABLE, STATIC, UNIVERSE, UNICAST, 0)
        where = _attribute(RTA_GATEWAY, socket.inet_aton(gateway))
        out = _attribute(RTA_OIF, struct.pack("=I", self.index(name)))
        self._ask(NEWROUTE, CREATE, head + where + out)


def _attribute(kind: int, data: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(data), kind) + data + b"\0" * (-len(data) % 4)


def _text(kind: int, text: str) -> bytes:
    return _attribute(kind, text.encode() + b"\0")


def _link(index: int = 0, flags: int = 0) -> bytes:
    return struct.pack("=BxHiII", socket.AF_UNSPEC, 0, index, flags, flags)


def _address(index: int, address: str, prefix: int) -> bytes:
    head = struct.pack("=BBBBI", socket.AF_INET, prefix, 0, 0, index)
    packed = socket.inet_aton(address)
    return head + _attribute(IFA_LOCAL, packed) + _attribute(IFA_ADDRESS, packed)


def _checked(result: int) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def netlink_socket() -> socket.socket:
    """A netlink socket in this thread's network namespace."""
    made = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
    made.bind((0, 0))
    return made


def tcp_socket() -> socket.socket:
    """A TCP socket in this thread's network namespace; it stays there, whoever uses it."""
    return socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)


def link_descriptors() -> tuple[int, int]:
    """The sockets of a Links, as descriptors."""
    return netlink_socket().detach(), tcp_socket().detach()


def set_value(name: str, value: str) -> None:
    """Set a value of this thread's network namespace; a kernel that has it not, or forbids it, keeps its own."""
    with contextlib.suppress(OSError):
        Path(f"/proc/sys/net/ipv4/{name}").write_text(value)


def new_namespace(furnish: Callable[[], None]) -> int:
    """A descriptor of a new network namespace, which lives as long as somebody holds it; `furnish` is called in it.
    Raises OSError."""
    found: list[int] = []
    failed: list[OSError] = []

    def make() -> None:  # a thread of its own leaves ours where it is
        try:
            _checked(_libc.unshare(CLONE_NEWNET))
            for name, value in SETTINGS.items():
                set_value(name, value)
            furnish()
            found.append(os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC))
        except OSError as error:
            failed.append(error)

    maker = threading.Thread(target=make, name="namespace")
    maker.start()
    maker.join()
    if failed:
        raise failed[0]
    return found[0]


@contextlib.contextmanager
def inside(namespace: int) -> Iterator[None]:
    """This thread, and the children it starts, in another network namespace. Raises OSError."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        _checked(_libc.setns(namespace, CLONE_NEWNET))
        try:
            yield
        finally:
            _checked(_libc.setns(home, CLONE_NEWNET))
    finally:
        os.close(home)


def named(prefix: str) -> list[str]:
    """The interfaces of this namespace whose names begin so."""
    return [one.name for one in INTERFACES.iterdir() if one.name.startswith(prefix)] if INTERFACES.is_dir() else []


def taken() -> list[ipaddress.IPv4Network]:
    """The IPv4 networks that this machine has routes to, the default route aside."""
    found = []
    for row in Path("/proc/net/route").read_text(encoding="ascii").splitlines()[1:]:
        fields = row.split()
        address, mask = (ipaddress.IPv4Address(struct.pack("<I", int(fields[at], 16))) for at in (1, 7))
        if int(mask):
            found.append(ipaddress.IPv4Network((address, str(mask)), strict=False))
    return found


def carried(figures: Path, name: str) -> tuple[int, int]:
    """Bytes that came in and went out through an interface, from a /proc/PID/net/dev; 0, 0 when it is gone."""
    try:
        rows = figures.read_text(encoding="ascii").splitlines()
    except OSError:
        return 0, 0
    fields = next((row.partition(":")[2].split() for row in rows if row.partition(":")[0].strip() == name), None)
    return (int(fields[0]), int(fields[8])) if fields else (0, 0)


class Ground(Protocol):
    """Where networks are made: this machine's own network, or a namespace that an agent holds. Raises OSError."""

    links: Links

    @property
    def figures(self) -> Path:
        """The /proc/PID/net/dev of the bridges."""

    @property
    def words(self) -> tuple[str, ...]:
        """Words in front of a command that is to run beside the bridges."""

    def space(self) -> tuple[int, Links]:
        """A new namespace and its links."""

    def tcp(self) -> socket.socket:
        """A TCP socket beside the bridges."""

    def entering(self, namespace: int) -> tuple[str, ...]:
        """Words in front of a command that is to run in a namespace."""

    def inside(self, namespace: int) -> AbstractContextManager[None]:
        """Processes started meanwhile are in a namespace, where no words are needed."""

    def close(self) -> None:
        """Nothing is made any more."""


class Here:
    """Root makes networks in the machine's own."""

    figures = Path("/proc/self/net/dev")
    words: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.links = Links()

    def space(self) -> tuple[int, Links]:
        """A new namespace and its links. Raises OSError."""
        made: list[int] = []
        namespace = new_namespace(lambda: made.extend(link_descriptors()))
        return namespace, Links(socket.socket(fileno=made[0]), socket.socket(fileno=made[1]))

    def tcp(self) -> socket.socket:
        """A TCP socket."""
        return tcp_socket()

    def entering(self, namespace: int) -> tuple[str, ...]:  # noqa: ARG002
        """No words: `inside` does it."""
        return ()

    def inside(self, namespace: int) -> AbstractContextManager[None]:
        """This thread, and what it starts, in a namespace."""
        return inside(namespace)

    def close(self) -> None:
        """End the connection."""
        self.links.close()
