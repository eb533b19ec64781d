"""Supervise one child process with asyncio: its output goes to a sink at once, its end is told after its output."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from azdock.emulator.runtimes.base import Sink

CHUNK = 65536
T = TypeVar("T")


def exit_code(returncode: int) -> int:
    """A wait status as `subprocess` tells it (-n for signal n) in the shell's terms: 128+n."""
    return 128 - returncode if returncode < 0 else returncode


async def after(pid: int, reap: Callable[[], T]) -> T:
    """Call `reap` (which waits for the child `pid`) once the child has ended; no thread where the kernel has pidfds."""
    if not hasattr(os, "pidfd_open"):
        return await asyncio.to_thread(reap)
    loop = asyncio.get_running_loop()
    done = asyncio.Event()
    descriptor = os.pidfd_open(pid)
    loop.add_reader(descriptor, done.set)
    try:
        await done.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
    return reap()


class Pump:
    """Carries what arrives on one pipe to the sink, as it arrives."""

    def __init__(self, pipe: int, stream: str, sink: Sink) -> None:
        self._pipe, self._stream, self._sink = pipe, stream, sink
        os.set_blocking(pipe, False)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(pipe, self._ready)

    def _ready(self) -> None:
        if self._take() == 0:
            self.close()

    def _take(self) -> int:
        """Bytes taken; 0 at the end of the pipe, -1 when it is empty for now."""
        try:
            data = os.read(self._pipe, CHUNK)
        except BlockingIOError:
            return -1
        if data:
            self._sink(self._stream, data, time.time_ns())
        return len(data)

    def drain(self) -> None:
        """Take what is in the pipe now and no more: a stray process that holds the pipe open must not hold us."""
        if self._pipe < 0:
            return
        left = fcntl.fcntl(self._pipe, fcntl.F_GETPIPE_SZ) if hasattr(fcntl, "F_GETPIPE_SZ") else CHUNK
        while left > 0:
            taken = self._take()
            if taken <= 0:
                break
            left -= taken
        self.close()

    def close(self) -> None:
        """Stop reading; the pipe is closed. Closing twice is no error."""
        if self._pipe < 0:
            return
        self._loop.remove_reader(self._pipe)
        os.close(self._pipe)
        self._pipe = -1


class Child:
    """A running child. `pump` must be called once; `wait` tells the exit code when the output has gone to the sink."""

    def __init__(self, process: subprocess.Popen[bytes], outputs: dict[str, int], session: bool) -> None:
        self.pid = process.pid
        self._process, self._outputs, self._session = process, outputs, session
        self._pumps: list[Pump] = []
        self._end: asyncio.Task[int] = asyncio.create_task(self._watch())

    @classmethod
    def spawn(
        cls,
        argv: Sequence[str],
        env: Mapping[str, str],
        *,
        cwd: Path | None = None,
        keep: Sequence[int] = (),
        session: bool = False,
    ) -> Child:
        """Start a program with no input. `keep` are descriptors it inherits; `session` gives it a session of its own,
        which is killed when it ends. Raises OSError."""
        outputs = {"stdout": os.pipe(), "stderr": os.pipe()}
        try:
            process = subprocess.Popen(
                argv,
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=outputs["stdout"][1],
                stderr=outputs["stderr"][1],
                pass_fds=keep,
                start_new_session=session,
            )
        except BaseException:
            for pair in outputs.values():
                os.close(pair[0])
            raise
        finally:
            for pair in outputs.values():
                os.close(pair[1])
        return cls(process, {stream: pair[0] for stream, pair in outputs.items()}, session)

    def pump(self, sink: Sink) -> None:
        """Let output flow to the sink."""
        self._pumps += [Pump(pipe, stream, sink) for stream, pipe in self._outputs.items()]
        self._outputs = {}

    def take_errors(self) -> str:
        """What a child that ended before `pump` wrote to stderr; no output is carried after this."""
        os.set_blocking(self._outputs["stderr"], False)
        try:
            return os.read(self._outputs["stderr"], CHUNK).decode(errors="replace").strip()
        except BlockingIOError:
            return ""
        finally:
            for pipe in self._outputs.values():
                os.close(pipe)
            self._outputs = {}

    async def _watch(self) -> int:
        code = exit_code(await after(self.pid, self._process.wait))
        if self._session:
            self.kill_session()
        return code

    async def gone(self) -> int:
        """The exit code as soon as the process has ended, whatever its output does."""
        return await asyncio.shield(self._end)

    async def wait(self) -> int:
        """The exit code, after the last output has gone to the sink."""
        code = await self.gone()
        for pump in self._pumps:
            pump.drain()
        return code

    def signal(self, number: int) -> None:
        """Send a signal to the process; one that has ended is no error."""
        self._process.send_signal(number)

    def kill_session(self) -> None:
        """Kill what is left of the process group of a child started with `session`."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return  # nothing left; macOS says EPERM when only zombies are left
