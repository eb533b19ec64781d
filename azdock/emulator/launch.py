"""Starting the containers of a replica, of a job or an app alike, and telling in the system log how that went.

Sources: learn.microsoft.com/azure/container-apps/logging (system logs); azure-container-apps-practical-guide labs,
captures of 2026 (the words of ContainerTerminated)
"""

from __future__ import annotations

import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from azdock.emulator import appkeys
from azdock.emulator.functionsexport import Requests
from azdock.emulator.jobbody import gibibytes
from azdock.emulator.logbook import Source
from azdock.emulator.runtimes.base import Container, ContainerRun, Ended, ImageError, ImageRef, Sink, StartError
from azdock.emulator.secretvalues import credentials, secret_values
from azdock.emulator.volumes import VolumeError, Volumes
from azdock.emulator.world import World

Document = dict[str, Any]
CREATE_FAILURE = "ContainerCreateFailure"
PULL_FAILURE = "ImagePullFailure"
MOUNT_FAILURE = "VolumeMountFailure"
GIB = 1024**3
FAILURES = (StartError, ImageError, VolumeError)


@dataclass(frozen=True, slots=True)
class Failure:
    """A container that was not started: its exit code, the reason as the system log has it, and all that is known."""

    code: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Launch:
    """Starts the containers of one replica. `document` is the job or app; `variables` what Azure adds to them."""

    world: World
    document: Document
    replica: str
    variables: Mapping[str, str]
    volumes: Volumes

    async def start(self, one: Document, source: Source, scratch: Path) -> Container:
        """Start a container of the template in the folder `scratch`. Raises StartError, ImageError or VolumeError."""
        began = time.monotonic()
        self._tell(source, "PullingImage", f"Pulling image '{one['image']}'")
        image = await self.world.runtime.resolve(one["image"], credentials(self.document, one["image"]))
        await self._pulled(source, image, time.monotonic() - began)
        folders = self.volumes.folders(one)
        scratch.mkdir(mode=0o700, parents=True)
        environment = self._environment(one)
        exporter = self._exporter(one, dict(environment))
        run = ContainerRun(
            name=one["name"],
            image=image,
            command=tuple(one.get("command") or ()),
            args=tuple(one.get("args") or ()),
            env=environment,
            hostname=self.replica,
            cpu=one["resources"]["cpu"],
            memory=int(gibibytes(one["resources"]["memory"]) * GIB),
            scratch=scratch,
            sink=_both(self.world.logbook.sink(source), exporter),
            folders=folders,
            network=self.document["properties"]["environmentId"],
        )
        container = await self.world.runtime.start(run)
        self.world.running.containers.setdefault(self.replica, {})[one["name"]] = container
        if exporter is not None:
            self.world.exporters[container.id] = exporter
        self._tell(source, "ContainerCreated", f"Created container '{one['name']}'")
        self._tell(source, "ContainerStarted", f"Started container '{one['name']}'")
        return container

    def _exporter(self, one: Document, settings: Mapping[str, str]) -> Requests | None:
        """The telemetry of a function app's own container."""
        main = appkeys.is_function_app(self.document) and one["name"] == self._main()
        return Requests(self.world, self.document, self.replica, settings) if main else None

    def _main(self) -> str:
        return str(self.document["properties"]["template"]["containers"][0]["name"])

    def _tell(self, source: Source, reason: str, message: str) -> None:
        self.world.logbook.event(source, reason, "Normal", message)

    async def _pulled(self, source: Source, image: ImageRef, seconds: float) -> None:
        """Tell that an image is there, and how large it is."""
        if image.id not in self.world.sizes:
            self.world.sizes |= {str(known["id"]): int(known["size"]) for known in await self.world.runtime.images()}
        took = f"{seconds:.2f}s" if seconds >= 1 else f"{max(round(seconds * 1000), 1)}ms"
        size = self.world.sizes.get(image.id, 0)
        text = f'Successfully pulled image "{source.image}" in {took}. Image size: {size} bytes.'
        self._tell(source, "PulledImage", text)

    def _environment(self, one: Document) -> tuple[tuple[str, str], ...]:
        known = secret_values(self.document)
        found = {**self.variables, "CONTAINER_APP_REPLICA_NAME": self.replica}
        for variable in one.get("env") or ():
            secret = variable.get("secretRef")
            found[variable["name"]] = known.get(secret, "") if secret else str(variable.get("value") or "")
        return tuple(found.items())

    def ended(self, name: str) -> None:
        """A container of the replica runs no more."""
        container = self.world.running.containers.get(self.replica, {}).pop(name, None)
        exporter = self.world.exporters.pop(container.id, None) if container is not None else None
        if exporter is not None:
            exporter.close()

    def gone(self) -> None:
        """The whole replica runs no more."""
        self.world.running.containers.pop(self.replica, None)


def _both(sink: Sink, exporter: Requests | None) -> Sink:
    if exporter is None:
        return sink

    def write(stream: str, data: bytes, time_ns: int) -> None:
        sink(stream, data, time_ns)
        exporter.write(stream, data, time_ns)

    return write


def failure(world: World, source: Source, failed: Exception, waiting: bool = False) -> Failure:
    """What one of FAILURES means; the system log tells it. `waiting`: it will be tried again."""
    if isinstance(failed, StartError):
        found = Failure(failed.code, CREATE_FAILURE, f"{CREATE_FAILURE}: {failed.message}")
        tell_end(world, source, failed.code, found.text)
    elif isinstance(failed, ImageError):
        unauthorized = failed.code in ("UNAUTHORIZED", "DENIED")
        kind = "unauthorized" if unauthorized else failed.code.lower()
        reason = "ImagePullUnauthorized" if unauthorized else "ImagePullFailed"
        world.logbook.event(source, reason, "Warning", f"Container pull image failed with {kind} error.")
        found = Failure(1, PULL_FAILURE, f"{PULL_FAILURE}: {failed.code}: {failed.message}")
        tell_end(world, source, "", PULL_FAILURE)
    else:
        found = Failure(1, MOUNT_FAILURE, f"{MOUNT_FAILURE}: {failed}")
        tell_end(world, source, "", found.text)
    world.logbook.ended(source, waiting)
    return found


def tell_end(world: World, source: Source, code: int | str, reason: str) -> None:
    """Tell in the system log that a container was terminated, and why."""
    world.logbook.event(source, "ContainerTerminated", "Warning", terminated(source.container, code, reason))


def tell_exit(world: World, source: Source, ended: Ended) -> None:
    """Tell in the system log that a container's process has ended by itself."""
    tell_end(world, source, exit_code(ended), "OOMKilled" if ended.oom else "ProcessExited")
    kind = "Normal" if ended.code == 0 else "Warning"
    world.logbook.event(source, "ProcessExited", kind, terminated(source.container, exit_code(ended)))


def terminated(name: str, code: int | str, reason: str = "") -> str:
    """The words for a container's end; the exit code is "" where there is none."""
    why = f" and reason '{reason}'" if reason else ""
    return f"Container '{name}' was terminated with exit code '{code}'{why}"


def exit_code(ended: Ended) -> int:
    """The exit code as Azure tells it: 137 whatever the program made of running out of memory."""
    return 128 + signal.SIGKILL if ended.oom else ended.code
