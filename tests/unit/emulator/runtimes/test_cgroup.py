"""Control groups, on folders that look like the kernel's."""

from __future__ import annotations

import asyncio
from pathlib import Path

from azdock.emulator.runtimes.cgroup import Cgroup


def test_version_1(tmp_path: Path) -> None:
    """Limits and figures use version 1's files, one folder per controller."""
    folders = {name: tmp_path / name for name in ("cpu", "cpuacct", "memory", "pids")}
    for folder in folders.values():
        folder.mkdir()
    group = Cgroup(folders)
    group.limit(0.5, 1 << 30)
    assert (folders["cpu"] / "cpu.cfs_quota_us").read_text() == "50000"
    assert (folders["memory"] / "memory.limit_in_bytes").read_text() == str(1 << 30)
    (folders["cpuacct"] / "cpuacct.usage").write_text("123\n")
    (folders["memory"] / "memory.usage_in_bytes").write_text("1000\n")
    (folders["memory"] / "memory.stat").write_text("cache 5\ntotal_inactive_file 400\n")
    (folders["pids"] / "pids.current").write_text("2\n")
    (folders["memory"] / "memory.oom_control").write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 1\n")
    assert group.usage() == {"cpu_ns": 123, "memory_bytes": 600, "pids": 2}
    assert group.oom_killed()


def test_version_2(tmp_path: Path) -> None:
    """Limits and figures use version 2's files in one folder."""
    group = Cgroup({"": tmp_path})
    (tmp_path / "memory.swap.max").write_text("max")
    group.limit(2, 1 << 29)
    assert (tmp_path / "cpu.max").read_text() == "200000 100000"
    assert (tmp_path / "memory.max").read_text() == str(1 << 29)
    assert (tmp_path / "memory.swap.max").read_text() == "0"
    (tmp_path / "cpu.stat").write_text("usage_usec 7\nuser_usec 7\n")
    (tmp_path / "memory.current").write_text("900")
    (tmp_path / "memory.stat").write_text("inactive_file 1000\n")
    (tmp_path / "pids.current").write_text("3")
    (tmp_path / "memory.events").write_text("oom 0\noom_kill 0\n")
    assert group.usage() == {"cpu_ns": 7000, "memory_bytes": 0, "pids": 3}
    assert not group.oom_killed()


def test_no_limits_write_nothing(tmp_path: Path) -> None:
    """Zero means no limit."""
    Cgroup({"": tmp_path}).limit(0, 0)
    assert list(tmp_path.iterdir()) == []


def test_members_and_removal(tmp_path: Path) -> None:
    """A process goes into every folder; an empty group goes away, twice without complaint."""
    folder = tmp_path / "group"
    folder.mkdir()
    group = Cgroup({"": folder})
    group.add(42)
    assert (folder / "cgroup.procs").read_text() == "42"
    (folder / "cgroup.procs").unlink()
    asyncio.run(group.remove())
    asyncio.run(group.remove())
    assert not folder.exists()
