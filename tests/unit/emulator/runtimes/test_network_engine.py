"""The engine runtime's networks, with a real engine: addresses, ports, names, and nothing left behind."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from azdock.emulator.runtimes.base import Container
from azdock.emulator.runtimes.engine import EngineRuntime, EngineUnavailable, connect
from tests.unit.emulator.runtimes.lab import Lab, read_all

pytestmark = pytest.mark.engine
ENV = "/subscriptions/s/managedEnvironments/Env"
IMAGE = "busybox:latest"
docker = pytest.importorskip("docker")


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """An engine that has an image with a small server in it."""
    if os.geteuid() != 0:
        pytest.skip("only root may add addresses to the engine's network")
    try:
        runtime = asyncio.run(connect(tmp_path / "home", print))
        image = runtime.api.images(name=IMAGE)
    except EngineUnavailable as error:
        pytest.skip(f"no Docker engine: {error}")
    if not image:
        asyncio.run(runtime.close())
        pytest.skip(f"the engine has no {IMAGE}")
    yield Lab(runtime, asyncio.run(runtime.resolve(IMAGE, None, "never")), tmp_path)
    client: Any = docker.from_env()
    assert client.networks.list(filters={"label": f"azdock-emulator={runtime.ident}"}) == []
    client.close()


async def heard(container: Container) -> bytes:
    """What a server on port 80 answers."""
    for _ in range(300):
        try:
            reader, writer = await container.connect(80)
        except OSError:
            await asyncio.sleep(0.02)
            continue
        writer.write(b"GET / HTTP/1.0\r\n\r\n")
        data = await reader.read()
        writer.close()
        return data.rpartition(b"\r\n\r\n")[2]
    raise AssertionError("nothing listens")


async def server(lab: Lab, word: str) -> Container:
    """A web server whose page is a word."""
    script = f"mkdir /www; echo {word} > /www/index.html; exec httpd -f -p 80 -h /www"
    container, _ = await lab.start("sh", "-c", script, network=ENV, hostname=f"replica-{word}")
    return container


def test_two_on_one_port_and_names(lab: Lab) -> None:
    """Two containers listen on one port, each reached by its own connections; names that come later are known inside,
    and lead to an address on which this machine can listen; sidecars share their replica's network."""

    async def body() -> None:
        one, two = await server(lab, "one"), await server(lab, "two")
        assert [await heard(one), await heard(two)] == [b"one\n", b"two\n"]
        assert isinstance(lab.runtime, EngineRuntime)
        networks = lab.runtime.networks
        address = await networks.address(ENV, "web")
        assert await networks.address(ENV.lower(), "web") == address
        networks.publish(ENV, "web", address, ["web", "web.example"])

        async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.0 200 OK\r\n\r\nfrom the ingress")
            await writer.drain()
            writer.close()

        ingress = await asyncio.start_server(greet, address, 80)
        session = await one.exec(["wget", "-qO-", "http://web.example/"], 80, 24)
        assert await read_all(session) == "from the ingress"
        await session.close()
        ingress.close()
        beside, output = await lab.start("wget", "-qO-", "http://localhost", network=ENV, hostname="replica-two")
        await beside.wait()
        assert output.text() == "two\n"
        with pytest.raises(ConnectionRefusedError):
            await one.connect(81)

    lab.closing(body())
