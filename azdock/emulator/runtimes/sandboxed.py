"""A container in namespaces of its own, started by bubblewrap and entered with nsenter."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import re
import signal
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from azdock.emulator.runtimes.base import ContainerRun, Ended, StartError
from azdock.emulator.runtimes.bubblewrap import Bubblewrap, clear_work
from azdock.emulator.runtimes.cgroup import Cgroup
from azdock.emulator.runtimes.environment import exec_env, hostname
from azdock.emulator.runtimes.listening import OwnPorts, listened
from azdock.emulator.runtimes.network import Attachment, Joining, streams
from azdock.emulator.runtimes.process import Child
from azdock.emulator.runtimes.procfs import namespace_processes, namespace_usage
from azdock.emulator.runtimes.rootfs import Root
from azdock.emulator.runtimes.terminal import Terminal

NS_GET_USERNS = 0xB701  # ioctl_ns(2)
POLL = 0.0005  # seconds between looks whether bubblewrap has become the program
CANNOT_RUN = re.compile(r"(?:bwrap: execvp|nsenter: failed to execute) (.*): ([^:]+)$")
LOADER = ("LD_", "GLIBC_TUNABLES", "GCONV_PATH")  # what would steer bubblewrap's and nsenter's own loader


@dataclass(frozen=True, slots=True)
class Plan:
    """What bubblewrap is to do: `command` runs in its root, and becomes the program (directly or through nsenter)."""

    options: tuple[str, ...]
    command: tuple[str, ...]
    env: Mapping[str, str]
    workdir: str
    entering: tuple[str, ...]  # nsenter's options beside target and working directory
    keeping: tuple[str, ...] = ()  # how an ordinary user's nsenter keeps its ids
    nested: bool = False  # an ordinary user's program that is not uid 0: bubblewrap made two user namespaces

    def mounting(self, files: Iterable[tuple[Path, str]]) -> Plan:
        """The same with more files of the host mounted, each at a path inside."""
        words = [word for source, path in files for word in ("--bind", str(source), path)]
        return replace(self, options=(*self.options, *words))


async def attached(networks: Joining, run: ContainerRun) -> Attachment | None:
    """The container's place in the network it is to join; None when it shares the host's. Raises StartError."""
    if not run.network:
        return None
    try:
        return await networks.join(run.network, hostname(run), run.scratch)
    except OSError as error:
        raise StartError(126, f"unable to make the container's network: {error.strerror}") from error


class SandboxContainer:
    """A running sandbox. Its PID 1 is the program itself, so signals behave as in docker."""

    def __init__(
        self,
        ident: str,
        run: ContainerRun,
        plan: Plan,
        wrap: Bubblewrap,
        cgroup: Cgroup | None,
        place: Attachment | None = None,
    ) -> None:
        self.id = ident
        self._place = place
        self._run, self._plan, self._wrap, self._cgroup = run, plan, wrap, cgroup
        self._pid = 0  # the program's, as the host sees it
        self._pidfd = -1
        self._owner = -1  # the user namespace that owns the others, once an exec needed it
        self._status = b""
        self._ports = OwnPorts(lambda: namespace_processes(self._pid) if self._pid else ())

    async def start(self) -> None:
        """Start the program; returns when it really runs. Raises StartError."""
        reader, writer = os.pipe()
        block = os.pipe()
        options = _sealed([*self._plan.options, "--block-fd", str(block[0]), "--json-status-fd", str(writer)])
        try:
            words = self._place.words if self._place else ()
            command = [*words, self._wrap.program, "--args", str(options), "--", *self._plan.command]
            with self._place.inside() if self._place else contextlib.nullcontext():
                self._child = Child.spawn(command, {}, keep=(options, writer, block[0]))
        except BaseException:
            self._leave()
            raise
        finally:
            for descriptor in (options, writer, block[0]):
                os.close(descriptor)
        self._reader = reader
        os.set_blocking(reader, False)
        try:
            await self._named()
            if self._cgroup is not None and self._pid:
                with contextlib.suppress(ProcessLookupError):  # gone already: told below
                    self._cgroup.add(self._pid)
        finally:
            os.close(block[1])  # end of file lets bubblewrap go on
            self._end = asyncio.create_task(self._watch())
        await self._executing()

    async def _named(self) -> None:
        """Wait until bubblewrap tells the program's process id, or gives up."""
        loop = asyncio.get_running_loop()
        told = asyncio.Event()

        def take() -> None:  # the line comes in pieces
            piece = os.read(self._reader, 4096)
            self._status += piece
            if not piece or b"\n" in self._status:
                loop.remove_reader(self._reader)
                told.set()

        loop.add_reader(self._reader, take)
        await told.wait()
        if self._status:
            self._pid = int(json.loads(self._status.splitlines()[0])["child-pid"])
            try:
                self._pidfd = os.pidfd_open(self._pid)
            except ProcessLookupError:
                self._pid = 0

    async def _executing(self) -> None:
        """Wait until the program has replaced bubblewrap. Raises StartError when it never did."""
        ours = {_identity(program) for program in (self._wrap.program, self._wrap.nsenter)}
        while self._pid:
            try:
                now = _identity(f"/proc/{self._pid}/exe")
            except FileNotFoundError:
                break
            except PermissionError:
                now = None  # a program that may not be looked at is not bubblewrap
            if now not in ours:
                return self._child.pump(self._run.sink)
            await asyncio.sleep(POLL)
        await asyncio.shield(self._end)
        if b"exit-code" in self._status:
            return self._child.pump(self._run.sink)
        self._failed(self._child.take_errors())
        return None

    def _failed(self, errors: str) -> None:
        """An interpreter that is missing shows as docker shows it: a line on stderr and exit code 1."""
        match = CANNOT_RUN.search(errors)
        if match is None:
            raise StartError(126, f"unable to start container process: {errors}")
        line = f"exec {match[1]}: {match[2][:1].lower()}{match[2][1:]}\n"
        self._run.sink("stderr", line.encode(), time.time_ns())

    async def _watch(self) -> Ended:
        code = await self._child.gone()
        self._status += os.read(self._reader, 4096)
        os.close(self._reader)
        for descriptor in (self._pidfd, self._owner):
            if descriptor >= 0:
                os.close(descriptor)
        self._pidfd = self._owner = -1
        oom = False
        if self._cgroup is not None:
            oom = code == 128 + signal.SIGKILL and self._cgroup.oom_killed()
            await self._cgroup.remove()
        clear_work(self._run.scratch)
        self._leave()
        return Ended(code, oom)

    def _leave(self) -> None:
        place, self._place = self._place, None
        if place is not None:
            place.leave()

    async def wait(self) -> Ended:
        """Block until the program has ended and its output has gone to the sink."""
        ended = await asyncio.shield(self._end)
        await self._child.wait()
        return ended

    async def signal(self, number: int) -> None:
        """Send a signal to the program; from outside SIGKILL always works, others if PID 1 handles them."""
        if self._pidfd >= 0:
            try:
                signal.pidfd_send_signal(self._pidfd, number)
            except ProcessLookupError:
                return

    async def exec(self, argv: Sequence[str], cols: int, rows: int) -> Terminal:
        """Run a command on a terminal inside, as the container's user. Raises StartError."""
        if self._pidfd < 0 or self._end.done():
            raise StartError(126, f"container {self.id} is not running")
        inside = f"/proc/{self._pid}/root"
        root = Root([Path(inside)])
        env = exec_env(dict(self._plan.env))
        try:
            root.check_program(argv[0] if argv else "", env.get("PATH", ""), self._plan.workdir)
        except StartError:
            if Path(inside).exists():
                raise
            raise StartError(126, f"container {self.id} is not running") from None
        found = root.find(self._plan.workdir)
        place = f"{inside}{found[0] if found else '/'}"
        # the nsenter that forks stays out of the terminal's session, where Ctrl-C would end it
        target = [self._wrap.nsenter, "-t", str(self._pid), *self._plan.keeping]
        first = [*target, "-p", *self._outer(), "--", self._wrap.setsid, "--ctty"]
        network = self._place.entering if self._place else ()
        second = [*target, *self._plan.entering, *network, f"--wd={place}", "--"]
        own = {name: text for name, text in env.items() if not name.startswith(LOADER)}
        steering = [f"{name}={text}" for name, text in env.items() if name.startswith(LOADER)]
        try:
            program = [*(["env", *steering] if steering else []), *argv]
            words = self._place.words if self._place else ()
            command = [*self._joining(), *words, *first, *second, *program]
            return Terminal.spawn(command, own, cols, rows, devpts=f"{inside}/dev/pts", leads=False, inner=children)
        except FileNotFoundError as error:
            raise StartError(126, f"container {self.id} is not running") from error

    def _outer(self) -> list[str]:
        """nsenter's option for the user namespace that owns the others: only there may one enter them."""
        if not self._plan.keeping:
            return []
        if not self._plan.nested:
            return ["-U"]
        if self._owner < 0:
            with open(f"/proc/{self._pid}/ns/mnt", "rb") as space:
                self._owner = fcntl.ioctl(space, NS_GET_USERNS)
        return [f"--user=/proc/{os.getpid()}/fd/{self._owner}"]

    def _joining(self) -> list[str]:
        """Words in front of a command that put it into the container's control group first."""
        if self._cgroup is None:
            return []
        writes = "; ".join(f"echo $$ >'{file}'" for file in self._cgroup.members())
        return ["/bin/sh", "-c", f'{writes}; exec "$@"', "sh"]

    async def dial(self, port: int, factory: Callable[[], Any]) -> asyncio.Transport:
        """A connection to a port of the container, with the caller's asyncio protocol. Raises OSError."""
        if self._place is not None:
            return await self._place.dial(port, factory)
        return await self._ports.dial(port, factory)

    async def connect(self, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """The same as streams. Raises OSError."""
        return await streams(lambda factory: self.dial(port, factory))

    def listening(self) -> list[int]:
        """The TCP ports on which the container's processes listen."""
        return listened(namespace_processes(self._pid)) if self._pid else []

    def usage(self) -> dict[str, int]:
        """cpu_ns, memory_bytes and pids; rx_bytes and tx_bytes where it has a network of its own."""
        if self._pidfd < 0:
            return {}
        found = self._cgroup.usage() if self._cgroup is not None else namespace_usage(self._pid)
        return found | self._place.carried() if self._place else found


def _identity(program: str) -> tuple[int, int]:
    facts = Path(program).stat()
    return facts.st_dev, facts.st_ino


def children(pid: int) -> list[int]:
    """The direct children of a process."""
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def _sealed(options: Sequence[str]) -> int:
    """Options as a descriptor for --args: environment values must not show in the process list."""
    descriptor = os.memfd_create("bwrap-options")
    os.write(descriptor, b"".join(option.encode(errors="surrogateescape") + b"\0" for option in options))
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
