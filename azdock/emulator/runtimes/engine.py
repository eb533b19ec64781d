"""The engine runtime: containers and images of a Docker engine, through the `docker` package."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from pathlib import Path
from typing import Any

import docker
from docker import errors
from docker.types import Mount
from docker.utils import parse_repository_tag

from azdock.emulator.runtimes import bubblewrap, cgroup
from azdock.emulator.runtimes.base import Container, ContainerRun, ImageError, ImageRef, StartError
from azdock.emulator.runtimes.engined import EngineContainer, start_error
from azdock.emulator.runtimes.environment import hostname
from azdock.emulator.runtimes.fleet import Fleet
from azdock.emulator.runtimes.hijack import Address
from azdock.emulator.runtimes.host import HostContainers, Notice, host_image, is_host
from azdock.emulator.runtimes.imageconfig import of_config
from azdock.emulator.runtimes.network_engine import EngineNetworks, Seat

LABEL = "azdock-emulator"
ANSWER_SECONDS = 60

# an engine tells a registry's refusal in words only
REFUSALS = (
    ("MANIFEST_UNKNOWN", ("manifest unknown", "not found", "no such image")),
    ("UNAUTHORIZED", ("unauthorized", "authentication required", "no basic auth credentials")),
    ("DENIED", ("denied",)),
    ("TOOMANYREQUESTS", ("toomanyrequests",)),
    ("NAME_INVALID", ("invalid reference format",)),
)


class EngineUnavailable(Exception):
    """No Docker engine answers; the text says why."""


async def connect(home: Path, notice: Notice) -> EngineRuntime:
    """The runtime over the engine of the environment; what an earlier emulator of `home` left is removed.

    Raises EngineUnavailable.
    """
    try:
        api = await asyncio.to_thread(_client)
    except errors.DockerException as error:
        raise EngineUnavailable(str(error)) from error
    runtime = EngineRuntime(api, home, notice)
    await runtime.clean()
    return runtime


def _client() -> Any:
    client = docker.from_env(timeout=ANSWER_SECONDS)
    client.ping()
    return client.api


class EngineRuntime:
    """Runs images in a Docker engine. Its containers carry a label, so that it never touches anybody else's."""

    name = "engine"

    def __init__(self, api: Any, home: Path, notice: Notice) -> None:
        self.api, self._address = api, Address.from_environment()
        self.ident = hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:16]
        try:
            wrap = bubblewrap.probe(home / "scratch")
        except bubblewrap.Unavailable:
            wrap = None
        self._host = HostContainers(wrap, cgroup.available(home), notice)
        self._fleet = Fleet()
        self.networks = EngineNetworks(api, {LABEL: self.ident}, self._address.url, notice)

    async def clean(self) -> None:
        """Remove containers and networks of an emulator that ended without doing so."""
        mine = {"label": f"{LABEL}={self.ident}"}
        for row in await asyncio.to_thread(self.api.containers, all=True, filters=mine):
            await asyncio.to_thread(self.api.remove_container, row["Id"], v=True, force=True)
        await self.networks.clean()

    async def start(self, run: ContainerRun) -> Container:
        """Start a container. Raises StartError."""
        container = await (self._host.start(run) if run.image.host else self._start(run))
        self._fleet.add(container)
        return container

    async def _start(self, run: ContainerRun) -> Container:
        seat = Seat()
        try:
            seat = await self.networks.join(run.network, hostname(run), run.scratch)
            made = await asyncio.to_thread(self._create, run, seat)
        except BaseException as error:
            seat.leave()
            if isinstance(error, errors.APIError):
                raise start_error(str(error.explanation or error)) from error
            if isinstance(error, OSError):
                raise StartError(126, f"unable to make the container's network: {error.strerror}") from error
            raise
        self.networks.seated(run.network, hostname(run), made, seat)
        container = EngineContainer(self.api, self._address, made, run, seat)
        await container.start()
        return container

    def _create(self, run: ContainerRun, seat: Seat) -> str:
        if not run.argv:
            raise StartError(127, 'exec: "": executable file not found in $PATH')
        limits: dict[str, Any] = dict(seat.host)
        if run.cpu:
            limits["nano_cpus"] = int(run.cpu * 1_000_000_000)
        if run.memory:
            limits |= {"mem_limit": run.memory, "memswap_limit": run.memory}
        folders = [Mount(one.target, str(one.source), "bind", one.read_only) for one in run.folders]
        limits["mounts"] = [*seat.mounts, *folders] or None
        made = self.api.create_container(
            run.image.id,
            entrypoint=list(run.command) or None,
            command=list(run.args) or None,
            environment=[f"{name}={text}" for name, text in run.env],
            labels={LABEL: self.ident},
            name=f"azdock-{hostname(run)}-{run.name}-{secrets.token_hex(4)}",
            host_config=self.api.create_host_config(**limits),
            **({"hostname": hostname(run)} if not run.network else seat.create),
        )
        return str(made["Id"])

    async def resolve(self, reference: str, auth: tuple[str, str] | None = None, pull: str = "missing") -> ImageRef:
        """Make an image ready to run: the engine's own, or pulled by it. Raises ImageError."""
        if is_host(reference):
            return host_image(reference)
        return await asyncio.to_thread(self._resolve, reference, auth, pull)

    def _resolve(self, reference: str, auth: tuple[str, str] | None, pull: str) -> ImageRef:
        if pull == "always":
            self._pull(reference, auth)
        try:
            facts = self.api.inspect_image(reference)
        except errors.NotFound:
            if pull != "missing":
                raise ImageError("MANIFEST_UNKNOWN", f"No such image: {reference}") from None
            self._pull(reference, auth)
            facts = self.api.inspect_image(reference)
        except errors.APIError as error:
            raise _refusal(reference, str(error.explanation or error)) from error
        config = facts.get("Config") or {}
        return ImageRef(reference, facts["Id"], of_config(config))

    def _pull(self, reference: str, auth: tuple[str, str] | None) -> None:
        repository, tag = parse_repository_tag(reference)
        login = {"username": auth[0], "password": auth[1]} if auth else None
        try:
            lines = self.api.pull(repository, tag or "latest", stream=True, decode=True, auth_config=login)
            complaint = next((line["error"] for line in lines if "error" in line), "")
        except errors.APIError as error:
            raise _refusal(reference, str(error.explanation or error)) from error
        if complaint:
            raise _refusal(reference, complaint)

    async def images(self) -> list[dict[str, Any]]:
        """The engine's images."""
        rows = await asyncio.to_thread(self.api.images)
        return [
            {
                "id": row["Id"],
                "tags": [tag for tag in row.get("RepoTags") or [] if tag != "<none>:<none>"],
                "digests": [digest for digest in row.get("RepoDigests") or [] if not digest.startswith("<none>")],
                "size": row["Size"],
                "created": row["Created"],
                "labels": row.get("Labels") or {},
            }
            for row in rows
        ]

    async def load(self, archive: Path) -> list[str]:
        """Hand an archive to the engine. Raises ImageError."""
        return await asyncio.to_thread(self._load, archive)

    def _load(self, archive: Path) -> list[str]:
        texts: list[str] = []
        try:
            with open(archive, "rb") as file:
                for line in self.api.load_image(file):
                    if "error" in line:
                        raise ImageError("INVALID_ARCHIVE", line["error"])
                    texts += str(line.get("stream", "")).splitlines()
        except errors.APIError as error:
            raise ImageError("INVALID_ARCHIVE", str(error.explanation or error)) from error
        return [text.partition(": ")[2] for text in texts if text.startswith("Loaded image")]

    async def remove(self, reference: str, force: bool) -> list[tuple[str, str]]:
        """Untag or delete an image of the engine. Raises ImageError NOT_FOUND or CONFLICT."""
        try:
            rows = await asyncio.to_thread(self.api.remove_image, reference, force=force)
        except errors.NotFound as error:
            raise ImageError("NOT_FOUND", str(error.explanation or error)) from error
        except errors.APIError as error:
            raise ImageError("CONFLICT", str(error.explanation or error)) from error
        return [(word, text) for row in rows for word, text in row.items()]

    async def close(self) -> None:
        """End every container and leave the engine."""
        await self._fleet.close()
        await self.clean()
        self.networks.close()
        await asyncio.to_thread(self.api.close)


def _refusal(reference: str, text: str) -> ImageError:
    low = text.lower()
    code = next((code for code, words in REFUSALS if any(word in low for word in words)), "UNAVAILABLE")
    return ImageError(code, f"{reference}: {text}")
