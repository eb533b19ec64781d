"""What docker inspect says of a container's ports, networks and health."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from azdock.docker import health, ports
from azdock.docker.ports import Endpoint, Port
from azdock.docker.record import ContainerRecord
from azdock.docker.spec import BRIDGE

NANOSECONDS = 10**9


def public(record: ContainerRecord) -> tuple[Endpoint, ...]:
    """The addresses of published ports that the outside reaches, in the order of the ports; () while there are none.

    The one of a function app is published without being asked for."""
    if not record.seen.endpoints:
        return ()
    published = {one.key for one in ports.published(record.spec, record.image)}
    anyway = record.seen.serving
    found = [one for one in record.seen.endpoints if one.external and (anyway or one.key in published)]
    return tuple(sorted(found, key=lambda one: (one.container_port, one.protocol)))


def place(endpoint: Endpoint) -> tuple[str, str]:
    """Host and port of an endpoint: ("web.x.io", "443")."""
    parts = urlsplit(endpoint.address if "://" in endpoint.address else f"tcp://{endpoint.address}")
    default = {"https": 443, "http": 80}.get(parts.scheme, endpoint.container_port)
    return parts.hostname or "", str(parts.port or default)


def exposed_ports(record: ContainerRecord) -> dict[str, Any]:
    """`Config.ExposedPorts`, which docker leaves out when there are none."""
    found = ports.exposed(record.spec, record.image)
    return {"ExposedPorts": {one.key: {} for one in found}} if found else {}


def port_bindings(record: ContainerRecord) -> dict[str, Any]:
    """`HostConfig.PortBindings`: what -p asked for, whatever Azure made of it."""
    found: dict[str, Any] = {}
    for one in record.spec.ports:
        found.setdefault(one.key, []).append(_binding(one))
    return found


def network_settings(record: ContainerRecord) -> dict[str, Any]:
    """`NetworkSettings.Ports` and `.Networks`; Azure gives a container no address of its own."""
    return {"Ports": _ports(record), "Networks": {record.spec.network or BRIDGE: _endpoint()}}


def health_state(record: ContainerRecord) -> dict[str, Any]:
    """`State.Health`, which docker leaves out without a check."""
    if not record.seen.health:
        return {}
    streak = 1 if record.seen.health == "unhealthy" else 0
    return {"Health": {"Status": record.seen.health, "FailingStreak": streak, "Log": []}}


def healthcheck(record: ContainerRecord) -> dict[str, Any]:
    """`Config.Healthcheck`, which docker leaves out without one; its times are nanoseconds."""
    asked = record.spec.health
    if asked is not None and asked.disabled:
        return {"Healthcheck": {"Test": ["NONE"]}}
    check = health.effective(asked, record.image.health, record.image.health_settings)
    if check is None:
        return {}
    times = {
        "Interval": round(check.interval * NANOSECONDS),
        "Timeout": round(check.timeout * NANOSECONDS),
        "StartPeriod": round((asked.start_period if asked else 0) * NANOSECONDS),
        "StartInterval": round((asked.start_interval if asked else 0) * NANOSECONDS),
        "Retries": check.retries,
    }
    return {"Healthcheck": {"Test": list(check.command), **{name: value for name, value in times.items() if value}}}


def _binding(port: Port) -> dict[str, str]:
    return {"HostIp": port.host_ip, "HostPort": str(port.host_port or "")}


def _ports(record: ContainerRecord) -> dict[str, Any]:
    if not (record.seen.reachable or record.seen.state in ("paused", "restarting")):
        return {}
    found: dict[str, Any] = dict.fromkeys(_keys(ports.exposed(record.spec, record.image)))
    for one in public(record):
        host, port = place(one)
        found[one.key] = [*(found.get(one.key) or ()), {"HostIp": host, "HostPort": port}]
    return found


def _keys(every: Iterable[Port]) -> list[str]:
    return [one.key for one in every]


def _endpoint() -> dict[str, Any]:
    return {
        "IPAMConfig": None,
        "Links": None,
        "Aliases": None,
        "NetworkID": "",
        "EndpointID": "",
        "Gateway": "",
        "IPAddress": "",
        "IPPrefixLen": 0,
        "IPv6Gateway": "",
        "GlobalIPv6Address": "",
        "GlobalIPv6PrefixLen": 0,
        "MacAddress": "",
        "DriverOpts": None,
    }
