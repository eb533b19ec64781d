"""Container apps that run: what is stored about an app is what runs, from its first revision to its deletion.

Sources: learn.microsoft.com/azure/container-apps/revisions (single mode: traffic moves when the new revision is ready,
then the old one is deactivated) and scale-app
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from typing import Any

from azdock.emulator.appfacts import RevisionFacts
from azdock.emulator.apprevision import RevisionRun
from azdock.emulator.appscale import Scale
from azdock.emulator.ingress import Target
from azdock.emulator.world import World

Document = dict[str, Any]
KIND = "Microsoft.App/containerApps"
OFTENEST = 0.05  # seconds between two looks at the load, whatever the pace
log = logging.getLogger(__name__)


class AppRunner:
    """Makes one app run as its stored document says. Its methods belong to the emulator's event loop."""

    def __init__(self, world: World, document: Document) -> None:
        self.world = world
        self.document = document
        self._revisions: dict[str, RevisionRun] = {}
        self._leaving: dict[RevisionRun, asyncio.Task[None]] = {}
        self._peaks: deque[tuple[float, int]] = deque()  # of the load, within the last cooldown
        self._since = time.monotonic()  # of the last start, or of the first readiness after it
        self._settling = False
        self._ended = False
        self._scaling: asyncio.Task[None] | None = None

    def sync(self) -> None:
        """Make the replicas match the document: active revisions of an app that is not stopped run, others end."""
        wanted = {} if self._idle() else {name: one for name, one in self._stored().items() if one["active"]}
        for name in [name for name in self._revisions if name not in wanted]:
            self._end(self._revisions.pop(name))
        for name, record in wanted.items():
            if name not in self._revisions:
                self._begin(record)
        if self._revisions and self._scaling is None:
            self._scaling = asyncio.get_running_loop().create_task(self._scale())
        self._settle()

    def restart(self, revision: str) -> None:
        """Replace the replicas of a revision that runs by new ones."""
        run = self._revisions.get(revision)
        if run is not None:
            run.restart()
            self._since = time.monotonic()
        self._settle()

    async def ended(self) -> None:
        """The app was deleted: its names and ports are free at once, its processes gone when this returns."""
        key = self.document["id"].lower()
        if self.world.apps.get(key, self) is self:  # else it was created anew meanwhile
            self.world.apps.pop(key, None)
            self.world.ingress.forget(key)
        await self.close()

    async def close(self) -> None:
        """End all processes and change nothing that is stored."""
        self._ended = True
        if self._scaling is not None:
            self._scaling.cancel()
        for run in list(self._revisions.values()):
            self._end(run)
        self._revisions = {}
        if self._leaving:
            await asyncio.wait(list(self._leaving.values()))

    def facts(self, revision: str) -> RevisionFacts:
        """How a revision is doing at this moment."""
        run = self._revisions.get(revision)
        if run is not None:
            return run.facts()
        record = self._stored()[revision]
        health = "Healthy" if record["ready_once"] else "None"
        return RevisionFacts("Stopped", "", health, "Failed" if record["failed"] else "Provisioned")

    def wake(self) -> None:
        """A request has come: revisions that were scaled to zero begin again."""
        self._since = time.monotonic()
        for run in self._revisions.values():
            if not run.replicas and self._port():
                self._resize(run, run.scale.first())

    def _stored(self) -> dict[str, Document]:
        found: dict[str, Document] = self.document["revisions"]
        return found

    def _idle(self) -> bool:
        return self._ended or bool(self.document.get("stopped"))

    def _port(self) -> int:
        """The ingress' target port; 0: no ingress, or the port is to be found out."""
        ingress = self.document["properties"]["configuration"].get("ingress")
        return int((ingress or {}).get("targetPort") or 0)

    def _begin(self, record: Document) -> None:
        run = RevisionRun(self.world, self.document, record, self._port, self._changed)
        self._revisions[run.name] = run
        self._since = time.monotonic()
        if not record["last_active"]:
            run.tell("ContainerAppUpdate", f"Updating containerApp: {self.document['name']}")
            run.tell("RevisionCreation", f"Creating a new revision: {run.name}")
        record["last_active"] = self.world.clock.now_ns()
        run.resize(run.scale.first())

    def _end(self, run: RevisionRun, *, drain: bool = False) -> None:
        run.tell("RevisionDeactivating", f"Setting revision '{run.name}' inactive")
        run.record["last_active"] = self.world.clock.now_ns()
        run.end(drain=drain)
        self._leaving[run] = asyncio.get_running_loop().create_task(self._gone(run))

    async def _gone(self, run: RevisionRun) -> None:
        await run.gone()
        del self._leaving[run]

    def _changed(self) -> None:
        """Something about a replica has changed; many changes are looked at once."""
        if not self._settling and not self._ended:
            self._settling = True
            asyncio.get_running_loop().call_soon(self._settle)

    def _settle(self) -> None:
        self._settling = False
        if self._ended:
            return
        for run in self._revisions.values():
            if run.settle():
                self._since = time.monotonic()
        self._rotate()
        self.world.ingress.route(self.document, self._targets())

    def _rotate(self) -> None:
        """Note the newest ready revision; in Single mode the older ones end once the latest is ready."""
        ready = [name for name in self._stored() if name in self._revisions and self._revisions[name].ready]
        if ready and self.document["latest_ready"] != ready[-1]:
            self.document["latest_ready"] = ready[-1]
            self._revisions[ready[-1]].tell(
                "ContainerAppReady", f"Successfully updated containerApp: {self.document['name']}"
            )
            self.world.store.changed()
        latest, single = self.document["latest"], self._mode() == "Single"
        if single and latest in ready and len(self._revisions) > 1:
            self._take_over(latest)

    def _take_over(self, latest: str) -> None:
        """Requests go to the latest revision, then the others end."""
        run = self._revisions[latest]
        run.tell("RevisionUpdate", f"Setting traffic weight of '100%' for revision '{latest}'")
        self.world.ingress.route(self.document, self._targets())
        for name in [name for name in self._revisions if name != latest]:
            self._stored()[name]["active"] = False
            self._end(self._revisions.pop(name), drain=True)
        run.tell("RollingRevisionCompleted", f"Revision '{latest}' has taken over.")
        self.world.store.changed()

    def _mode(self) -> str:
        return str(self.document["properties"]["configuration"].get("activeRevisionsMode") or "Single")

    def _targets(self) -> list[Target]:
        weights = self._weights()
        return [
            Target(name, weights.get(name, 0), replica, container)
            for name, run in self._revisions.items()
            for replica, container in run.serving()
        ]

    def _weights(self) -> dict[str, int]:
        """Each revision's share of the requests in percent."""
        configuration = self.document["properties"]["configuration"]
        newest = self.document["latest_ready"]
        if self._mode() == "Single":
            return {newest: 100}
        found: dict[str, int] = {}
        for one in (configuration.get("ingress") or {}).get("traffic") or [{"latestRevision": True, "weight": 100}]:
            name = newest if one.get("latestRevision") else one.get("revisionName", "")
            found[name] = found.get(name, 0) + int(one.get("weight") or 0)
        return found

    async def _scale(self) -> None:
        """Look at the load again and again, and have as many replicas as it wants."""
        while True:
            pace = self.world.behaviour.scale_pace
            scales = [run.scale for run in self._revisions.values()] or [Scale.of({})]
            await self.world.clock.sleep(max(min(one.polling for one in scales) * pace, OFTENEST))
            try:
                self._rescale(pace)
            except Exception:
                log.exception("scaling of %s", self.document["name"])

    def _rescale(self, pace: float) -> None:
        under_way, last = self.world.ingress.activity(self.document["id"])
        now = time.monotonic()
        ingress = self.document["properties"]["configuration"].get("ingress")
        self._peaks.append((now, under_way))
        longest = max((run.scale.cooldown for run in self._revisions.values()), default=0) * pace
        while now - self._peaks[0][0] > longest:
            self._peaks.popleft()
        for run in self._revisions.values():
            # what is only starting is given the whole cooldown: it may take longer than a hurried one
            cooldown = run.scale.cooldown * (pace if run.ready or not run.replicas else 1)
            peak = max((count for at, count in self._peaks if now - at <= cooldown), default=0) if ingress else 0
            resting = now - max(last, self._since) >= cooldown and not under_way
            wanted = run.scale.wanted(run.scale.asked(peak), resting)
            if wanted > len(run.replicas) and not run.replicas and not ingress:
                continue  # without ingress nothing brings it back from zero
            if wanted != len(run.replicas):
                self._resize(run, wanted)

    @staticmethod
    def _resize(run: RevisionRun, wanted: int) -> None:
        """Sources of the words: keda.sh/docs/latest/reference/events; the horizontal pod autoscaler's events."""
        words = f"apps/v1.Deployment k8se-apps/{run.name} from {len(run.replicas)} to {wanted}"
        if not run.replicas:
            run.tell("KEDAScaleTargetActivated", f"Scaled {words}", "KEDA")
        elif not wanted:
            run.tell("KEDAScaleTargetDeactivated", f"Deactivated {words}", "KEDA")
        else:
            run.tell("SuccessfulRescale", f"New size: {wanted}", "Scaling")
        run.resize(wanted)


def of(world: World, document: Document) -> AppRunner:
    """The runner of an app, made on first use."""
    found = world.apps.get(document["id"].lower())
    if found is None or found.document is not document:
        found = world.apps[document["id"].lower()] = AppRunner(world, document)
        world.ingress.wake = lambda app_id: _wake(world, app_id)
    return found


def _wake(world: World, app_id: str) -> None:
    runner = world.apps.get(app_id.lower())
    if runner is not None:
        runner.wake()


def resume(world: World) -> None:
    """Apps that were there when the emulator ended run again."""
    for document in list(world.store.under("/subscriptions", KIND)):
        of(world, document).sync()


async def end_all(world: World) -> None:
    """End the processes of every app and wait until they are gone; what is stored stays, so that they run again."""
    runners, world.apps = list(world.apps.values()), {}
    await asyncio.gather(*(runner.close() for runner in runners))
