"""One replica of an execution: init containers in order, then its containers side by side."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING, Any

from azdock.emulator.folders import remove_tree
from azdock.emulator.jobbody import gibibytes
from azdock.emulator.launch import FAILURES, GIB, Launch, exit_code, failure, tell_end, tell_exit
from azdock.emulator.sampler import Sampler, Subject
from azdock.emulator.volumes import VOLUMES, Volumes
from azdock.emulator.world import World

if TYPE_CHECKING:
    from azdock.emulator.jobrunner import JobRun

Document = dict[str, Any]


class ReplicaRun:
    """Runs one replica; `end` makes it finish early. Its record tells what `detailedStatus` and replica lists show."""

    def __init__(self, owner: JobRun, name: str) -> None:
        self.owner = owner
        self.world: World = owner.world
        self.name = name
        self.record: Document = {"name": name, "created": 0, "ended": 0, "containers": {}}
        self._scratch = self.world.home / "scratch" / name
        # an execution's own template has containers only: its volumes are the job's
        volumes = Volumes(self.world, owner.job, owner.job["properties"]["template"], self._scratch / VOLUMES)
        self._launch = Launch(self.world, owner.job, name, owner.variables, volumes)
        self._ending = asyncio.Event()
        self._killer: asyncio.Task[None] | None = None

    async def run(self) -> bool:
        """Run to the end; whether every container ended with 0."""
        template = self.owner.record["template"]
        await self.world.clock.wait(self._ending, self.world.behaviour.replica_delay)
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
            self._launch.gone()
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
        return Sampler(
            self.world, self.name, self._began, Subject(self.owner.job["id"], self._dimensions, lambda: requested)
        )

    def _began(self, container: str) -> int:
        return int(self.record["containers"][container]["started"])

    def _dimensions(self) -> dict[str, str]:
        record = self.owner.record
        return {"state": record["status"], "jobName": self.owner.job["name"], "executionName": record["name"]}

    async def _containers(self, template: Document) -> bool:
        await self.world.clock.wait(self._ending, self.world.behaviour.container_delay)
        for one in template.get("initContainers", ()):
            if await self._container(one) != 0:
                for other in template["containers"]:
                    self._note(other["name"], 128 + signal.SIGTERM, "Error")
                return False
        codes = await asyncio.gather(*(self._container(one) for one in template["containers"]))
        return not any(codes)

    async def _container(self, one: Document) -> int:
        """Run one container; its exit code."""
        if self._ending.is_set():
            return self._note(one["name"], 128 + signal.SIGTERM, "Error")
        source = self.owner.source(self.name, one)
        scheduled = f"Replica '{self.name}' has been scheduled to run on a node."
        self.world.logbook.event(source, "AssigningReplica", "Normal", scheduled)
        try:
            container = await self._launch.start(one, source, self._scratch / one["name"])
        except FAILURES as failed:
            told = failure(self.world, source, failed)
            return self._note(one["name"], told.code, told.text)
        self.record["containers"][one["name"]] |= {"id": container.id, "started": self.world.clock.now_ns()}
        if self._ending.is_set():  # the end came while the container was being made
            await container.signal(signal.SIGTERM)
            self.end()
        ended = await container.wait()
        self._launch.ended(one["name"])
        self.world.logbook.ended(source)
        why = "Completed" if ended.code == 0 else "OOMKilled" if ended.oom else "Error"
        if self._ending.is_set():
            tell_end(self.world, source, "", "ManuallyStopped")
        else:
            tell_exit(self.world, source, ended)
        return self._note(one["name"], exit_code(ended), why)

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
        if self._scratch.exists():
            await asyncio.to_thread(remove_tree, self._scratch)
