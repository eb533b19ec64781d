"""A container that is none: a child process in a session of its own, with the host's file system and processes."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from azdock.emulator.runtimes.base import ContainerRun, Ended, StartError
from azdock.emulator.runtimes.environment import exec_env
from azdock.emulator.runtimes.listening import OwnPorts, listened
from azdock.emulator.runtimes.network import streams
from azdock.emulator.runtimes.process import Child
from azdock.emulator.runtimes.procfs import session_processes, session_usage
from azdock.emulator.runtimes.rootfs import Root
from azdock.emulator.runtimes.terminal import Terminal

# Tells commands inside which process is the container's first one: process 1 is the host's.
FIRST_PROCESS = "AZDOCK_FIRST_PROCESS"
# Tells where the folder is that a container would see at /.azdock: a process has no mounts of its own.
TOLD, FOLDER = "/.azdock", "AZDOCK_FOLDER"


def _folders(run: ContainerRun) -> dict[str, str]:
    """Where the one folder is that a process can be told of. Raises StartError for any other."""
    found = {}
    for folder in run.folders:
        if folder.target != TOLD:
            raise StartError(126, f"mounting {folder.target}: a plain process sees the host's own files")
        found[FOLDER] = str(folder.source)
    return found


def _checked(argv: Sequence[str], env: Mapping[str, str], cwd: Path) -> None:
    Root([Path("/")]).check_program(argv[0] if argv else "", env.get("PATH", ""), str(cwd))


class PlainContainer:
    """A supervised child process; what it leaves behind in its process group dies with it."""

    def __init__(self, child: Child, env: dict[str, str], cwd: Path) -> None:
        self.id = secrets.token_hex(32)
        self._child, self._env, self._cwd = child, env, cwd
        self._sessions: list[Terminal] = []
        self._ports = OwnPorts(lambda: session_processes(child.pid))

    @classmethod
    def start(cls, run: ContainerRun, env: dict[str, str], cwd: Path) -> PlainContainer:
        """Start the run's command line in `cwd`. Raises StartError."""
        env = env | _folders(run)
        _checked(run.argv, env, cwd)
        try:
            child = Child.spawn(run.argv, env, cwd=cwd, session=True)
        except OSError as error:
            raise StartError(126, f'exec: "{run.argv[0]}": {(error.strerror or "").lower()}') from error
        child.pump(run.sink)
        return cls(child, env, cwd)

    async def wait(self) -> Ended:
        """Block until the process has ended and its output has gone to the sink."""
        code = await self._child.wait()
        for session in self._sessions:
            await session.close()
        self._sessions = []
        return Ended(code)

    async def signal(self, number: int) -> None:
        """Send a signal to the process."""
        self._child.signal(number)

    async def exec(self, argv: Sequence[str], cols: int, rows: int) -> Terminal:
        """Run another process beside it, on a terminal. Raises StartError."""
        env = {**exec_env(self._env), FIRST_PROCESS: str(self._child.pid)}
        _checked(argv, env, self._cwd)
        moved = ["/bin/sh", "-c", 'cd "$1" && shift && exec "$@"', "sh", str(self._cwd), *argv]
        session = Terminal.spawn(moved, env, cols, rows)
        self._sessions.append(session)
        return session

    async def dial(self, port: int, factory: Callable[[], Any]) -> asyncio.Transport:
        """A connection to a port of the container, with the caller's asyncio protocol. Raises OSError."""
        return await self._ports.dial(port, factory)

    async def connect(self, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """The same as streams. Raises OSError."""
        return await streams(lambda factory: self.dial(port, factory))

    def listening(self) -> list[int]:
        """The TCP ports on which the process and its session listen."""
        return listened(session_processes(self._child.pid))

    def usage(self) -> dict[str, int]:
        """cpu_ns, memory_bytes and pids of the process and its session; nothing once it has ended."""
        return session_usage(self._child.pid)
