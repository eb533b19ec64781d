"""CPU and memory limits and figures through control groups, version 1 or 2, where this process may make them."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
from dataclasses import dataclass
from pathlib import Path

# docs.kernel.org/admin-guide/cgroup-v1 and admin-guide/cgroup-v2.html name the files used here
PERIOD = 100_000  # microseconds, the kernel's and docker's default
CONTROLLERS = ("cpu", "cpuacct", "memory", "pids")
NAME = "azdock"
PATIENCE, PAUSE = 100, 0.01  # tries, and seconds between, to remove a group


@dataclass(frozen=True, slots=True)
class Cgroup:
    """One container's control group. `folders` maps a version 1 controller to its folder; version 2 has one, ""."""

    folders: dict[str, Path]

    def add(self, pid: int) -> None:
        """Move a process in, with whatever it will start."""
        for file in self.members():
            file.write_text(str(pid))

    def members(self) -> list[Path]:
        """The files a process id is written to."""
        return [folder / "cgroup.procs" for folder in dict.fromkeys(self.folders.values())]

    def limit(self, cpu: float, memory: int) -> None:
        """Set limits: cores and bytes, 0 for none."""
        quota = max(int(cpu * PERIOD), 1000)
        if "" in self.folders:
            if cpu:
                (self.folders[""] / "cpu.max").write_text(f"{quota} {PERIOD}")
            if memory:
                (self.folders[""] / "memory.max").write_text(str(memory))
                _try_write(self.folders[""] / "memory.swap.max", "0")
            return
        if cpu:
            (self.folders["cpu"] / "cpu.cfs_period_us").write_text(str(PERIOD))
            (self.folders["cpu"] / "cpu.cfs_quota_us").write_text(str(quota))
        if memory:
            (self.folders["memory"] / "memory.limit_in_bytes").write_text(str(memory))
            _try_write(self.folders["memory"] / "memory.memsw.limit_in_bytes", str(memory))

    def oom_killed(self) -> bool:
        """Whether the kernel killed a process of the group for want of memory."""
        if "" in self.folders:
            return _field(self.folders[""] / "memory.events", "oom_kill") > 0
        return _field(self.folders["memory"] / "memory.oom_control", "oom_kill") > 0

    def usage(self) -> dict[str, int]:
        """cpu_ns, memory_bytes (without file cache that can be dropped at once, as docker counts) and pids."""
        if "" in self.folders:
            folder = self.folders[""]
            cpu = _field(folder / "cpu.stat", "usage_usec") * 1000
            memory = _number(folder / "memory.current") - _field(folder / "memory.stat", "inactive_file")
            return {"cpu_ns": cpu, "memory_bytes": max(memory, 0), "pids": _number(folder / "pids.current")}
        cache = _field(self.folders["memory"] / "memory.stat", "total_inactive_file")
        return {
            "cpu_ns": _number(self.folders["cpuacct"] / "cpuacct.usage"),
            "memory_bytes": max(_number(self.folders["memory"] / "memory.usage_in_bytes") - cache, 0),
            "pids": _number(self.folders["pids"] / "pids.current"),
        }

    async def remove(self) -> None:
        """Remove the group once its last process is gone; one that never goes keeps an empty-handed group behind."""
        for _ in range(PATIENCE):
            left = [folder for folder in dict.fromkeys(self.folders.values()) if not _removed(folder)]
            if not left:
                return
            await asyncio.sleep(PAUSE)


class Cgroups:
    """Where this machine lets us make control groups. Raises OSError when it does not."""

    def __init__(self, owner: str, mounts: str = "/proc/self/mounts", own: str = "/proc/self/cgroup") -> None:
        self._prefix = f"{NAME}-{owner}-"
        rows = [line.split() for line in Path(mounts).read_text().splitlines()]
        self._own = dict(line.split(":", 2)[1:] for line in Path(own).read_text().splitlines())
        separate = [(name, Path(row[1])) for row in rows if row[2] == "cgroup" for name in row[3].split(",")]
        places = {name: place for name, place in separate if name in CONTROLLERS}
        unified = next((Path(row[1]) for row in rows if row[2] == "cgroup2"), None)
        if set(CONTROLLERS) <= places.keys():
            self._bases = {name: self._base(name, place) for name, place in places.items()}
        elif unified is not None:
            self._bases = {"": _enabled(unified)}
        else:
            raise FileNotFoundError("no control groups are mounted")
        for folder in self.make("probe", 0, 0).folders.values():
            _removed(folder)

    def _base(self, controller: str, place: Path) -> Path:
        path = next((path for names, path in self._own.items() if controller in names.split(",")), "/")
        inside = place / path.lstrip("/")
        return inside if inside.is_dir() else place  # in a container the path may be the outer one

    def clean(self) -> None:
        """Kill what an earlier owner of the same name left running when it was killed itself: a program that became
        another user has lost the kernel's promise to die with its parent."""
        for base in dict.fromkeys(self._bases.values()):
            for folder in base.glob(f"{self._prefix}*"):
                for pid in (folder / "cgroup.procs").read_text().split():
                    try:
                        os.kill(int(pid), signal.SIGKILL)
                    except ProcessLookupError:
                        continue
                _removed(folder)

    def make(self, name: str, cpu: float, memory: int) -> Cgroup:
        """A new group with limits. Raises OSError."""
        group = Cgroup({key: base / f"{self._prefix}{name}" for key, base in self._bases.items()})
        for folder in group.folders.values():
            folder.mkdir(exist_ok=True)
        group.limit(cpu, memory)
        return group


def _enabled(mount: Path) -> Path:
    """A version 2 parent whose children have the controllers: processes may only live in the leaves."""
    parent = mount / NAME
    parent.mkdir(exist_ok=True)
    for folder in (mount, parent):
        control = folder / "cgroup.subtree_control"
        missing = {"cpu", "memory", "pids"} - set(control.read_text().split())
        if missing:
            control.write_text(" ".join(f"+{name}" for name in sorted(missing)))
    return parent


def available(home: Path) -> Cgroups | None:
    """Control groups if this process may make them, else None: limits are then not enforced. What an earlier emulator
    of the same home left in its groups is killed."""
    if os.geteuid() != 0:
        return None
    try:
        groups = Cgroups(hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:12])
        groups.clean()
        return groups
    except OSError:
        return None


def _removed(folder: Path) -> bool:
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:  # EBUSY: a command inside is about to end with its container
        return False
    return True


def _try_write(file: Path, text: str) -> None:
    """Set what not every kernel has: accounting of swap."""
    if file.exists():
        file.write_text(text)


def _number(file: Path) -> int:
    return int(file.read_text())


def _field(file: Path, name: str) -> int:
    rows = (line.split() for line in file.read_text().splitlines())
    return next((int(row[1]) for row in rows if row[0] == name), 0)
