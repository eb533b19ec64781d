"""One app as the ingress knows it: its names, its revisions' shares of the traffic, and the replicas that are ready."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from azdock.emulator.ingress_head import Request
    from azdock.emulator.ingress_server import Server
    from azdock.emulator.runtimes.base import Container

Document = dict[str, Any]
# the cookie's name as Azure's answers carry it
COOKIE = b"acaAffinity"


@dataclass(frozen=True, slots=True)
class Target:
    """A ready container: `weight` is its revision's share of the traffic in percent, 0 for one that is reached by the
    revision's own name or label only."""

    revision: str
    weight: int
    replica: str
    container: Container


@dataclass(frozen=True, slots=True)
class Port:
    """A port the app offers: `http`, or raw TCP on `exposed`."""

    target: int  # 0: the one on which the container listens
    exposed: int
    external: bool
    http: bool


@dataclass(slots=True, eq=False)
class Replica:
    """A target with the connections to it that wait for work, by port."""

    target: Target
    idle: dict[int, list[Server]] = field(default_factory=dict)
    live: bool = True  # False once it is no target any more: its connections are not kept
    mark: bytes = b""  # its value of the affinity cookie

    def leave(self) -> None:
        """No longer a target: what is idle is closed, what is under way may end."""
        self.live = False
        for servers in self.idle.values():
            for server in list(servers):
                server.drop()
        self.idle.clear()


class Call(Protocol):
    """A request that somebody wants to hear the end of."""

    def end(self, status: int) -> None:
        """It was answered with this status, or given up."""


class Gate(Protocol):
    """Decides who may come in, where that is not everybody."""

    async def admit(self, request: Request, container: Container, port: int) -> int:
        """Whether a request may reach a container: 0, or the status that refuses it."""

    def begun(self, request: Request, container: Container) -> Call | None:
        """A request that was admitted goes to the container; whom to tell how it ends."""


def found_port(container: Container) -> int:
    """The port of a container whose app names none: the lowest on which it listens, 80 when nothing tells."""
    return next(iter(container.listening()), 80)


def ports(app: Document) -> list[Port]:
    """The ports of an app's ingress, the main one first; none without ingress.

    Source: learn.microsoft.com/azure/container-apps/ingress-overview
    """
    ingress = app["properties"]["configuration"].get("ingress")
    if not ingress:
        return []
    http = str(ingress.get("transport") or "auto").lower() != "tcp"
    target = int(ingress.get("targetPort") or 0)
    exposed = int(ingress.get("exposedPort") or 0) or target
    found = [Port(target, 80 if http else exposed, bool(ingress.get("external")), http)]
    for one in ingress.get("additionalPortMappings") or ():
        port = int(one["targetPort"])
        found.append(Port(port, int(one.get("exposedPort") or 0) or port, bool(one.get("external")), http=False))
    return found


