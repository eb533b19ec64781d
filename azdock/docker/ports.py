"""Published ports: the -p syntax."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address

from azdock.docker.values import BadValue


@dataclass(frozen=True, slots=True)
class Port:
    """One port of a container; `host_port` 0 lets docker choose, `host_ip` "" is every address."""

    container_port: int
    protocol: str = "tcp"
    host_port: int = 0
    host_ip: str = ""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a published port is reached: `address` is "https://name", or "name:port" for a TCP port."""

    container_port: int
    protocol: str
    address: str
    external: bool = True  # False: only from inside the environment


def parse(text: str) -> list[Port]:
    """[IP:][HOST[-HOST]:]PORT[-PORT][/PROTO] -> one Port per container port. Raises BadValue."""
    ip, host, container = _split(text)
    container, _, protocol = container.partition("/")
    protocol = protocol.partition("/")[0] or "tcp"
    if not container:
        raise BadValue(f"no port specified: {text}<empty>")
    address = ip[1:-1] if ip.startswith("[") and ip.endswith("]") else ip
    if address and not _is_address(address):
        raise BadValue(f"invalid IP address: {address}")
    first, last = _range(container, f"invalid containerPort: {container}")
    low, high = _range(host, f"invalid hostPort: {host}") if host else (0, 0)
    if host and last - first != high - low and first != last:
        raise BadValue(f"invalid ranges specified for container and host Ports: {container} and {host}")
    if protocol.lower() not in ("tcp", "udp", "sctp"):
        raise BadValue(f"invalid proto: {protocol}")
    return [Port(port, protocol.lower(), low + port - first if host else 0, address) for port in range(first, last + 1)]


def _split(text: str) -> tuple[str, str, str]:
    parts = text.split(":")
    if len(parts) <= 2:
        return "", *(parts if len(parts) == 2 else ["", parts[0]])  # type: ignore[return-value]
    return ":".join(parts[:-2]), parts[-2], parts[-1]


def _is_address(text: str) -> bool:
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
