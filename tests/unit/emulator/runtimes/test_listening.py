"""Whose port it is where containers share the host's network."""

from __future__ import annotations

import asyncio
import socket
import sys
from pathlib import Path

import pytest

from azdock.emulator.runtimes.base import Container
from azdock.emulator.runtimes.scripted import ScriptedRuntime
from tests.unit.emulator.runtimes.lab import Lab, said

pytestmark = pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="only Linux tells whose a socket is")
SERVER = (
    "import socket,sys\n"
    "s=socket.socket();s.bind(('127.0.0.1',int(sys.argv[1])));s.listen()\n"
    "print('up', s.getsockname()[1], flush=True)\n"
    "while 1:\n c,_=s.accept();c.sendall(b'mine');c.close()\n"
)


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """Containers that are plain processes."""
    runtime = ScriptedRuntime()
    return Lab(runtime, asyncio.run(runtime.resolve("any")), tmp_path)


async def server(lab: Lab, port: int = 0) -> tuple[Container, int]:
    """A container with a server, and its port."""
    container, output = await lab.start(sys.executable, "-c", SERVER, str(port))
    await said(output, "\n")
    return container, int(output.text().split()[1])


def test_own_port(lab: Lab) -> None:
    """A port that the container listens on is reached, and told."""

    async def body() -> None:
        container, port = await server(lab)
        reader, writer = await container.connect(port)
        assert await reader.read() == b"mine"
        writer.close()
        assert container.listening() == [port]

    lab.closing(body())


def test_somebody_elses_port(lab: Lab) -> None:
    """A port of another container, or of another process, is refused though something listens there."""

    async def body() -> None:
        _, port = await server(lab)
        other, _ = await lab.start("sleep", "60")
        with socket.create_server(("127.0.0.1", 0)) as ours:
            for taken in (port, ours.getsockname()[1]):
                with pytest.raises(ConnectionRefusedError):
                    await other.connect(taken)

    lab.closing(body())


def test_a_child_process_counts(lab: Lab) -> None:
    """A server that a shell has started belongs to the container."""

    async def body() -> None:
        script = f'"{sys.executable}" -c "$1" 0 & wait'
        container, output = await lab.start("sh", "-c", script, "sh", SERVER)
        await said(output, "\n")
        reader, writer = await container.connect(int(output.text().split()[1]))
        assert await reader.read() == b"mine"
        writer.close()

    lab.closing(body())
