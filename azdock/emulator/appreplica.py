"""One replica of an app's revision: init containers in order, then its containers side by side, until it is ended."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from azdock.emulator.appcontainer import AppContainer, first_trouble
from azdock.emulator.appfacts import ContainerFacts, ReplicaFacts
from azdock.emulator.destinations import destination
from azdock.emulator.folders import remove_tree
from azdock.emulator.launch import Launch
from azdock.emulator.logbook import Source
from azdock.emulator.runtimes.base import Container
from azdock.emulator.runtimes.network import NoNetworks
from azdock.emulator.sampler import Sampler, Subject
from azdock.emulator.volumes import VOLUMES, Volumes
from azdock.emulator.world import World

Document = dict[str, Any]
log = logging.getLogger(__name__)
# learn.microsoft.com/azure/container-apps/application-lifecycle-management: SIGTERM until SIGKILL unless given
GRACE = 30
LEAST_GRACE = 1.0  # seconds that are never shortened


def source_of(
    world: World, app: Document, revision: str, replica: str = "", container: str = "", image: str = ""
) -> Source:
    """Whose log it is: an app's revision, a replica of it, or a container of that."""
    environment = app["properties"]["environmentId"]
    return Source(
        kind="app",
        name=app["name"],
        revision=revision,
        replica=replica,
        container=container,
        image=image,
        group=app["id"].split("/")[4],
        environment=environment.rpartition("/")[2],
        destination=destination(world, environment),
    )


@dataclass(frozen=True, slots=True)
class Part:
    """What a replica belongs to: the app's document, its revision and that one's template. `port` tells the ingress'
    target port (0: no ingress), `changed` is told of every change, `count` how many replicas the revision has."""

    app: Document
    revision: str
    template: Document
    variables: Mapping[str, str]
    port: Callable[[], int]
    changed: Callable[[], None]
    count: Callable[[], int]


class AppReplica:
    """Runs one replica from its making on; after `end`, `gone` returns when nothing of it is left."""

    def __init__(self, world: World, part: Part, name: str) -> None:
        self.name = name
        self.created_ns = world.clock.now_ns()
        self.listed = False
        self.world, self.part = world, part
        self.ending = asyncio.Event()
        self._scratch = world.home / "scratch" / name
        volumes = Volumes(world, part.app, part.template, self._scratch / VOLUMES)
        self._launch = Launch(world, part.app, name, part.variables, volumes)
        self.initial = [self._container(one) for one in part.template.get("initContainers") or ()]
        self.containers = [self._container(one) for one in part.template["containers"]]
        self._killer: asyncio.Task[None] | None = None
        self._task = asyncio.get_running_loop().create_task(self._run())

    def _container(self, one: Document) -> AppContainer:
        source = source_of(self.world, self.part.app, self.part.revision, self.name, one["name"], one["image"])
        return AppContainer(self._launch, one, source, self.ending, self.part.changed, self.grace, self.connect)

    def grace(self) -> float:
        """Seconds from SIGTERM until SIGKILL: the template's, or a share of it where the emulator is in a hurry."""
        given = float(self.part.template.get("terminationGracePeriodSeconds") or GRACE)
        return max(given * self.world.behaviour.grace / GRACE, min(given, LEAST_GRACE))

    async def _run(self) -> None:
        sampler = asyncio.create_task(self._sampler().run())
        try:
            await self._lead()
        except Exception:
            log.exception("replica %s", self.name)
        finally:
            sampler.cancel()
            self._launch.gone()
            if self._killer is not None:
                self._killer.cancel()
            await asyncio.to_thread(remove_tree, self._scratch)
            self.part.changed()

    async def _lead(self) -> None:
        behaviour, clock = self.world.behaviour, self.world.clock
        await clock.wait(self.ending, behaviour.replica_delay)
        self.listed = True
        source = source_of(self.world, self.part.app, self.part.revision, self.name)
        scheduled = f"Replica '{self.name}' has been scheduled to run on a node."
        self.world.logbook.event(source, "AssigningReplica", "Normal", scheduled)
        self.part.changed()
        await clock.wait(self.ending, behaviour.container_delay)
        if self.initial:
            for one in self.containers:
                one.await_initial()
        for one in self.initial:
            if not await one.initialise(self._scratch / one.name):
                return
        ports = [self.part.port, *([_none] * (len(self.containers) - 1))]
        keeping = (one.keep(self._scratch / one.name, port) for one, port in zip(self.containers, ports, strict=True))
        await asyncio.gather(*keeping)

    def _sampler(self) -> Sampler:
        names = {one.name: one for one in (*self.initial, *self.containers)}
        dimensions = {"revisionName": self.part.revision, "podName": self.name}

        def beside() -> dict[str, float]:
            return {"RestartCount": float(self.restarts), "Replicas": float(self.part.count())}

        subject = Subject(self.part.app["id"], lambda: dimensions, beside, "WorkingSetBytes")
        return Sampler(self.world, self.name, lambda name: names[name].began_ns, subject)

    @property
    def restarts(self) -> int:
        """How often its containers were started again, together."""
        return sum(one.restarts for one in self.containers)

    @property
    def ready(self) -> bool:
        """Whether all of its containers are, and it is not about to end."""
        return not self.ending.is_set() and all(one.ready for one in self.containers)

    @property
    def serving(self) -> list[Container]:
        """Its running containers."""
        return [one.container for one in self.containers if one.container is not None]

    async def connect(self, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to a port of the replica, whichever of its containers listens there. Raises OSError."""
        refused: OSError = ConnectionRefusedError(f"replica {self.name} does not run")
        for container in self.serving:
            try:
                return await container.connect(port)
            except OSError as failed:
                refused = failed
        raise refused

    def target(self, port: int) -> Container:
        """Where requests for a port go: the container that listens there, where they do not share a network."""
        found = self.serving
        if len(found) == 1 or not isinstance(self.world.runtime.networks, NoNetworks):
            return found[0]
        return next((one for one in found if port in one.listening()), found[0])

    def listening(self) -> list[int]:
        """The TCP ports on which its containers listen."""
        return [port for container in self.serving for port in container.listening()]

    @property
    def trouble(self) -> tuple[str, str]:
        """The name of the first container that crashes, and why the first that cannot be started cannot."""
        return first_trouble([*self.initial, *self.containers])

    def end(self) -> None:
        """SIGTERM for every process of the replica, SIGKILL when the grace period is over."""
        if not self.ending.is_set():
            self.ending.set()
            self._killer = asyncio.ensure_future(self._kill())

    async def gone(self) -> None:
        """Returns when everything of an ended replica is gone."""
        await asyncio.wait([self._task])

    @property
    def over(self) -> bool:
        """Whether everything of it is gone."""
        return self._task.done()

    async def _kill(self) -> None:
        for container in self._running():
            await container.signal(signal.SIGTERM)
        await self.world.clock.sleep(self.grace())
        for container in self._running():
            await container.signal(signal.SIGKILL)

    def _running(self) -> list[Container]:
        return list(self.world.running.containers.get(self.name, {}).values())

    def facts(self) -> ReplicaFacts:
        """What Azure shows of it."""
        containers = tuple(one.facts(True) for one in self.initial) + tuple(one.facts(False) for one in self.containers)
        main = containers[len(self.initial) :]
        state = "Running" if all(one.running_state == "Running" for one in main) else "NotRunning"
        return ReplicaFacts(self.name, self.created_ns, state, _details(main), containers)


def _details(containers: tuple[ContainerFacts, ...]) -> str:
    """The details of the first container that does not run."""
    return next((one.details for one in containers if one.running_state != "Running"), "")


def _none() -> int:
    return 0
