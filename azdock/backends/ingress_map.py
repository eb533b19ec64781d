"""Pure translation: published ports to a Container App's ingress, and an app's ingress to addresses.

Azure's ingress has one main port, which speaks HTTP or TCP, and up to five further ones, which speak TCP. Only the main
HTTP port can be reached from outside without a virtual network of one's own. Docker's -p says "tcp" even where it means
HTTP; so a port is HTTP unless it is written /tcp, or is one of a few well-known ports that never are.
SOURCE: learn.microsoft.com/azure/container-apps/ingress-overview; azure-rest-api-specs, Microsoft.App/ContainerApps
stable/2026-07-01 (Ingress).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from azdock.backends.base import Gap
from azdock.docker import ports
from azdock.docker.ports import Endpoint, Port
from azdock.docker.spec import ContainerSpec, ImageFacts

Json = dict[str, Any]
NOTHING = ImageFacts()
FURTHER = 5  # ports beside the main one
RESERVED = 36985  # Azure's own health checks
HTTP_PORTS = (80, 443)
# SOURCE: iana.org/assignments/service-names-port-numbers: what listens here does not speak HTTP
NOT_HTTP = frozenset(
    (
        *(21, 22, 23, 25, 53, 110, 143, 389, 465, 587, 636, 993, 995),  # files, shells, mail, names, directories
        *(1433, 1521, 3306, 5432, 6379, 6380, 6432, 27017, 27018, 27019, 33060),  # databases
        *(1883, 2181, 4222, 5671, 5672, 8883, 9042, 9092, 11211, 26379),  # queues, caches, clusters
    )
)


@dataclass(frozen=True, slots=True)
class Wish:
    """A port to be reached: `external` from everywhere, else from inside the network. `flag` asked for it."""

    port: Port
    external: bool
    flag: str

    @property
    def web(self) -> bool:
        """Whether it speaks HTTP."""
        return is_web(self.port)

    @property
    def outside(self) -> int:
        """The port by which it is reached as TCP. Inside the network docker's host ports mean nothing."""
        return (self.port.host_port if self.external else 0) or self.port.container_port


def is_web(port: Port) -> bool:
    """Whether a port speaks HTTP: what its suffix says, else anything but the well-known ports that do not."""
    if port.transport:
        return port.transport != "tcp"
    return port.protocol == "tcp" and port.container_port not in NOT_HTTP


def ingress(spec: ContainerSpec, image: ImageFacts = NOTHING) -> Json | None:
    """`configuration.ingress` for the ports of a spec; None when nothing is to be reached.

    The image's EXPOSE counts only with -P: a port that nobody listens on would keep the container from getting ready.
    """
    wishes = _possible(spec, image)
    if not wishes:
        return None
    main = _main(wishes)
    made: Json = {
        "external": main.external,
        "targetPort": main.port.container_port,
        "transport": _transport(main),
        # Short names arrive over TLS anyway (microsoft/azure-container-apps issue 1308), full internal ones do not.
        "allowInsecure": main.web and not main.external,
        "traffic": [{"latestRevision": True, "weight": 100}],
    }
    if not main.web:
        made["exposedPort"] = main.outside
    further = [_mapping(one) for one in wishes if one is not main]
    return made | ({"additionalPortMappings": further} if further else {})


def gaps(spec: ContainerSpec, image: ImageFacts = NOTHING, *, custom_network: bool = False) -> list[Gap]:
    """The ports that Azure cannot give; `custom_network` says that the environment lies in a virtual network of one's
    own."""
    found = [gap for one in _wishes(spec, image) if (gap := _protocol_gap(one))]
    wishes = _possible(spec, image)
    if not wishes:
        return found
    main = _main(wishes)
    for one in wishes:
        if gap := _port_gap(one, main, custom_network):
            found.append(gap)
    if len(wishes) - 1 > FURTHER:
        reason = f"Azure's ingress has {FURTHER} ports beside the main one, {len(wishes) - 1} are asked for"
        found.append(Gap(wishes[-1].flag, "refuse", reason, "publish fewer ports"))
    return found


def notices(spec: ContainerSpec, image: ImageFacts = NOTHING) -> list[str]:
    """One sentence about ports that are reached otherwise than on docker; [] when nothing is surprising."""
    inside = [
        str(one.port.container_port) for one in _possible(spec, image) if one.flag == "publish-all" and not one.external
    ]
    if inside:
        return [
            f"--publish-all: port {', '.join(inside)} is reached from containers of its network only; "
            f"`azdock port-forward NAME {inside[0]}` brings it to this machine"
        ]
    for one in _possible(spec, image):
        host = one.port.host_port
        if not one.external and one.port.local:
            forward = f"{host}:{one.port.container_port}" if host else f"{one.port.container_port}"
            return [
                f"port {one.port.container_port} is reached from containers of its network only; "
                f"`azdock port-forward NAME {forward}` brings it to this machine"
            ]
        if one.web and host and host not in HTTP_PORTS and not _told_later(spec):
            return [
                f"port {host} of the host is not used: Azure serves port {one.port.container_port} as https on a name "
                "of its own, which `azdock port` prints"
            ]
    return []


def _told_later(spec: ContainerSpec) -> bool:
    """A run in the background tells the address itself, once there is one."""
    return spec.at_once and not spec.foreground


