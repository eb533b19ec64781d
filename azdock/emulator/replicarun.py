"""One replica of an execution: init containers in order, then its containers side by side."""

from __future__ import annotations

import asyncio
import signal
import time
from typing import TYPE_CHECKING, Any

from azdock.emulator.folders import remove_tree
from azdock.emulator.jobbody import gibibytes
from azdock.emulator.runtimes.base import Container, ContainerRun, Ended, ImageError, ImageRef, StartError
from azdock.emulator.sampler import Sampler
from azdock.emulator.world import World

if TYPE_CHECKING:
    from azdock.emulator.jobrunner import JobRun

Document = dict[str, Any]
CREATE_FAILURE = "ContainerCreateFailure"
PULL_FAILURE = "ImagePullFailure"
GIB = 1024**3


class ReplicaRun:
    """Runs one replica; `end` makes it finish early. Its record tells what `detailedStatus` and replica lists show."""

    def __init__(self, owner: JobRun, name: str) -> None:
        self.owner = owner
        self.world: World = owner.world
        self.name = name
        self.record: Document = {"name": name, "created": 0, "ended": 0, "containers": {}}
        self._ending = asyncio.Event()
        self._killer: asyncio.Task[None] | None = None

    async def run(self) -> bool:
        """Run to the end; whether every container ended with 0."""
        template = self.owner.record["template"]
        await self._pause(self.world.behaviour.replica_delay)
        if self._ending.is_set():
            return False
        self.record["created"] = self.world.clock.now_ns()
        self.owner.record["replicas"].append(self.record)
        for one in (*template.get("initContainers", ()), *template["containers"]):
            self.record["containers"][one["name"]] = {
                "name": one["name"], "code": -1, "status": "Running", "additionalInformation": "",
                "id": "", "started": 0, "initial": one not in template["containers"],
            }  # fmt: skip
        self.world.store.changed()
        sampler = asyncio.create_task(self._sampler(template).run())
        try:
            return await self._containers(template)
        finally:
            sampler.cancel()
            self.record["ended"] = self.world.clock.now_ns()
            self.world.running.containers.pop(self.name, None)
            if self._killer is not None:
                self._killer.cancel()
            await self._tidy()

    def _sampler(self, template: Document) -> Sampler:
        resources = [one["resources"] for one in template["containers"]]
        requested = {
            "Executions": 1.0,
            "RequestedCores": float(sum(one["cpu"] for one in resources)),
            "RequestedBytes": float(sum(gibibytes(one["memory"]) for one in resources) * GIB),
            "RestartCount": float(len(self.owner.record["replicas"]) - 1),
        }
        return Sampler(self.world, self.record, self.owner.job["id"], self.owner.record, requested)

    async def _containers(self, template: Document) -> bool:
        await self._pause(self.world.behaviour.container_delay)
        for one in template.get("initContainers", ()):
            if await self._container(one) != 0:
                for other in template["containers"]:
                    self._note(other["name"], 128 + signal.SIGTERM, "Error")
                return False
        codes = await asyncio.gather(*(self._container(one) for one in template["containers"]))
        return not any(codes)

    async def _pause(self, seconds: float) -> None:
        """A delay that an early end cuts short."""
        if seconds > 0 and not self._ending.is_set():
            waits = [asyncio.ensure_future(self.world.clock.sleep(seconds)), asyncio.ensure_future(self._ending.wait())]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for one in waits:
                one.cancel()

    async def _container(self, one: Document) -> int:
        """Run one container; its exit code."""
        if self._ending.is_set():
            return self._note(one["name"], 128 + signal.SIGTERM, "Error")
        source = self.owner.source(self.name, one)
        tell = self.world.logbook.event
        tell(source, "AssigningReplica", "Normal", f"Replica '{self.name}' has been scheduled to run on a node.")
        tell(source, "PullingImage", "Normal", f"Pulling image '{one['image']}'")
        try:
            container = await self._start(one)
        except StartError as failed:
            text = f"{CREATE_FAILURE}: {failed.message}"
            tell(source, "ContainerTerminated", "Warning", self._terminated(one, failed.code, text))
            self.world.logbook.ended(source)
            return self._note(one["name"], failed.code, text)
        except ImageError as failed:
            text = f"{PULL_FAILURE}: {failed.code}: {failed.message}"
            unauthorized = failed.code in ("UNAUTHORIZED", "DENIED")
            kind = "unauthorized" if unauthorized else failed.code.lower()
            reason = "ImagePullUnauthorized" if unauthorized else "ImagePullFailed"
            tell(source, reason, "Warning", f"Container pull image failed with {kind} error.")
            tell(source, "ContainerTerminated", "Warning", self._terminated(one, "", PULL_FAILURE))
            self.world.logbook.ended(source)
            return self._note(one["name"], 1, text)
        tell(source, "ContainerCreated", "Normal", f"Created container '{one['name']}'")
        tell(source, "ContainerStarted", "Normal", f"Started container '{one['name']}'")
        ended = await container.wait()
        self.world.running.containers.get(self.name, {}).pop(one["name"], None)
        self.world.logbook.ended(source)
        why = "Completed" if ended.code == 0 else "OOMKilled" if ended.oom else "Error"
        if self._ending.is_set():
            tell(source, "ContainerTerminated", "Warning", self._terminated(one, "", "ManuallyStopped"))
        else:
            reason = "OOMKilled" if ended.oom else "ProcessExited"
            tell(source, "ContainerTerminated", "Warning", self._terminated(one, _code(ended), reason))
            kind = "Normal" if ended.code == 0 else "Warning"
            tell(source, "ProcessExited", kind, self._terminated(one, _code(ended)))
        return self._note(one["name"], _code(ended), why)

    @staticmethod
    def _terminated(one: Document, code: int | str, reason: str = "") -> str:
        why = f" and reason '{reason}'" if reason else ""
        return f"Container '{one['name']}' was terminated with exit code '{code}'{why}"

    async def _start(self, one: Document) -> Container:
        began = time.monotonic()
        image = await self.world.runtime.resolve(one["image"], credentials(self.owner.job, one["image"]))
        await self._pulled(one, image, time.monotonic() - began)
        scratch = self.world.home / "scratch" / self.name / one["name"]
        scratch.mkdir(mode=0o700, parents=True)
        run = ContainerRun(
            name=one["name"],
            image=image,
            command=tuple(one.get("command", ())),
            args=tuple(one.get("args", ())),
            env=self._environment(one),
            hostname=self.name,
            cpu=one["resources"]["cpu"],
            memory=int(gibibytes(one["resources"]["memory"]) * GIB),
            scratch=scratch,
            sink=self.world.logbook.sink(self.owner.source(self.name, one)),
        )
        container = await self.world.runtime.start(run)
        self.record["containers"][one["name"]] |= {"id": container.id, "started": self.world.clock.now_ns()}
        self.world.running.containers.setdefault(self.name, {})[one["name"]] = container
        if self._ending.is_set():  # the end came while the container was being made
            await container.signal(signal.SIGTERM)
            self.end()
        return container

    async def _pulled(self, one: Document, image: ImageRef, seconds: float) -> None:
        """Tell that an image is there, and how large it is."""
        if image.id not in self.world.sizes:
            self.world.sizes |= {str(known["id"]): int(known["size"]) for known in await self.world.runtime.images()}
        took = f"{seconds:.2f}s" if seconds >= 1 else f"{max(round(seconds * 1000), 1)}ms"
        size = self.world.sizes.get(image.id, 0)
        text = f'Successfully pulled image "{one["image"]}" in {took}. Image size: {size} bytes.'
        self.world.logbook.event(self.owner.source(self.name, one), "PulledImage", "Normal", text)

    def _environment(self, one: Document) -> tuple[tuple[str, str], ...]:
        known = secret_values(self.owner.job)
        found = {**self.owner.variables, "CONTAINER_APP_REPLICA_NAME": self.name}
        for variable in one.get("env", ()):
            secret = variable.get("secretRef")
            found[variable["name"]] = known.get(secret, "") if secret else str(variable.get("value", ""))
        return tuple(found.items())

    def _note(self, name: str, code: int, why: str) -> int:
        status = "Succeeded" if code == 0 else "Failed"
        self.record["containers"][name] |= {"code": code, "status": status, "additionalInformation": why}
        self.world.store.changed()
        return code

    def end(self) -> None:
        """SIGTERM for every process of the replica, SIGKILL when the grace period is over."""
        self._ending.set()
        if self._killer is None or self._killer.done():
            self._killer = asyncio.ensure_future(self._kill())

    async def _kill(self) -> None:
        for container in list(self.world.running.containers.get(self.name, {}).values()):
            await container.signal(signal.SIGTERM)
        await self.world.clock.sleep(self.world.behaviour.grace)
        for container in list(self.world.running.containers.get(self.name, {}).values()):
            await container.signal(signal.SIGKILL)

    async def _tidy(self) -> None:
        folder = self.world.home / "scratch" / self.name
        if folder.exists():
            await asyncio.to_thread(remove_tree, folder)


def _code(ended: Ended) -> int:
    return 128 + signal.SIGKILL if ended.oom else ended.code


def secret_values(job: Document) -> dict[str, str]:
    """The job's secrets by name; one in a key vault has no value here."""
    return {one["name"]: one.get("value", "") for one in job["properties"]["configuration"].get("secrets", ())}


def credentials(job: Document, image: str) -> tuple[str, str] | None:
    """User and password that the job holds for the image's registry."""
    known = secret_values(job)
    for registry in job["properties"]["configuration"].get("registries", ()):
        server = registry.get("server", "").removeprefix("https://").rstrip("/")
        if server and registry.get("username") and _serves(server, image):
            return registry["username"], known.get(registry.get("passwordSecretRef", ""), "")
    return None


def _serves(server: str, image: str) -> bool:
    first = image.partition("/")[0]
    if "/" not in image or not ("." in first or ":" in first or first == "localhost"):
        first = "docker.io"
    return first == server or {first, server} <= {"docker.io", "index.docker.io", "registry-1.docker.io"}
