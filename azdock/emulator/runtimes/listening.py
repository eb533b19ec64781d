"""Which process listens on a TCP port: where containers share the host's network, that tells whose port it is.

Source: proc(5), /proc/PID/net/tcp and /proc/PID/fd
"""

from __future__ import annotations

import asyncio
import errno
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from azdock.emulator.runtimes import network

LISTEN = "0A"
LOOPBACK = "127.0.0.1"
FRESH = 1.0  # seconds for which an answer is believed
TABLE = Path("/proc/net/tcp")


def listened(processes: Iterable[int]) -> list[int]:
    """The TCP ports on which these processes listen, in the network of the first of them that can be looked at."""
    known, held = dict[str, int](), set[str]()
    for process in processes:
        known = known or _listeners(process)
        try:
            held |= {_link(entry) for entry in Path(f"/proc/{process}/fd").iterdir()}
        except OSError:  # ended meanwhile
            continue
    return sorted({port for inode, port in known.items() if f"socket:[{inode}]" in held})


def _listeners(process: int) -> dict[str, int]:
    """Ports that are listened on in a process' network, by the socket's inode."""
    found: dict[str, int] = {}
    for name in ("tcp", "tcp6"):
        try:
            rows = Path(f"/proc/{process}/net/{name}").read_text(encoding="ascii").splitlines()[1:]
        except OSError:  # ended meanwhile, or no IPv6 here
            continue
        fields = [row.split() for row in rows]
        found |= {row[9]: int(row[1].rpartition(":")[2], 16) for row in fields if row[3] == LISTEN}
    return found


def _link(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""


class OwnPorts:
    """Connections to the ports that a container's own processes listen on, in the host's network."""

    def __init__(self, processes: Callable[[], Iterable[int]]) -> None:
        self._processes = processes
        self._seen: dict[int, float] = {}  # port: when it was last seen to be the container's

    async def dial(self, port: int, factory: Callable[[], Any]) -> asyncio.Transport:
        """Connect to a port, with the caller's asyncio protocol. Raises ConnectionRefusedError when nothing listens
        there, also when what listens is not the container's."""
        now = time.monotonic()
        if self._seen.get(port, 0.0) + FRESH < now:
            if not self._ours(port):
                raise ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))
            self._seen[port] = now
        return await network.dial(LOOPBACK, port, factory)

    def _ours(self, port: int) -> bool:
        if not TABLE.exists():
            return True  # not Linux: nothing tells whose a socket is
        return port in listened(self._processes())
