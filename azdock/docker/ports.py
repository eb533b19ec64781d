"""Ports: the -p and --expose syntax, and which ports of a container are published."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from azdock.docker.values import BadValue

if TYPE_CHECKING:
    from azdock.docker.spec import ContainerSpec, ImageFacts

Transport = Literal["", "tcp", "http", "http2"]
_PROTOCOLS = ("tcp", "udp", "sctp")
_WEB = ("http", "http2")


@dataclass(frozen=True, slots=True)
class Port:
    """One port of a container; `host_port` 0 lets docker choose, `host_ip` "" is every address.

    `transport` is what the suffix says beyond docker's protocol: "tcp" for /tcp, "http" for /http, "http2" for /http2,
    "" without a suffix.
    """

    container_port: int
    protocol: str = "tcp"
    host_port: int = 0
    host_ip: str = ""
    transport: Transport = ""

    @property
    def key(self) -> str:
        """Docker's name of the port: "80/tcp"."""
        return f"{self.container_port}/{self.protocol}"

    @property
    def local(self) -> bool:
        """True for a port published on a loopback address only (-p 127.0.0.1:...)."""
        if not self.host_ip:
            return False
        from ipaddress import ip_address  # listing containers needs no addresses

        return ip_address(self.host_ip.partition("%")[0]).is_loopback


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a published port is reached: `address` is "https://name", or "name:port" for a TCP port."""

    container_port: int
    protocol: str
    address: str
    external: bool = True  # False: only from inside the environment

    @property
    def key(self) -> str:
        """Docker's name of the port: "80/tcp"."""
        return f"{self.container_port}/{self.protocol}"


def parse(text: str) -> list[Port]:
    """[IP:][HOST[-HOST]:]PORT[-PORT][/PROTO] -> one Port per container port. Raises BadValue.

    PROTO is docker's tcp, udp or sctp, or azdock's own http or http2.
    """
    ip, host, container = _split(text)
    container, _, suffix = container.partition("/")
    suffix = suffix.partition("/")[0]
    if not container:
        raise BadValue(f"no port specified: {text}<empty>")
    address = ip[1:-1] if ip.startswith("[") and ip.endswith("]") else ip
    if address and not _is_address(address):
        raise BadValue(f"invalid IP address: {address}")
    first, last = _range(container, f"invalid containerPort: {container}")
    low, high = _range(host, f"invalid hostPort: {host}") if host else (0, 0)
    if host and last - first != high - low and first != last:
        raise BadValue(f"invalid ranges specified for container and host Ports: {container} and {host}")
    if (suffix or "tcp").lower() not in (*_PROTOCOLS, *_WEB):
        raise BadValue(f"invalid proto: {suffix}")
    return [
        Port(port, _protocol(suffix), low + port - first if host else 0, address, _transport(suffix))
        for port in range(first, last + 1)
    ]


def parse_expose(text: str) -> list[Port]:
    """PORT[-PORT][/PROTO] -> one Port per port. Raises BadValue in docker's words."""
    numbers, _, suffix = text.partition("/")
    bounds = numbers.split("-", 1)
    for bound in bounds:
        if not bound.isdecimal() or not bound.isascii():
            why = "invalid syntax"
        elif int(bound) > 65535:
            why = "value out of range"
        else:
            continue
        raise BadValue(f'invalid range format for --expose: {text}, error: strconv.ParseUint: parsing "{bound}": {why}')
    first, last = int(bounds[0]), int(bounds[-1])
    if last < first:
        raise BadValue(f"invalid range format for --expose: {text}, error: invalid range specified for port: {numbers}")
    if (suffix or "tcp").lower() not in (*_PROTOCOLS, *_WEB):
        raise BadValue(f"invalid proto: {suffix}")
    return [Port(port, _protocol(suffix), transport=_transport(suffix)) for port in range(first, last + 1)]


def published(spec: ContainerSpec, image: ImageFacts) -> tuple[Port, ...]:
    """The ports of -p, and with -P those that --expose and the image's EXPOSE name; each once, the first one wins."""
    every = [*spec.ports, *((*spec.expose, *_of_image(image)) if spec.publish_all else ())]
    return _once(every)


def exposed(spec: ContainerSpec, image: ImageFacts) -> tuple[Port, ...]:
    """Every port the container is said to listen on, in ascending order: published, --expose, the image's EXPOSE."""
    return tuple(sorted(_once([*spec.ports, *spec.expose, *_of_image(image)]), key=_order))


def _of_image(image: ImageFacts) -> Iterable[Port]:
    # EXPOSE always names a protocol, so that "80/tcp" there is no wish for TCP
    for text in image.exposed:
        number, _, protocol = text.partition("/")
        if number.isdecimal() and (protocol or "tcp") in _PROTOCOLS:
            yield Port(int(number), protocol or "tcp")


def _once(every: Sequence[Port]) -> tuple[Port, ...]:
    found: dict[str, Port] = {}
    for one in every:
        found.setdefault(one.key, one)
    return tuple(found.values())


def _order(port: Port) -> tuple[int, str]:
    return port.container_port, port.protocol


def _protocol(suffix: str) -> str:
    word = suffix.lower()
    return word if word in _PROTOCOLS else "tcp"


def _transport(suffix: str) -> Transport:
    words: dict[str, Transport] = {"tcp": "tcp", "http": "http", "http2": "http2"}
    return words.get(suffix.lower(), "")


def _split(text: str) -> tuple[str, str, str]:
    parts = text.split(":")
    if len(parts) <= 2:
        return "", *(parts if len(parts) == 2 else ["", parts[0]])  # type: ignore[return-value]
    return ":".join(parts[:-2]), parts[-2], parts[-1]


def _is_address(text: str) -> bool:
    from ipaddress import ip_address

    try:
        ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True


def _range(text: str, message: str) -> tuple[int, int]:
    match = re.fullmatch(r"([0-9]+)(?:-([0-9]+))?", text)
    if match is None:
        raise BadValue(message)
    first, last = int(match[1]), int(match[2] or match[1])
    if last < first or last > 65535:
        raise BadValue(message)
    return first, last
