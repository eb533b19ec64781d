"""A container of a Docker engine, and commands inside it."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from docker import errors

from azdock.emulator.runtimes.base import ContainerRun, Ended, StartError
from azdock.emulator.runtimes.hijack import Address, HijackRefused, frame, hijack
from azdock.emulator.runtimes.listening import listened
from azdock.emulator.runtimes.network import dial, streams
from azdock.emulator.runtimes.network_engine import Seat
from azdock.emulator.runtimes.procfs import namespace_processes

HANG_UP_GRACE = 1.0
FIRST_WORDS = 0.02  # seconds between looks whether an exec has started
REASONS = [
    re.compile(pattern)
    for pattern in (r'exec: ".*?(?=: unknown|$)', "unable to find .*", "unable to start container process: .*")
]
FAILED_EXEC = b"OCI runtime exec failed"


def start_error(text: str) -> StartError:
    """The engine's words for a program that cannot start as a StartError."""
    text = text.strip()
    match = next((found for reason in REASONS if (found := reason.search(text))), None)
    missing = "executable file not found" in text or "no such file or directory" in text
    return StartError(127 if missing else 126, match[0] if match else text)


class EngineContainer:
    """A running container of the engine; removed from the engine when it has ended."""

    def __init__(self, api: Any, address: Address, ident: str, run: ContainerRun, seat: Seat) -> None:
        self.id = ident
        self._api, self._address, self._run = api, address, run
        self._seat = seat
        self._own = seat.address  # in its network; otherwise asked for when needed

    async def start(self) -> None:
        """Attach, then start, so that no output is lost. Raises StartError."""
        path = f"/containers/{self.id}/attach?stream=1&stdout=1&stderr=1"
        reader, writer = await hijack(self._address, path)
        try:
            await asyncio.to_thread(self._api.start, self.id)
        except errors.APIError as error:
            writer.close()
            await self._discard()
            self._seat.leave()
            raise start_error(str(error.explanation or error)) from error
        self._end = asyncio.create_task(self._watch(reader, writer))

    async def _watch(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Ended:
        try:
            while (piece := await frame(reader)) is not None:
                self._run.sink(*piece, time.time_ns())
        finally:
            writer.close()
        code = int((await asyncio.to_thread(self._api.wait, self.id))["StatusCode"])
        state = (await asyncio.to_thread(self._api.inspect_container, self.id))["State"]
        await self._discard()
        self._seat.leave()
        return Ended(code, bool(state.get("OOMKilled")) and code == 128 + signal.SIGKILL)

    async def _discard(self) -> None:
        try:
            await asyncio.to_thread(self._api.remove_container, self.id, v=True, force=True)
        except errors.NotFound:
            return

    async def wait(self) -> Ended:
        """Block until the container has ended and its output has gone to the sink."""
        return await asyncio.shield(self._end)

    async def signal(self, number: int) -> None:
        """Send a signal to the main process; a container that has ended is no error."""
        if self._end.done():
            return
        try:
            await asyncio.to_thread(self._api.kill, self.id, int(number))
        except errors.APIError as error:
            if error.status_code not in {404, 409, 500} or not self._gone(error):
                raise

    def _gone(self, error: errors.APIError) -> bool:
        text = str(error.explanation or error)
        return error.status_code == 404 or "is not running" in text or "already finished" in text

    async def exec(self, argv: Sequence[str], cols: int, rows: int) -> EngineSession:
        """Run a command on a terminal inside. Raises StartError."""
        try:
            made = await asyncio.to_thread(
                self._api.exec_create, self.id, list(argv), stdin=True, tty=True, environment=["TERM=xterm"]
            )
            # Engines of API 1.42 and later begin with this size; older ones ignore it and are told below.
            asked = {"Detach": False, "Tty": True, "ConsoleSize": [rows, cols]}
            reader, writer = await hijack(self._address, f"/exec/{made['Id']}/start", asked)
        except errors.APIError as error:
            raise start_error(str(error.explanation or error)) from error
        except HijackRefused as error:
            raise start_error(str(error)) from error
        session = EngineSession(self._api, self.id, made["Id"], reader, writer)
        if cols and rows:
            session.resize(cols, rows)  # answered once the command runs: asked for now, it is hardly late
        await session.started()
        return session

    async def dial(self, port: int, factory: Callable[[], Any]) -> asyncio.Transport:
        """A connection to a port of the container, with the caller's asyncio protocol. Raises OSError."""
        if not self._own:
            facts = await asyncio.to_thread(self._api.inspect_container, self.id)
            networks = facts["NetworkSettings"]["Networks"].values()
            self._own = next((one["IPAddress"] for one in networks if one.get("IPAddress")), "")
            if not self._own:
                raise ConnectionRefusedError(f"container {self.id} has no address")
        return await dial(self._own, port, factory)

    async def connect(self, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """The same as streams. Raises OSError."""
        return await streams(lambda factory: self.dial(port, factory))

    def listening(self) -> list[int]:
        """The TCP ports on which the container's processes listen, where the engine runs on this machine."""
        try:
            pid = int(self._api.inspect_container(self.id)["State"]["Pid"])
        except errors.NotFound:
            return []
        return listened(namespace_processes(pid)) if pid else []

    def usage(self) -> dict[str, int]:
        """cpu_ns, memory_bytes (without file cache, as docker counts), pids, rx_bytes and tx_bytes."""
        try:
            stats = self._api.stats(self.id, stream=False, one_shot=True)
        except errors.APIError:
            return {}
        memory = stats.get("memory_stats", {})
        detail = memory.get("stats", {})
        cache = detail.get("total_inactive_file", detail.get("inactive_file", 0))
        networks = stats.get("networks", {}).values()
        return {
            "cpu_ns": int(stats["cpu_stats"]["cpu_usage"]["total_usage"]),
            "memory_bytes": max(int(memory.get("usage", 0)) - int(cache), 0),
            "pids": int(stats.get("pids_stats", {}).get("current", 0)),
            "rx_bytes": sum(int(network["rx_bytes"]) for network in networks),
            "tx_bytes": sum(int(network["tx_bytes"]) for network in networks),
        }


class EngineSession:
    """A command on a terminal inside an engine's container."""

    def __init__(
        self, api: Any, container: str, ident: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._api, self._container, self._id = api, container, ident
        self._reader, self._writer = reader, writer
        self._first = b""
        self._over = asyncio.Event()
        self._sizes = asyncio.Lock()
        self._resizing: set[asyncio.Task[Any]] = set()

    async def started(self) -> None:
        """Return when the command runs, or has run. Raises StartError: the engine tells only on the stream itself."""
        while True:
            try:
                self._first = await asyncio.wait_for(self._reader.read(65536), FIRST_WORDS)
            except TimeoutError:
                if (await self._facts())["Pid"]:
                    return
                continue
            if self._first.startswith(FAILED_EXEC):
                self._writer.close()
                raise start_error(self._first.decode(errors="replace"))
            return

    async def _facts(self) -> dict[str, Any]:
        facts: dict[str, Any] = await asyncio.to_thread(self._api.exec_inspect, self._id)
        return facts

    async def read(self) -> bytes:
        """The next output; b"" when the terminal has closed."""
        if self._first:
            first, self._first = self._first, b""
            return first
        try:
            data = await self._reader.read(65536)
        except ConnectionError:
            data = b""
        if not data:
            self._over.set()
        return data

    async def write(self, data: bytes) -> None:
        """Type into the terminal; what a closed one is sent is lost."""
        try:
            self._writer.write(data)
            await self._writer.drain()
        except ConnectionError:
            return

    def resize(self, cols: int, rows: int) -> None:
        """Set the terminal's size; the engine is told in the background."""
        task = asyncio.create_task(self.fit(cols, rows))
        self._resizing.add(task)
        task.add_done_callback(self._resizing.discard)

    async def fit(self, cols: int, rows: int) -> None:
        """Set the terminal's size, after those asked for before; one that has ended is no error."""
        async with self._sizes:
            try:
                await asyncio.to_thread(self._api.exec_resize, self._id, height=rows, width=cols)
            except errors.APIError as error:
                if error.status_code not in {404, 409, 500}:
                    raise

    async def wait(self) -> int:
        """The command's exit code (128+n for a signal)."""
        while True:
            try:
                facts = await self._facts()
            except errors.NotFound:  # killed and gone with its container
                return 128 + signal.SIGKILL
            if not facts["Running"] and facts["ExitCode"] is not None:
                return int(facts["ExitCode"])
            try:
                await asyncio.wait_for(self._over.wait(), 0.05)
                self._over.clear()
            except TimeoutError:
                continue

    async def close(self) -> None:
        """Hang up. The engine leaves the command running then, so it is ended here where its process can be reached."""
        self._writer.close()
        try:
            pid = await self._process()
        except errors.APIError:
            return  # gone with its container
        for number, grace in ((signal.SIGHUP, HANG_UP_GRACE), (signal.SIGKILL, 0.0)):
            if not self._ours(pid):
                return
            _kill(pid, number)
            deadline = time.monotonic() + grace
            while self._ours(pid) and time.monotonic() < deadline:
                await asyncio.sleep(0.02)

    async def _process(self) -> int:
        """The command's process id; 0 when it has ended. The engine tells it a moment after the first output."""
        while True:
            facts = await self._facts()
            if facts["Pid"] or not facts["Running"]:
                return int(facts["Pid"])
            await asyncio.sleep(FIRST_WORDS)

    def _ours(self, pid: int) -> bool:
        """Whether a process id of the engine is a process of this machine, and of this container."""
        try:
            return pid > 0 and self._container in Path(f"/proc/{pid}/cgroup").read_text()
        except OSError:
            return False


def _kill(pid: int, number: int) -> None:

    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return
