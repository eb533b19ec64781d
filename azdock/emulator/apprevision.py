"""One active revision of an app: as many replicas as are wanted, and how the revision is doing as a whole."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from typing import Any

from azdock.emulator import appfacts, appnames
from azdock.emulator.appfacts import Count, RevisionFacts
from azdock.emulator.appreplica import AppReplica, Part, source_of
from azdock.emulator.appscale import Scale
from azdock.emulator.runtimes.base import Container
from azdock.emulator.runtimes.network import NoNetworks
from azdock.emulator.world import World

Document = dict[str, Any]
# kubernetes: k8s.io/apimachinery/pkg/util/rand, letters and digits that spell no words
SAFE = "bcdfghjklmnpqrstvwxz2456789"
HASH_LENGTH, TAIL_LENGTH = 10, 5


class RevisionRun:
    """Keeps the replicas of a revision of `app`; `record` is the stored part of the revision, `port` tells the ingress'
    target port and `changed` is called whenever something has changed."""

    def __init__(
        self, world: World, app: Document, record: Document, port: Callable[[], int], changed: Callable[[], None]
    ) -> None:
        self.name: str = record["name"]
        self.record = record
        self.scale = Scale.of(record["template"])
        self.replicas: list[AppReplica] = []
        self._retiring: list[AppReplica] = []  # to be ended when their successors are ready
        self._leaving: dict[AppReplica, asyncio.Task[None]] = {}
        self._world, self._app, self._port, self._changed = world, app, port, changed
        self._made = 0
        self._late = False
        self._ended = False
        self._draining = True
        self._was_ready = False
        self._forget_deadline = self._set_deadline()

    def _set_deadline(self) -> Callable[[], None]:
        def expire() -> None:
            self._late = True
            self._changed()

        return self._world.clock.later(max(self._world.behaviour.deploy_deadline, 0.001), expire)

    def _part(self) -> Part:
        environment = self._world.store.get(self._app["properties"]["environmentId"])
        variables = {
            "CONTAINER_APP_NAME": str(self._app["name"]),
            "CONTAINER_APP_REVISION": self.name,
            "CONTAINER_APP_HOSTNAME": appnames.revision_fqdn(self._world, self._app, self.name),
            "CONTAINER_APP_ENV_DNS_SUFFIX": appnames.default_domain(environment) if environment else "",
        }
        if port := self._port():
            variables["CONTAINER_APP_PORT"] = str(port)
        template, count = self.record["template"], lambda: len(self.replicas)
        return Part(self._app, self.name, template, variables, self._port, self._changed, count)

    def resize(self, count: int) -> None:
        """Have so many replicas: new ones begin, the youngest too many end."""
        while len(self.replicas) < count and not self._ended:
            self.replicas.append(AppReplica(self._world, self._part(), self._replica_name()))
        for replica in self.replicas[count:]:
            self._leave(replica)
        del self.replicas[count:]

    def _replica_name(self) -> str:
        digest = hashlib.sha256(f"{self._app['id']}/{self.name}/{self._made}".encode()).digest()
        own = "".join(SAFE[byte % len(SAFE)] for byte in digest[:HASH_LENGTH])
        return f"{self.name}-{own}-{''.join(secrets.choice(SAFE) for _ in range(TAIL_LENGTH))}"

    def restart(self) -> None:
        """Replace the replicas; those that serve requests stay until the new ones do, unless they would be in their
        way: where containers share the host's network, two cannot listen on one port."""
        count = max(len(self.replicas), self.scale.least)
        self._made += 1
        old, self.replicas = self.replicas, []
        if isinstance(self._world.runtime.networks, NoNetworks):
            for replica in old:
                self._leave(replica)
        else:
            self._retiring += old
        self.resize(count)
        self.settle()

    def settle(self) -> bool:
        """Take note of what has changed: a first readiness is remembered, replaced replicas end when they may. Whether
        it has become ready since it was asked last."""
        before, self._was_ready = self._was_ready, self.ready
        if self.ready and not self.record["ready_once"]:
            self.record["ready_once"] = True
            self.tell("RevisionReady", f"Revision '{self.name}' is ready.")
            self._world.store.changed()
        if self.ready:
            self._late = False
            self._forget_deadline()
        if self.ready or not any(one.ready for one in self._retiring):
            for replica in self._retiring:
                self._leave(replica)
            self._retiring = []
        return self.ready and not before

    def _leave(self, replica: AppReplica) -> None:
        """End a replica; one that serves requests gets no new ones for a while first, unless everything ends."""
        drain = self._world.behaviour.drain if self._draining and replica.ready and self._port() else 0
        self._leaving[replica] = asyncio.get_running_loop().create_task(self._end(replica, drain))

    async def _end(self, replica: AppReplica, drain: float) -> None:
        self._changed()
        await self._world.clock.sleep(drain)
        replica.end()
        await replica.gone()
        del self._leaving[replica]

    def end(self, *, drain: bool) -> None:
        """End all replicas, with or without time for their last requests; `gone` returns when nothing is left."""
        self._ended, self._draining = True, drain
        self._forget_deadline()
        for replica in self._retiring:
            self._leave(replica)
        self._retiring = []
        self.resize(0)

    async def gone(self) -> None:
        """Returns when the last process of an ended revision is gone."""
        if self._leaving:
            await asyncio.wait(list(self._leaving.values()))

    @property
    def ready(self) -> bool:
        """Whether it has replicas, and all of them are ready."""
        return bool(self.replicas) and all(one.ready for one in self.replicas)

    def serving(self) -> list[tuple[str, Container]]:
        """The ready replicas' names and where their requests go, those about to be replaced included."""
        return [(one.name, one.target(self._port())) for one in (*self.replicas, *self._retiring) if one.ready]

    def tell(self, reason: str, message: str, event_source: str = "ContainerAppController") -> None:
        """A system log entry about the revision."""
        source = source_of(self._world, self._app, self.name)
        self._world.logbook.event(source, reason, "Normal", message, event_source)

    def facts(self) -> RevisionFacts:
        """How it is doing, and all its replicas; what is wrong is noted in the stored part."""
        shown = [one for one in (*self._retiring, *self.replicas) if one.listed]
        count = self._count()
        found = appfacts.revision(
            count, tuple(one.facts() for one in shown), late=self._late, once=self.record["ready_once"]
        )
        failed = appfacts.trouble(count, self._late)[1]
        if failed != self.record["failed"]:
            self.record["failed"] = failed
            self._world.store.changed()
        return found

    def _count(self) -> Count:
        troubles = [one.trouble for one in self.replicas]
        ready = sum(one.ready for one in self.replicas)
        port = self._port()
        listening = [] if ready or not port else [number for one in self.replicas for number in one.listening()]
        return Count(
            total=len(self.replicas),
            ready=ready,
            most=self.scale.most,
            crashing=[crashing for crashing, _ in troubles if crashing],
            pending=[pending for _, pending in troubles if pending],
            mismatch=appfacts.wrong_port(port, listening),
        )
