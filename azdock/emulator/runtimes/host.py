"""The reserved image azdock/host: the host's own programs, sandboxed where bubblewrap runs."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from azdock.emulator.runtimes import bubblewrap
from azdock.emulator.runtimes.base import Container, ContainerRun, ImageConfig, ImageRef, StartError
from azdock.emulator.runtimes.cgroup import Cgroups
from azdock.emulator.runtimes.environment import container_env, hostname
from azdock.emulator.runtimes.plain import PlainContainer
from azdock.emulator.runtimes.rootfs import DEFAULT_PATH, Root, User
from azdock.emulator.runtimes.sandboxed import Plan, SandboxContainer

REFERENCE = "azdock/host"
FOLDER = "/tmp"  # the one writable folder inside: the container's scratch, its working directory and its HOME
ENTERING = ("-m", "-u", "-i", "-p", "-C")
UNSANDBOXED = "bubblewrap may not run here: azdock/host containers are plain processes without a sandbox"

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

    def __init__(self, wrap: bubblewrap.Bubblewrap | None, cgroups: Cgroups | None, notice: Notice) -> None:
        self._wrap, self._cgroups, self._notice = wrap, cgroups, notice
        self._told = False

    async def start(self, run: ContainerRun) -> Container:
        """Start a container on the host's file system. Raises StartError."""
        scratch = run.scratch / "tmp"
        scratch.mkdir(parents=True, exist_ok=True)
        if self._wrap is None:
            return self._plain(run, scratch)
        env = container_env(run, FOLDER)
        Root([Path("/")]).check_program(run.argv[0], env["PATH"], "/")
        ident = secrets.token_hex(32)
        cgroup = self._cgroups.make(ident[:16], run.cpu, run.memory) if self._cgroups else None
        container = SandboxContainer(ident, run, _plan(run, env, scratch), self._wrap, cgroup)
        await container.start()
        return container

    def _plain(self, run: ContainerRun, scratch: Path) -> Container:
        if not self._told:
            self._told = True
            self._notice(UNSANDBOXED)
        return PlainContainer.start(run, container_env(run, str(scratch)), scratch)


def _plan(run: ContainerRun, env: dict[str, str], scratch: Path) -> Plan:
    uid = os.geteuid()
    options = [
        *bubblewrap.NAMESPACES, "--hostname", hostname(run), "--ro-bind", "/", "/",
        *bubblewrap.device_options(), "--bind", str(scratch), FOLDER,
        *bubblewrap.capability_options(uid), "--chdir", FOLDER, "--clearenv",
    ]  # fmt: skip
    options += [word for name, text in env.items() for word in ("--setenv", name, text)]
    entering = ENTERING if uid == 0 else ("-U", "--preserve-credentials", *ENTERING)
    return Plan(tuple(options), run.argv, env, FOLDER, User(uid, os.getegid()), entering)


__all__ = ["HostContainers", "Notice", "StartError", "host_image", "is_host"]
