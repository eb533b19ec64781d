"""CPU time and memory of groups of processes, from proc(5): where there are no control groups of our own."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

PROC = Path("/proc")
# proc(5), /proc/PID/stat: fields behind the name in parentheses
SESSION, UTIME, STIME = 3, 11, 12


def namespace_usage(pid: int) -> dict[str, int]:
    """Figures summed over the processes that share a process' pid namespace: cpu_ns, memory_bytes and pids."""
    try:
        space = (PROC / str(pid) / "ns" / "pid").readlink()
    except OSError:
        return {}
    return _summed(lambda process, _fields: (process / "ns" / "pid").readlink() == space)


def session_usage(pid: int) -> dict[str, int]:
    """The same over the processes of the session that a process leads; nothing without /proc, or when it has ended."""
    found = _summed(lambda _process, fields: fields[SESSION] == str(pid))
    return found if found["pids"] else {}


def namespace_processes(pid: int) -> list[int]:
    """The processes that share a process' pid namespace; none when it has ended."""
    try:
        space = (PROC / str(pid) / "ns" / "pid").readlink()
    except OSError:
        return []
    return _chosen(lambda process: (process / "ns" / "pid").readlink() == space)


def session_processes(pid: int) -> list[int]:
    """The processes of the session that a process leads."""
    leader = str(pid)
    return _chosen(lambda process: (process / "stat").read_text().rpartition(")")[2].split()[SESSION] == leader)


def _chosen(wanted: Callable[[Path], bool]) -> list[int]:
    found = []
    for process in PROC.glob("[0-9]*"):
        try:
            if wanted(process):
                found.append(int(process.name))
        except OSError:
            continue  # ended meanwhile, or somebody else's
    return found


def _summed(wanted: Callable[[Path, list[str]], bool]) -> dict[str, int]:
    ticks, pages, count = 0, 0, 0
    for process in PROC.glob("[0-9]*"):
        try:
            fields = (process / "stat").read_text().rpartition(")")[2].split()
            if not wanted(process, fields):
                continue
            pages += int((process / "statm").read_text().split()[1])
        except OSError:
            continue  # ended meanwhile, or somebody else's
        ticks += int(fields[UTIME]) + int(fields[STIME])
        count += 1
    tick, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    return {"cpu_ns": ticks * 1_000_000_000 // tick, "memory_bytes": pages * page, "pids": count}
