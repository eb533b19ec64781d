"""The environments' ingress: a reverse proxy on loopback for external apps, and inside each environment for all.

An external HTTP app has a loopback port of its own, and answers on the common ingress port to its names in the Host
header. What its environment's containers reach by name comes in on an address of their network.
Source: learn.microsoft.com/azure/container-apps/ingress-overview and connect-apps
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from azdock.emulator import appnames
from azdock.emulator.appkeys import is_function_app
from azdock.emulator.functionsgate import AppGate
from azdock.emulator.ingress_doors import Listener, Numbers, listening
from azdock.emulator.ingress_site import Port, Site, Target

if TYPE_CHECKING:
    from azdock.emulator.world import World

__all__ = ["Ingress", "Target"]

Document = dict[str, Any]
COMMON = "*"  # the ingress port that serves every external app by its Host header
log = logging.getLogger(__name__)


class Ingress:
    """The proxy of one emulator. Its methods belong to the emulator's event loop."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.wake: Callable[[str], None] = lambda _app_id: None  # set by who runs apps
        self._numbers = Numbers(world.home / "ingress.json")
        self._sites: dict[str, Site] = {}
        self._own: dict[str, Listener] = {}  # loopback ports, by "app id|exposed port"
        self._common: Listener | None = None
        self._inner: dict[tuple[str, str, int], Listener] = {}  # by network, address and port
        self._joined: dict[str, tuple[str, str]] = {}  # app id: its network and its address there
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._closing: set[asyncio.Task[None]] = set()

    def route(self, app: Document, targets: Sequence[Target]) -> None:
        """Take over an app's configuration and its ready replicas; call it whenever one of them changes."""
        key = str(app["id"]).lower()
        site = self._sites.get(key)
        if site is None:
            site = self._sites[key] = Site(app, self._domain(app))
            site.gate = AppGate(self._world, app) if is_function_app(app) else None
        site.update(app, self._domain(app), targets)
        self._loopback(key, site)
        self._tasks[key] = asyncio.get_running_loop().create_task(self._inside(key, site, self._tasks.get(key)))

    def forget(self, app_id: str) -> None:
        """The app was deleted: nothing answers for it any more, and its ports are free."""
        key = app_id.lower()
        site = self._sites.pop(key, None)
        if site is None:
            return
        site.close()
        self._withdraw(key)
        self._numbers.forget([one for one in self._own if one.startswith(f"{key}|")])
        self._loopback(key, site, gone=True)
        if (task := self._tasks.pop(key, None)) is not None:
            task.cancel()

    def activity(self, app_id: str) -> tuple[int, float]:
        """Requests and connections under way, and the monotonic time when the last one came or ended (0: none yet)."""
        site = self._sites.get(app_id.lower())
        return (site.active, site.last) if site is not None else (0, 0.0)

    def addresses(self) -> dict[str, str]:
        """Where external apps answer on this machine: full name -> URL, "app:exposed port" -> host:port for raw TCP.
        The name "*" is the common ingress port."""
        found: dict[str, str] = {}
        for listener in self._own.values():
            for site, port in listener.sites.values():
                if port.http:
                    found[site.fqdn] = f"http://127.0.0.1:{listener.port}"
                else:
                    found[f"{site.name}:{port.exposed}"] = f"127.0.0.1:{listener.port}"
        if self._common is not None:
            found[COMMON] = f"http://127.0.0.1:{self._common.port}"
        return found

    async def close(self) -> None:
        """Stop listening everywhere and drop every connection."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        listeners = [*self._own.values(), *self._inner.values(), *([self._common] if self._common else [])]
        for site in self._sites.values():
            site.close()
        await asyncio.gather(*(one.close() for one in listeners), *self._closing)
        self._own, self._inner, self._common, self._sites = {}, {}, None, {}

    def _domain(self, app: Document) -> str:
        found = self._world.store.get(str(app["properties"]["environmentId"]))
        return appnames.default_domain(found) if found is not None else "local"

    def _woken(self, site: Site) -> None:
        self.wake(site.id)

    def _timeout(self) -> float:
        return self._world.behaviour.ingress_timeout

    def _loopback(self, key: str, site: Site, *, gone: bool = False) -> None:
        """Loopback ports for what is external. A stopped app's are closed, as docker's are, and come back with it."""
        wanted = {} if gone or site.stopped else {f"{key}|{port.exposed}": port for port in site.ports if port.external}
        for name in [one for one in self._own if one.startswith(f"{key}|") and one not in wanted]:
            self._end(self._own.pop(name))
        for name, port in wanted.items():
            if name not in self._own:
                sock = self._numbers.listening(name, 0 if port.http else port.exposed)
                self._own[name] = Listener(sock, self._woken, self._timeout)
            self._own[name].sites = {key: (site, port)}
        self._by_name(key, None if gone else site)

    def _by_name(self, key: str, site: Site | None) -> None:
        port = next((port for port in site.ports if port.http and port.external), None) if site else None
        if self._common is None:
            if port is None:
                return
            self._common = Listener(self._numbers.listening(COMMON), self._woken, self._timeout)
            self._common.any_host = False
        if site is not None and port is not None:
            self._common.sites[key] = (site, port)
        else:
            self._common.sites.pop(key, None)

    async def _inside(self, key: str, site: Site, before: asyncio.Task[None] | None) -> None:
        """Let the environment's containers reach the app by its names."""
        if before is not None:
            await asyncio.wait([before])
        networks = self._world.runtime.networks
        network = str(site.app["properties"]["environmentId"])
        if not site.ports:
            return self._withdraw(key)
        address = await networks.address(network, site.name)
        if not address or self._sites.get(key) is not site:
            return None
        self._joined[key] = (network, address)
        opened = [self._inner_port(key, site, network, address, port) for port in site.ports]
        for place in [one for one in self._inner if one[:2] == (network, address)]:
            if place[2] not in {port.exposed for port in site.ports}:
                self._leave(key, place)
        networks.publish(network, site.name, address, site.inner_names() if all(opened) else ())
        return None

    def _inner_port(self, key: str, site: Site, network: str, address: str, port: Port) -> bool:
        place = (network, address, port.exposed)
        if place not in self._inner:
            try:
                sock = listening(address, port.exposed, self._world.runtime.networks.socket())
            except OSError as error:
                log.warning(
                    "containers cannot reach %s:%d by its name: nothing can listen on %s there (%s)",
                    site.name, port.exposed, address, error.strerror,
                )  # fmt: skip
                return False
            self._inner[place] = Listener(sock, self._woken, self._timeout)
        self._inner[place].sites[key] = (site, port)
        return True

    def _withdraw(self, key: str) -> None:
        """The app is reached by name no more."""
        network, address = self._joined.pop(key, ("", ""))
        if not address:
            return
        for place in [one for one in self._inner if one[:2] == (network, address)]:
            self._leave(key, place)
        self._world.runtime.networks.release(network, key.rpartition("/")[2])

    def _leave(self, key: str, place: tuple[str, str, int]) -> None:
        listener = self._inner[place]
        listener.sites.pop(key, None)
        if not listener.sites:
            self._end(self._inner.pop(place))

    def _end(self, listener: Listener) -> None:
        task = asyncio.get_running_loop().create_task(listener.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