class Site:
    """An app's routes. Changed by `update`; asked by the connections of clients."""

    def __init__(self, app: Document, domain: str) -> None:
        self.id = str(app["id"])
        self.active = 0  # requests and TCP connections under way
        self.last = time.monotonic()  # when the last one came or ended
        self.replicas: dict[str, Replica] = {}
        self.gate: Gate | None = None
        self._waiting: set[asyncio.Future[None]] = set()
        self._turn = itertools.count()
        self._shares: list[tuple[int, list[Replica]]] = []
        self.update(app, domain, ())

    def update(self, app: Document, domain: str, targets: Sequence[Target]) -> None:
        """Take over the app's configuration and its ready replicas; requests that waited for one go on."""
        properties = app["properties"]
        ingress = properties["configuration"].get("ingress") or {}
        self.app, self.domain, self.name = app, domain, str(app["name"]).lower()
        self.ports = ports(app)
        self.stopped = bool(app.get("stopped"))
        scale = properties["template"].get("scale") or {}
        self.may_sleep = int(scale.get("minReplicas") or 0) == 0
        self.sticky = str((ingress.get("stickySessions") or {}).get("affinity") or "").lower() == "sticky"
        self.external = any(port.external for port in self.ports if port.http)
        self._special = self._revision_names(ingress)
        self.names = frozenset(self.hosts())
        self._replace(targets)

    def _revision_names(self, ingress: Document) -> dict[str, str]:
        """Host names that lead to one revision: app---label as configured; app--suffix is read off the name itself."""
        found = {}
        for one in ingress.get("traffic") or ():
            revision = one.get("revisionName") or (self.app.get("latest") if one.get("latestRevision") else "")
            if one.get("label") and revision:
                found[f"{self.name}---{one['label']}".lower()] = str(revision)
        return found

    def _replace(self, targets: Sequence[Target]) -> None:
        before, self.replicas = self.replicas, {}
        for target in targets:
            known = before.pop(target.container.id, None)
            if known is None:
                known = Replica(target, mark=hashlib.sha256(target.replica.encode()).hexdigest()[:16].encode())
            known.target = target
            self.replicas[target.container.id] = known
        for gone in before.values():
            gone.leave()
        revisions: dict[str, list[Replica]] = {}
        for replica in self.replicas.values():
            revisions.setdefault(replica.target.revision, []).append(replica)
        shared = [(group[0].target.weight, group) for group in revisions.values() if group[0].target.weight > 0]
        self._shares = shared
        if self.replicas:
            for waiting in self._waiting:
                if not waiting.done():
                    waiting.set_result(None)

    def hosts(self) -> list[str]:
        """The names it is known by, lower case: its own, and its full one (fqdn first)."""
        inner = f"{self.name}.internal.{self.domain}"
        full = f"{self.name}.{self.domain}"
        return [full, inner, self.name] if self.external else [inner, full, self.name]

    def inner_names(self) -> list[str]:
        """The names that containers of its environment know, shortest first: those of revisions and labels too."""
        special = {*self._special, *(replica.target.revision for replica in self.replicas.values())}
        return [self.name, *self.hosts()[:2], *(f"{one}.{self.domain}" for one in sorted(special))]

    @property
    def fqdn(self) -> str:
        """Its full name: app.DOMAIN, or app.internal.DOMAIN when it is not external."""
        return self.hosts()[0]

    def revision_of(self, label: str) -> str:
        """The revision that a first label of a host name stands for; "" for the app's own name.

        Source: learn.microsoft.com/azure/container-apps/revisions, "Labels"; container-apps.md 3.7
        """
        return self._special.get(label) or (label if "--" in label else "")

    def choose(self, revision: str = "", cookies: bytes = b"", avoid: frozenset[str] = frozenset()) -> Replica | None:
        """The replica for the next request: by revision, by the client's cookie, else by share and in turn. `avoid` are
        ids of containers that just refused, taken again only when there is no other."""
        if revision:
            group = [one for one in self.replicas.values() if one.target.revision == revision]
        elif len(self._shares) == 1:
            group = self._shares[0][1]
        elif self._shares:
            group = random.choices([one for _, one in self._shares], [weight for weight, _ in self._shares])[0]
        else:
            return None
        if len(group) == 1:
            return group[0]
        if cookies and self.sticky:
            for replica in self.replicas.values():
                if COOKIE + b'="' + replica.mark in cookies and replica.target.container.id not in avoid:
                    return replica
        if avoid:
            group = [one for one in group if one.target.container.id not in avoid] or group
        return group[next(self._turn) % len(group)] if group else None

    def begin(self) -> None:
        """A request or connection has come."""
        self.active += 1
        self.last = time.monotonic()

    def end(self) -> None:
        """One has ended."""
        self.active -= 1
        self.last = time.monotonic()

    async def ready(self, seconds: float) -> bool:
        """Wait until there is a target; whether there is one."""
        if not self.replicas:
            waiting = asyncio.get_running_loop().create_future()
            self._waiting.add(waiting)
            try:
                await asyncio.wait_for(waiting, max(seconds, 0))
            except TimeoutError:
                return False
            finally:
                self._waiting.discard(waiting)
        return bool(self.replicas)

    def close(self) -> None:
        """The app is gone: no targets, and nobody waits any longer."""
        self._replace(())
        self.stopped = True
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)


class Door(Protocol):
    """Where clients come in: a listening socket and the sites behind it."""

    @property
    def timeout(self) -> float:
        """Seconds a request may take."""

    def admits(self, peer: str) -> bool:
        """Whether a client with this address may come in."""

    def find(self, host: bytes) -> tuple[Site, int, str] | None:
        """The app, its port and its revision ("" for any) that a Host header means."""

    def wake(self, site: Site) -> None:
        """Somebody waits for a replica of an app that has none."""

    def opened(self, client: asyncio.Protocol) -> None:
        """A connection has come."""

    def closed(self, client: asyncio.Protocol) -> None:
        """It has gone."""
