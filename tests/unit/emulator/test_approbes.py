"""Probes against real sockets, and what comes of their outcomes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from azdock.emulator.approbes import LIVENESS, READINESS, STARTUP, Probe, look, platform_probes, probes_of
from azdock.emulator.appwatch import Subject, Watch
from azdock.emulator.clock import Clock

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """As a container's `connect`."""
    return await asyncio.open_connection("127.0.0.1", port)


def test_what_a_template_gives() -> None:
    """Kinds in any case, Kubernetes' numbers where none are given; the platform's own are TCP on the target port."""
    one = {
        "probes": [
            {"type": "liveness", "httpGet": {"path": "/ok", "port": 80, "scheme": "https"}, "initialDelaySeconds": 7},
            {"type": "Startup", "tcpSocket": {"port": 5432}, "failureThreshold": 30, "timeoutSeconds": 2},
        ]
    }
    assert probes_of(one) == {
        LIVENESS: Probe(LIVENESS, 80, "/ok", tls=True, delay=7, period=10, timeout=1, failures=3),
        STARTUP: Probe(STARTUP, 5432, period=10, timeout=2, failures=30),
    }
    assert all(one.own and not one.path for one in platform_probes().values())


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", ""),
        (b"HTTP/1.1 302 Found\r\n\r\n", ""),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", "status code: 404"),
        (b"HTTP/1.0 503 no\r\n\r\n", "status code: 503"),
        (b"SSH-2.0-x\r\n", "status code: "),
        (b"", "status code: "),
        (None, "timeout in 0.1 seconds."),
    ],
)
def test_http(answer: bytes | None, outcome: str) -> None:
    """2xx and 3xx succeed; everything else is told as the system log tells it; the headers given are sent."""
    seen = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        if answer is None:
            await reader.read()
        writer.write(answer or b"")
        writer.close()

    async def body() -> str:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        found = await look(Probe(LIVENESS, port, "/x", headers=(("X-A", "b"),), timeout=0.1), connect)
        server.close()
        await server.wait_closed()
        await asyncio.sleep(0.02)
        return found

    assert asyncio.run(body()) == outcome
    assert seen[0].startswith(b"GET /x HTTP/1.1\r\n") and b"X-A: b\r\n" in seen[0]


def test_tcp() -> None:
    """A connection is enough, and a port on which nothing listens has status code 1."""

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def body() -> list[str]:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        probe = Probe(STARTUP, server.sockets[0].getsockname()[1])
        first = await look(probe, connect)
        server.close()
        await server.wait_closed()
        await asyncio.sleep(0.02)
        return [first, await look(probe, connect)]

    assert asyncio.run(body()) == ["", "status code: 1"]


class Lab:
    """A container whose port answers or not, and what its watch does with that."""

    def __init__(self, probes: dict[str, Probe], port: int = 80, pace: float = 0.01) -> None:
        self.up, self.started, self.alive = True, 0, False
        self.ready: list[bool] = []
        self.told: list[tuple[str, str]] = []
        subject = Subject(
            "app", self.connect, lambda: port, lambda: pace, lambda *words: self.told.append(words), self.start,
            self.live, self.ready.append,
        )  # fmt: skip
        self.watch = Watch(Clock(), probes, subject)

    def start(self) -> None:
        """It has started."""
        self.started += 1

    def live(self) -> None:
        """Its liveness is proven."""
        self.alive = True

    async def connect(self, port: int) -> Any:
        """Refused unless it is up."""
        if not self.up:
            raise ConnectionRefusedError(port)
        return Reader(), Writer()


class Reader:
    """Nothing to read."""


class Writer:
    """Closes."""

    def close(self) -> None:
        """Nothing to do."""

    async def wait_closed(self) -> None:
        """Nothing to wait for."""


async def for_a_while(lab: Lab, seconds: float = 0.3) -> bool:
    """Watch; whether the watch ended by itself."""
    task = asyncio.create_task(lab.watch.run())
    done, _ = await asyncio.wait([task], timeout=seconds)
    task.cancel()
    return bool(done)


def test_no_probes_is_ready_at_once() -> None:
    """Without probes a container has started and is ready as soon as it runs; so is one without ingress."""
    for probes in ({}, platform_probes()):
        lab = Lab(probes, port=0)
        assert not asyncio.run(for_a_while(lab, 0.1))
        assert (lab.started, lab.ready[:1], lab.told) == (1, [True], [])


def test_startup_fails() -> None:
    """The startup probe ends a container after its failures, at full pace, and never lets the others begin."""
    lab = Lab({STARTUP: Probe(STARTUP, 80, period=0.02, failures=3), READINESS: Probe(READINESS, 80)}, pace=1)
    lab.up = False
    assert asyncio.run(for_a_while(lab, 5))
    assert lab.started == 0 and lab.ready == []
    assert lab.told[0] == ("ProbeFailed", "Probe of StartUp failed with status code: 1")
    assert lab.told[-1] == ("ProbeFailure", "Container app failed startup probe, will be restarted")


def test_startup_is_never_hurried() -> None:
    """However short the pace, the startup probe leaves the time that was asked for."""
    lab = Lab({STARTUP: Probe(STARTUP, 80, period=1, failures=3)}, pace=0.01)
    lab.up = False
    assert not asyncio.run(for_a_while(lab, 0.5))


def test_liveness_fails() -> None:
    """A container that no longer answers is to be ended, after its failures in a row."""
    lab = Lab({LIVENESS: Probe(LIVENESS, 80, period=2, failures=3)})

    async def body() -> bool:
        task = asyncio.create_task(lab.watch.run())
        await asyncio.sleep(0.1)
        assert not task.done() and lab.started == 1 and lab.alive
        lab.up = False
        await asyncio.wait_for(task, 5)
        return True

    assert asyncio.run(body())
    assert lab.told[-1] == ("ProbeFailure", "Container app failed liveness probe, will be restarted")


def test_readiness_comes_and_goes() -> None:
    """Readiness takes its successes in a row, is lost after its failures, and comes back; the container lives on."""
    lab = Lab({READINESS: Probe(READINESS, 80, period=1, successes=2, failures=2)})

    async def body() -> None:
        task = asyncio.create_task(lab.watch.run())
        for up, ready in ((True, [True]), (False, [True, False]), (True, [True, False, True])):
            lab.up = up
            async with asyncio.timeout(5):
                while lab.ready != ready:
                    await asyncio.sleep(0.005)
        assert not task.done()
        task.cancel()

    asyncio.run(body())
    assert ("ProbeFailed", "Container app failed readiness probe") in lab.told
    assert ("ProbeFailed", "Readiness Probe reached failure threshold 2, changing status to Failure.") in lab.told
