"""A command on a pseudo-terminal: the ExecSession that every runtime without an engine hands out."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import signal
import struct
import termios
from collections.abc import Callable, Mapping, Sequence

from azdock.emulator.runtimes.process import CHUNK, after, exit_code

HANG_UP_GRACE = 1.0  # seconds between SIGHUP and SIGKILL
LAST_WORDS = 0.1  # seconds a terminal may still speak after its command has ended

# asm-generic/ioctls.h: unlock a slave, ask for its number
TIOCSPTLCK = 0x40045431
TIOCGPTN = 0x80045430


def open_pair(devpts: str = "") -> tuple[int, str]:
    """A new terminal: its master descriptor and the path of its slave.

    `devpts` is a mounted devpts folder to allocate from (a container's own, so that `tty` works inside).
    """
    if not devpts:
        master, slave = pty.openpty()
        path = os.ttyname(slave)
        os.close(slave)
        return master, path
    master = os.open(f"{devpts}/ptmx", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    fcntl.ioctl(master, TIOCSPTLCK, struct.pack("i", 0))
    number = struct.unpack("I", fcntl.ioctl(master, TIOCGPTN, b"\0" * 4))[0]
    return master, f"{devpts}/{number}"


def set_size(descriptor: int, cols: int, rows: int) -> None:
    """Set a terminal's window size."""
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))


class Terminal:
    """An ExecSession over a local pseudo-terminal; the command leads a session whose terminal this is."""

    def __init__(self, pid: int, master: int, inner: Callable[[int], list[int]]) -> None:
        self.pid = pid
        self._master, self._inner = master, inner
        self._loop = asyncio.get_running_loop()
        self._end = asyncio.create_task(after(pid, lambda: _reap(pid)))
        self._gate = asyncio.Lock()
        self._waiting: set[asyncio.Future[None]] = set()

    @classmethod
    def spawn(
        cls,
        argv: Sequence[str],
        env: Mapping[str, str],
        cols: int,
        rows: int,
        *,
        devpts: str = "",
        leads: bool = True,
        inner: Callable[[int], list[int]] = lambda _pid: [],
    ) -> Terminal:
        """Start a command on a new terminal. `leads` False: the command makes another process its session's leader.
        `inner` tells which processes beside the command a hang-up must end. Raises OSError."""
        master, slave = open_pair(devpts)
        try:
            if cols and rows:
                set_size(master, cols, rows)
            os.set_blocking(master, False)
            # the first terminal a session leader opens becomes its controlling terminal
            pid = os.posix_spawnp(
                argv[0],
                list(argv),
                env,
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, slave, os.O_RDWR | (0 if leads else os.O_NOCTTY), 0),
                    (os.POSIX_SPAWN_DUP2, 0, 1),
                    (os.POSIX_SPAWN_DUP2, 0, 2),
                ],
                setsid=True,
                setsigdef=[signal.SIGPIPE, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP],
            )
        except BaseException:
            os.close(master)
            raise
        return cls(pid, master, inner)

    async def read(self) -> bytes:
        """The next output; b"" when the terminal has closed."""
        while self._master >= 0:
            try:
                return os.read(self._master, CHUNK)
            except BlockingIOError:
                if not await self._ready(self._loop.add_reader, self._loop.remove_reader):
                    return b""
            except OSError:  # EIO: nobody holds the other side any more
                return b""
        return b""

    async def write(self, data: bytes) -> None:
        """Type into the terminal; what a closed terminal is sent is lost."""
        async with self._gate:
            while data and self._master >= 0:
                try:
                    data = data[os.write(self._master, data) :]
                except BlockingIOError:
                    if not await self._ready(self._loop.add_writer, self._loop.remove_writer):
                        return
                except OSError:
                    return

    async def _ready(self, add: Callable[..., None], remove: Callable[[int], bool]) -> bool:
        """Wait for the master; False when it was closed, or the command ended and nothing came soon after."""
        ready = self._loop.create_future()
        master = self._master
        self._waiting.add(ready)
        add(master, _settle, ready)
        try:
            await asyncio.wait([ready, self._end], return_when=asyncio.FIRST_COMPLETED)
            if not ready.done():  # a background process of the command may keep the terminal open for ever
                await asyncio.wait([ready], timeout=LAST_WORDS)
            return ready.done() and self._master >= 0
        finally:
            self._waiting.discard(ready)
            if self._master == master:
                remove(master)

    def resize(self, cols: int, rows: int) -> None:
        """Set the terminal's size; the command gets SIGWINCH."""
        if self._master >= 0:
            set_size(self._master, cols, rows)

    async def wait(self) -> int:
        """The command's exit code (128+n for a signal)."""
        return await asyncio.shield(self._end)

    async def close(self) -> None:
        """Hang up: closing the master makes the kernel send SIGHUP; what is left a second later is killed."""
        if self._master < 0:
            return
        others = [os.pidfd_open(pid) for pid in self._inner(self.pid)] if hasattr(os, "pidfd_open") else []
        self._loop.remove_reader(self._master)
        self._loop.remove_writer(self._master)
        os.close(self._master)
        self._master = -1
        for ready in self._waiting:
            _settle(ready)
        if not self._end.done():
            await asyncio.wait([self._end], timeout=HANG_UP_GRACE)
        for other in others:
            _kill_descriptor(other)
        if not self._end.done():
            os.killpg(self.pid, signal.SIGKILL)
            await self.wait()


def _kill_descriptor(descriptor: int) -> None:
    try:
        signal.pidfd_send_signal(descriptor, signal.SIGKILL)
    except ProcessLookupError:
        pass
    finally:
        os.close(descriptor)


def _settle(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


def _reap(pid: int) -> int:
    _, status = os.waitpid(pid, 0)
    return exit_code(os.waitstatus_to_exitcode(status))
