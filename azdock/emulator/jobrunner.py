"""One execution under way: replicas side by side, retries, timeout, stop, and how it all ended.

Sources: learn.microsoft.com/azure/container-apps/jobs (retries, timeout, parallelism);
kubernetes.io/docs/concepts/workloads/controllers/job (BackoffLimitExceeded, DeadlineExceeded)
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import signal
import string
from typing import Any

from azdock.emulator.destinations import destination
from azdock.emulator.launch import CREATE_FAILURE
from azdock.emulator.logbook import Source
from azdock.emulator.replicarun import ReplicaRun
from azdock.emulator.world import World

Document = dict[str, Any]
ALPHABET = string.ascii_lowercase + string.digits
log = logging.getLogger(__name__)


def random_tail(length: int) -> str:
    """Random lower-case letters and digits, as in the names of executions and replicas."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


class JobRun:
    """Carries out one execution; `record` is its stored document and always shows the present state."""

    def __init__(self, world: World, job: Document, record: Document) -> None:
        self.world = world
        self.job = job
        self.record = record
        self._replicas: set[ReplicaRun] = set()
        self._stopping = asyncio.Event()
        self._deadline = False
        self.task = asyncio.get_running_loop().create_task(self._supervise())
        world.runs[record["name"]] = self

    def source(self, replica: str, container: Document) -> Source:
        """Whose log it is."""
        return Source(
            kind="job",
            name=self.job["name"],
            revision=self.record["name"],
            replica=replica,
            container=container["name"],
            image=container["image"],
            group=self.job["id"].split("/")[4],
            environment=self.job["properties"]["environmentId"].rpartition("/")[2],
            destination=destination(self.world, self.job["properties"]["environmentId"]),
        )

    def tell(self, reason: str, kind: str, message: str, replica: str = "") -> None:
        """A system log entry about the execution, or one of its replicas."""
        source = self.source(replica, {"name": "", "image": ""})
        self.world.logbook.event(source, reason, kind, message)

    @property
    def variables(self) -> dict[str, str]:
        """What Azure adds to the environment of every container of this execution."""
        return {
            "CONTAINER_APP_JOB_NAME": self.job["name"],
            "CONTAINER_APP_JOB_EXECUTION_NAME": self.record["name"],
        }

    def stop(self) -> None:
        """Stopped at once for everybody who asks; the processes get SIGTERM, and SIGKILL after the grace period."""
        if self.record["status"] == "Running":
            self.record["status"] = "Stopped"
            self.world.store.changed()
        self._end_replicas()

    def _end_replicas(self) -> None:
        self._stopping.set()
        for replica in list(self._replicas):
            replica.end()

    async def _supervise(self) -> None:
        cancel = self.world.clock.later(self.job["properties"]["configuration"]["replicaTimeout"], self._expire)
        try:
            await self._replicate()
        except Exception:
            log.exception("execution %s", self.record["name"])
            self._close("Failed", "InternalError", "The embedded Azure failed; see its log.")
        finally:
            cancel()
            self.record["ended"] = self.world.clock.now_ns()
            self.world.runs.pop(self.record["name"], None)
            self.world.store.changed()

    def _expire(self) -> None:
        self._deadline = True
        self._end_replicas()

    async def _replicate(self) -> None:
        """Keep replicas going until enough have succeeded or too many have failed."""
        configuration = self.job["properties"]["configuration"]
        limits = configuration[f"{configuration['triggerType'].lower()}TriggerConfig"]
        wanted, retries = limits["replicaCompletionCount"], configuration["replicaRetryLimit"]
        succeeded = failed = 0
        active: set[asyncio.Task[bool]] = set()
        while succeeded < wanted and failed <= retries and not self._stopping.is_set():
            while len(active) < min(limits["parallelism"], wanted - succeeded):
                active.add(asyncio.create_task(self._one_replica()))
            done, active = await asyncio.wait(active, return_when=asyncio.FIRST_COMPLETED)
            succeeded += sum(task.result() for task in done)
            failed += sum(not task.result() for task in done)
        if failed > retries or self._stopping.is_set():
            for replica in list(self._replicas):
                replica.end()
        if active:
            done, _ = await asyncio.wait(active)
            succeeded += sum(task.result() for task in done)
        self._conclude(succeeded >= wanted)

    async def _one_replica(self) -> bool:
        replica = ReplicaRun(self, f"{self.record['name']}-{random_tail(5)}")
        self._replicas.add(replica)
        created = f"Successfully created pod for Job Execution '{self.record['name']}'"
        self.tell("SuccessfulCreate", "Normal", created, replica.name)
        try:
            return await replica.run()
        finally:
            self._replicas.discard(replica)

    def _conclude(self, enough: bool) -> None:
        last = self.record["replicas"][-1]["containers"].values() if self.record["replicas"] else ()
        failures = [one["additionalInformation"] for one in last if one["code"] not in (-1, 0)]
        created = next((text for text in failures if text.startswith(CREATE_FAILURE)), "")
        if self._deadline and not enough:
            self._close("Failed", "DeadlineExceeded", "Job was active longer than specified deadline")
        elif enough:
            self._close("Succeeded")
        elif created:
            self._close("Failed", CREATE_FAILURE, created.partition(": ")[2])
        else:
            self._close("Failed", "BackoffLimitExceeded", "Job has reached the specified backoff limit")
        for replica in self.record["replicas"]:
            failed = any(one["code"] for one in replica["containers"].values())
            how = f"Pod exited with status {'Failed' if failed else 'Succeeded'}"
            self.tell("PodDeletion", "Normal", how, replica["name"])

    def _close(self, status: str, reason: str = "", message: str = "") -> None:
        """The execution is over; one that was stopped stays so, and the system log says nothing of it."""
        if self.record["status"] != "Running":
            return
        self.record |= {"status": status, "reason": reason, "message": message}
        if status == "Succeeded":
            self.tell("Completed", "Normal", "Execution has successfully completed")
        else:
            self.tell(reason, "Warning", message)


def begin(world: World, job: Document, template: Document) -> Document:
    """Start an execution of a job and return its stored document."""
    record: Document = {
        "name": f"{job['name']}-{random_tail(7)}",
        "status": "Running",
        "started": world.clock.now_ns(),
        "ended": 0,
        "template": template,
        "replicas": [],
    }
    world.store.add_run(job["id"], record)
    JobRun(world, job, record)
    return record


async def end_all(world: World) -> None:
    """Stop every execution and wait until its processes are gone."""
    runs = list(world.runs.values())
    for run in runs:
        run.stop()
    if runs:
        await asyncio.wait([run.task for run in runs])


def mark_lost(world: World) -> None:
    """Executions that the emulator's own crash cut off have failed; operations under way are taken as done."""
    for runs in world.store.executions.values():
        for record in runs.values():
            cut = False
            for replica in record["replicas"]:
                for container in replica["containers"].values():
                    if container["code"] == -1:
                        cut = True
                        container |= {
                            "code": 128 + signal.SIGKILL,
                            "status": "Failed",
                            "additionalInformation": "Error",
                        }
                replica["ended"] = 1  # long ago: no replica of an earlier process lingers
            if record["status"] == "Running":
                record |= {"status": "Failed", "reason": "BackoffLimitExceeded", "message": "The emulator was killed."}
            if cut or not record["ended"]:
                record["ended"] = record["ended"] or world.clock.now_ns()
    for document in list(world.store.resources.values()):
        if document.get("state") == "Deleting":
            world.store.delete(document["id"])
        elif document.get("state") not in (None, "Succeeded", "Failed"):
            document["state"] = "Succeeded"
