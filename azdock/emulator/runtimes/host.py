"""The reserved image azdock/host: the host's own programs, sandboxed where bubblewrap runs."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from azdock.emulator.runtimes import bubblewrap, mounts
from azdock.emulator.runtimes.base import Container, ContainerRun, ImageConfig, ImageError, ImageRef
from azdock.emulator.runtimes.cgroup import Cgroups
from azdock.emulator.runtimes.environment import container_env, hostname
from azdock.emulator.runtimes.fleet import Fleet
from azdock.emulator.runtimes.network import Joining, Networks, NoNetworks
from azdock.emulator.runtimes.plain import PlainContainer
from azdock.emulator.runtimes.rootfs import DEFAULT_PATH, Root
from azdock.emulator.runtimes.sandboxed import Plan, SandboxContainer, attached

REFERENCE = "azdock/host"
FOLDER = "/tmp"  # the one writable folder inside: the container's scratch, its working directory and its HOME
ENTERING = ("-m", "-u", "-i", "-C")  # nsenter's options for every namespace but the pid namespace
KEEPING = ("--preserve-credentials",)
UNSANDBOXED = "bubblewrap may not run here: azdock/host containers are plain processes without a sandbox"
INSTALL = "only azdock/host can run here; for images install azdock[sandbox] or start a Docker engine"

Notice = Callable[[str], None]


def is_host(reference: str) -> bool:
    """Whether a reference names the reserved image, in any of its spellings."""
    return reference.removeprefix("docker.io/").removesuffix(":latest") == REFERENCE


def host_image(reference: str = REFERENCE) -> ImageRef:
    """The reserved image: a shell, and the PATH the emulator has."""
    ident = "sha256:" + hashlib.sha256(REFERENCE.encode()).hexdigest()
    config = ImageConfig(command=("sh",), env=(f"PATH={os.environ.get('PATH') or DEFAULT_PATH}",))
    return ImageRef(reference, ident, config, host=True)


class HostContainers:
    """Starts azdock/host containers; `wrap` None means plain processes, which `notice` is told once."""

    def __init__(
        self,
        wrap: bubblewrap.Bubblewrap | None,
        cgroups: Cgroups | None,
        notice: Notice,
        networks: Joining | None = None,
    ) -> None:
        self._wrap, self._cgroups, self._notice = wrap, cgroups, notice
        self._networks = networks or NoNetworks()
        self._told = False

    async def start(self, run: ContainerRun) -> Container:
        """Start a container on the host's file system. Raises StartError."""
        scratch = run.scratch / "tmp"
        scratch.mkdir(parents=True, exist_ok=True)
        if self._wrap is None:
            return self._plain(run, scratch)
        env = container_env(run, FOLDER)
        mounts.check_program(Root([Path("/")]), run, env["PATH"], FOLDER)
        ident = secrets.token_hex(32)
        cgroup = self._cgroups.make(ident[:16], run.cpu, run.memory) if self._cgroups else None
        place = await attached(self._networks, run)
        plan = _plan(run, env, scratch)
        if place is not None:
            known = {Path("/etc", name).resolve(): file for name, file in place.files.items()}
            plan = plan.mounting((file, str(path)) for path, file in known.items() if path.is_file())
        container = SandboxContainer(ident, run, plan, self._wrap, cgroup, place)
        await container.start()
        return container

    def _plain(self, run: ContainerRun, scratch: Path) -> Container:
        if not self._told:
            self._told = True
            self._notice(UNSANDBOXED)
        return PlainContainer.start(run, container_env(run, str(scratch)), scratch)


def _plan(run: ContainerRun, env: dict[str, str], scratch: Path) -> Plan:
    root = os.geteuid() == 0
    options = [
        *bubblewrap.NAMESPACES, "--hostname", hostname(run), *mounts.host_options(run.folders, FOLDER),
        *bubblewrap.device_options(), "--bind", str(scratch), FOLDER,
        *mounts.bind_options(Root([Path("/")]), run.folders), *(["--remount-ro", "/"] if run.folders else []),
        *bubblewrap.capability_options(bubblewrap.CAPABILITIES if root else ()), "--chdir", FOLDER,
        *bubblewrap.environment_options(env),
    ]  # fmt: skip
    entering = ENTERING if root else (*ENTERING, "-U")
    return Plan(tuple(options), run.argv, env, FOLDER, entering, () if root else KEEPING, not root)


class HostRuntime:
    """The runtime of a machine that can run no image: azdock/host as plain processes and nothing else."""

    name = "host"

    def __init__(self, reason: str, notice: Notice) -> None:
        self.networks: Networks = NoNetworks()
        self._refusal = f"{INSTALL} ({reason})"
        self._host = HostContainers(None, None, notice)
        self._fleet = Fleet()

    async def resolve(
        self,
        reference: str,
        auth: tuple[str, str] | None = None,  # noqa: ARG002
        pull: str = "missing",  # noqa: ARG002
    ) -> ImageRef:
        """The reserved image. Raises ImageError for any other."""
        if is_host(reference):
            return host_image(reference)
        raise ImageError("UNSUPPORTED", f"{reference}: {self._refusal}")

    async def start(self, run: ContainerRun) -> Container:
        """Start a plain process. Raises StartError."""
        container = await self._host.start(run)
        self._fleet.add(container)
        return container

    async def images(self) -> list[dict[str, Any]]:
        """No images are stored."""
        return []

    async def load(self, archive: Path) -> list[str]:
        """Raises ImageError: nothing could run it."""
        raise ImageError("UNSUPPORTED", f"{archive.name}: {self._refusal}")

    async def remove(self, reference: str, force: bool) -> list[tuple[str, str]]:  # noqa: ARG002
        """Raises ImageError: nothing is stored."""
        raise ImageError("NOT_FOUND", f"No such image: {reference}")

    async def close(self) -> None:
        """End every container."""
        await self._fleet.close()
