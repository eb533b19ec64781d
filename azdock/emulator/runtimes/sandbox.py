"""The sandbox runtime: unpacked images under bubblewrap, no daemon and no root needed."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from azdock.emulator.runtimes import bubblewrap, cgroup, mounts
from azdock.emulator.runtimes.base import Container, ContainerRun, ImageRef
from azdock.emulator.runtimes.environment import container_env, hostname
from azdock.emulator.runtimes.fleet import Fleet
from azdock.emulator.runtimes.host import ENTERING, KEEPING, HostContainers, host_image, is_host
from azdock.emulator.runtimes.network import Joining, NoNetworks
from azdock.emulator.runtimes.rootfs import Root, User
from azdock.emulator.runtimes.sandboxed import Plan, SandboxContainer, attached
from azdock.emulator.runtimes.scratch import copy_root, prepare

NO_LIMITS = "CPU and memory limits are not enforced: this user may not make control groups"
ASIDE = "/tmp"  # a folder that every host has
SWITCHING = ("SYS_CHROOT", "SETUID", "SETGID")
OPTION_ROOM = 3500  # overlayfs takes its options on one page of 4096 bytes


class ImageStore(Protocol):
    """What the runtime needs of an image store; same promises as Runtime's methods of these names."""

    async def resolve(self, reference: str, auth: tuple[str, str] | None = None, pull: str = "missing") -> ImageRef: ...
    async def images(self) -> list[dict[str, Any]]: ...
    async def load(self, archive: Path) -> list[str]: ...
    async def remove(self, reference: str, force: bool) -> list[tuple[str, str]]: ...


class SandboxRuntime:
    """Runs images of a store in sandboxes, for the one emulator of `home`. `notice` is told once what this machine
    does not allow."""

    name = "sandbox"

    def __init__(
        self,
        wrap: bubblewrap.Bubblewrap,
        store: ImageStore,
        home: Path,
        notice: Callable[[str], None],
        networks: Joining | None = None,
    ) -> None:
        self._wrap, self._store, self._notice = wrap, store, notice
        self.networks: Joining = networks or NoNetworks()
        self._cgroups = cgroup.available(home)
        self._host = HostContainers(wrap, self._cgroups, notice, self.networks)
        self._fleet = Fleet()
        self._told = False

    async def resolve(self, reference: str, auth: tuple[str, str] | None = None, pull: str = "missing") -> ImageRef:
        """Make an image ready to run. Raises ImageError."""
        return host_image(reference) if is_host(reference) else await self._store.resolve(reference, auth, pull)

    async def start(self, run: ContainerRun) -> Container:
        """Start a container. Raises StartError."""
        if self._cgroups is None and (run.cpu or run.memory) and not self._told:
            self._told = True
            self._notice(NO_LIMITS)
        container = await (self._host.start(run) if run.image.host else self._start(run))
        self._fleet.add(container)
        return container

    async def _start(self, run: ContainerRun) -> Container:
        root = Root(run.image.layers)
        user = root.user(run.image.config.user)
        env = container_env(run, user.home)
        workdir = root.real(run.image.config.workdir or "/")
        mounts.check_program(root, run, env["PATH"], workdir)
        place = self._place(user)
        options = await self._root_options(run, root, workdir, place)
        binds = mounts.bind_options(root, run.folders, place)
        plan = self._plan(run, options, binds, env, workdir, user, place)
        ident = secrets.token_hex(32)
        group = self._cgroups.make(ident[:16], run.cpu, run.memory) if self._cgroups else None
        joined = await attached(self.networks, run)
        if joined is not None:
            etc = f"{place}{root.real('/etc')}"
            plan = plan.mounting((file, f"{etc}/{name}") for name, file in joined.files.items())
        container = SandboxContainer(ident, run, plan, self._wrap, group, joined)
        await container.start()
        return container

    def _place(self, user: User) -> str:
        """Where the image's root is mounted: "" is /. Root can become another user only after bubblewrap is done, and
        the image has no program for that; so the host's nsenter, seen read-only, enters a root that lies beside it."""
        return ASIDE if os.geteuid() == 0 and (user.uid or user.gid) else ""

    async def _root_options(self, run: ContainerRun, root: Root, workdir: str, place: str) -> list[str]:
        """An overlay where that works and its options fit, else a copy of the image."""
        beside = ["--ro-bind", "/", "/"] if place else []
        upper, work = run.scratch / "upper", run.scratch / "work"
        room = sum(len(os.fsencode(layer)) + len("/oldroot:") for layer in (*run.image.layers, upper, work))
        if self._wrap.overlay and room < OPTION_ROOM:
            work.mkdir(parents=True, exist_ok=True)
            prepare(root, upper, workdir, hostname(run))
            mounts.mount_points(root, upper, run.folders)
            return [*beside, *bubblewrap.overlay_options(run.image.layers, upper, work, place or "/")]
        copy = run.scratch / "root"
        await asyncio.to_thread(copy_root, root, copy)
        prepare(root, copy, workdir, hostname(run))
        mounts.mount_points(root, copy, run.folders)
        return [*beside, "--bind", str(copy), place or "/"]

    def _plan(
        self,
        run: ContainerRun,
        root: list[str],
        binds: list[str],
        env: dict[str, str],
        workdir: str,
        user: User,
        place: str,
    ) -> Plan:
        ours = os.geteuid() == 0
        switching = bool(place)
        names = SWITCHING if switching else bubblewrap.CAPABILITIES if user.uid == 0 else ()
        options = [
            *bubblewrap.NAMESPACES,
            *([] if ours else ["--unshare-user", "--uid", str(user.uid), "--gid", str(user.gid)]),
            "--hostname", hostname(run), *root, *bubblewrap.device_options(place), *binds,
            *bubblewrap.capability_options(names), "--chdir", "/" if switching else workdir,
            *bubblewrap.environment_options(env),
        ]  # fmt: skip
        become = ["-S", str(user.uid), "-G", str(user.gid)] if switching else []
        prefix = [self._wrap.nsenter, f"--root={place}", f"--wd={place}{workdir}", *become, "--"] if switching else []
        nested = not ours and user.uid != 0
        entering = (*ENTERING, *become, *(["-r"] if switching else []), *(["-U"] if nested else []))
        return Plan(tuple(options), (*prefix, *run.argv), env, workdir, entering, () if ours else KEEPING, nested)

    async def images(self) -> list[dict[str, Any]]:
        """What the store holds."""
        return await self._store.images()

    async def load(self, archive: Path) -> list[str]:
        """Import an archive into the store. Raises ImageError."""
        return await self._store.load(archive)

    async def remove(self, reference: str, force: bool) -> list[tuple[str, str]]:
        """Untag or delete an image of the store. Raises ImageError."""
        return await self._store.remove(reference, force)

    async def close(self) -> None:
        """End every container."""
        await self._fleet.close()
        await self.networks.close()
