"""Commands on a terminal of this machine."""

from __future__ import annotations

import asyncio
import os
import time

import pytest

from azdock.emulator.runtimes.terminal import Terminal, open_pair
from tests.unit.emulator.runtimes.lab import read_all

ENV = {"PATH": os.environ["PATH"], "TERM": "xterm"}


def test_large_paste_and_output() -> None:
    """More than a terminal's buffer passes in both directions while the command reads and writes."""

    async def body() -> None:
        session = Terminal.spawn(["sh", "-c", "stty raw -echo; echo up; head -c 300000 | wc -c"], ENV, 80, 24)
        assert b"up" in await session.read()
        reading = asyncio.create_task(read_all(session))
        await session.write(b"x" * 300000)
        assert "300000" in await reading
        assert await session.wait() == 0
        await session.close()

    asyncio.run(body())


def test_background_process_does_not_hold_the_end() -> None:
    """A process that keeps the terminal open after its command has ended does not keep `read` from ending."""

    async def body() -> None:
        session = Terminal.spawn(["sh", "-c", "trap '' HUP; sleep 2 & echo done"], ENV, 80, 24)
        begin = time.monotonic()
        assert "done" in await read_all(session)
        assert time.monotonic() - begin < 1.5
        await session.close()

    asyncio.run(body())


def test_close_wakes_a_reader() -> None:
    """A pending read ends when the session is closed."""

    async def body() -> None:
        session = Terminal.spawn(["sleep", "60"], ENV, 0, 0)
        reading = asyncio.create_task(session.read())
        await asyncio.sleep(0.05)
        await session.close()
        assert await asyncio.wait_for(reading, 2) == b""
        assert await session.wait() == 129
        await session.write(b"lost")
        session.resize(10, 10)
        await session.close()

    asyncio.run(body())


def test_missing_program_leaks_nothing() -> None:
    """A program that cannot be spawned raises; the terminal is closed again."""

    async def body() -> None:
        with pytest.raises(FileNotFoundError):
            Terminal.spawn(["/no/such/program"], ENV, 80, 24)

    asyncio.run(body())


@pytest.mark.skipif(not os.access("/dev/pts/ptmx", os.W_OK), reason="this machine's own devpts is closed to users")
def test_pair_from_a_devpts_folder() -> None:
    """A terminal can be allocated from any mounted devpts."""
    master, slave = open_pair("/dev/pts")
    assert os.path.exists(slave)  # noqa: PTH110
    os.close(master)
