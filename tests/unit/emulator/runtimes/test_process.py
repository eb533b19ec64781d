"""Supervising a child process."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from azdock.emulator.runtimes.process import Child, exit_code
from tests.unit.emulator.runtimes.lab import Output, said

ENV = {"PATH": os.environ["PATH"]}


@pytest.mark.parametrize(("returncode", "code"), [(0, 0), (255, 255), (-9, 137), (-15, 143)])
def test_exit_code(returncode: int, code: int) -> None:
    """Death by a signal is 128 and its number."""
    assert exit_code(returncode) == code


def test_stray_child_does_not_hold_the_end() -> None:
    """A daemon in a session of its own that keeps the pipe open does not keep `wait` from answering."""

    async def body() -> None:
        output = Output()
        child = Child.spawn(["sh", "-c", "setsid sleep 3 & echo last; exit 3"], ENV, session=True)
        child.pump(output.sink)
        begin = time.monotonic()
        assert await child.wait() == 3
        assert output.text() == "last\n"
        assert time.monotonic() - begin < 2

    asyncio.run(body())


def test_group_dies_with_a_session() -> None:
    """What a child with a session leaves in its process group is killed."""

    async def body() -> None:
        output = Output()
        child = Child.spawn(["sh", "-c", "sleep 60 & echo $!"], ENV, session=True)
        child.pump(output.sink)
        assert await child.wait() == 0
        stray = int(output.text())
        deadline = time.monotonic() + 5
        while _runs(stray):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)

    asyncio.run(body())


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        with open(f"/proc/{pid}/stat") as file:
            return " Z " not in file.read()
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_signal_after_the_end() -> None:
    """Signalling a process that has ended is no error."""

    async def body() -> None:
        output = Output()
        child = Child.spawn(["sh", "-c", "echo up; sleep 60"], ENV)
        child.pump(output.sink)
        await said(output, "up")
        child.signal(signal.SIGKILL)
        assert await child.wait() == 137
        child.signal(signal.SIGKILL)
        assert await child.wait() == 137

    asyncio.run(body())


def test_program_that_is_missing() -> None:
    """Spawning a missing program raises and leaks nothing."""

    async def body() -> None:
        before = len(list(Path("/proc/self/fd").iterdir()))
        with pytest.raises(FileNotFoundError):
            Child.spawn(["/no/such"], ENV)
        assert len(list(Path("/proc/self/fd").iterdir())) == before

    asyncio.run(body())