def endpoints(app: Mapping[str, Any]) -> tuple[Endpoint, ...]:
    """Where the ports of an app are reached, from Azure's JSON of it."""
    given = ((app.get("properties") or {}).get("configuration") or {}).get("ingress") or {}
    if not given:
        return ()
    name, fqdn = str(app["name"]), str(given.get("fqdn") or "")
    external, target = bool(given.get("external")), int(given.get("targetPort") or 0)
    found = []
    if str(given.get("transport") or "auto").lower() == "tcp":
        found.append(_tcp(name, fqdn, external, target, given.get("exposedPort")))
    elif fqdn:
        found.append(Endpoint(target, "tcp", f"https://{fqdn}", external))
    for one in given.get("additionalPortMappings") or ():
        found.append(_tcp(name, fqdn, bool(one.get("external")), int(one["targetPort"]), one.get("exposedPort")))
    return tuple(found)


def local(found: Sequence[Endpoint], addresses: Mapping[str, str]) -> tuple[Endpoint, ...]:
    """The same endpoints by the embedded Azure's addresses: full name, or "app:port" -> address on this machine."""
    return tuple(replace(one, address=_local(one.address, addresses)) for one in found)


def _local(address: str, addresses: Mapping[str, str]) -> str:
    name = address.removeprefix("https://")
    host, _, port = name.partition(":")
    return addresses.get(name) or addresses.get(f"{host.partition('.')[0]}:{port}") or address


def _tcp(name: str, fqdn: str, external: bool, target: int, exposed: Any) -> Endpoint:
    return Endpoint(target, "tcp", f"{fqdn if external and fqdn else name}:{int(exposed or 0) or target}", external)


# ---- wishes
def _wishes(spec: ContainerSpec, image: ImageFacts) -> Iterator[Wish]:
    published = ports.published(spec, image)
    asked = {one.key for one in spec.ports}
    outside = False
    for port in published:
        if port.key in asked:
            outside = outside or (is_web(port) and not port.local)
            yield Wish(port, not port.local, "publish")
        else:
            # -P names no port: the one that Azure has for the outside goes to the first that can have it
            first = is_web(port) and not outside
            outside = outside or first
            yield Wish(port, first, "publish-all")
    known = {one.key for one in published}
    for port in spec.expose:
        if port.key not in known:
            known.add(port.key)
            yield Wish(port, False, "expose")


def _possible(spec: ContainerSpec, image: ImageFacts) -> list[Wish]:
    return [one for one in _wishes(spec, image) if one.port.protocol == "tcp"]


def _main(wishes: Sequence[Wish]) -> Wish:
    """What gets the main port: HTTP before TCP, what the outside wants before the rest, then in the order given."""
    order: tuple[Callable[[Wish], bool], ...] = (
        lambda one: one.web and one.external,
        lambda one: one.web,
        lambda one: one.external,
        lambda _: True,
    )
    return next(one for holds in order for one in wishes if holds(one))


def _transport(wish: Wish) -> str:
    if not wish.web:
        return "tcp"
    return "http2" if wish.port.transport == "http2" else "auto"


def _mapping(wish: Wish) -> Json:
    return {"external": wish.external, "targetPort": wish.port.container_port, "exposedPort": wish.outside}


# ---- gaps
def _protocol_gap(wish: Wish) -> Gap | None:
    port = wish.port
    if port.protocol == "tcp":
        return None
    reason = f"Azure's ingress carries no {port.protocol.upper()} (port {port.container_port})"
    if wish.flag == "expose":
        return Gap("expose", "warn", reason)
    return Gap(wish.flag, "refuse", reason, f"use TCP or HTTP, or leave {port.key} away")


def _port_gap(wish: Wish, main: Wish, custom_network: bool) -> Gap | None:
    port = wish.port.container_port
    if port == RESERVED and not (wish is main and wish.web):
        return Gap(wish.flag, "refuse", f"Azure checks health by port {RESERVED}", "let the program use another port")
    if wish is main and wish.web:
        return None
    if wish.port.transport in ("http", "http2"):
        reason = f"Azure's ingress speaks HTTP on one port, and that is {main.port.container_port} here"
        return Gap(wish.flag, "refuse", reason, f"run another container for port {port}, or write {port}/tcp")
    if not wish.external:
        return None
    if not custom_network:
        return _outside_gap(wish, main)
    if wish.outside in HTTP_PORTS:
        reason = f"port {wish.outside} of the environment belongs to its HTTP ingress"
        return Gap(wish.flag, "refuse", reason, f"choose another port: -p PORT:{port}/tcp")
    return None


def _outside_gap(wish: Wish, main: Wish) -> Gap:
    port, first = wish.port.container_port, main.port.container_port
    inside = f"publish it inside its network with -p 127.0.0.1:{port}:{port} and use azdock port-forward"
    if main.web and wish.web:
        reason = (
            f"Azure's ingress has one port for the outside, {first} here, and takes further ones (port {port}) only in "
            "an environment with a virtual network of its own"
        )
        if port == HTTP_PORTS[1]:
            return Gap(wish.flag, "refuse", reason, f"leave 443 away: Azure itself serves port {first} as https")
        return Gap(wish.flag, "refuse", reason, inside)
    reason = (
        f"port {port} is a TCP port, and only an environment with a virtual network of its own takes TCP from outside"
    )
    return Gap(wish.flag, "refuse", reason, f"{inside}; if it speaks HTTP write {port}/http")
