"""The ingress over real sockets: routing, connections that live on, and what happens when replicas go away."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from azdock.emulator.ingress import Ingress, Target
from azdock.emulator.runtimes import network
from azdock.emulator.world import Behaviour

ENV = "/subscriptions/s/resourceGroups/g/providers/Microsoft.App/managedEnvironments/e"
DOMAIN = "e-a2d0a2d0.westeurope.azurecontainerapps.io"
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Replica:
    """A container that is a server in this process."""

    def __init__(self, serve: Serve) -> None:
        self.id = secrets.token_hex(32)
        self._serve = serve
        self.port = 0
        self.asked: list[int] = []
        self.connections = 0
        self.writers: list[asyncio.StreamWriter] = []

    async def _count(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.append(writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._serve(reader, writer)
        writer.close()

    async def start(self) -> Replica:
        """Listen."""
        self._server = await asyncio.start_server(self._count, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def stop(self) -> None:
        """Vanish, connections and all."""
        self._server.close()
        for writer in self.writers:
            writer.transport.abort()

    async def dial(self, port: int, factory: Callable[[], Any]) -> asyncio.Transport:
        """Reach it, whatever the port."""
        self.asked.append(port)
        return await network.dial("127.0.0.1", self.port, factory)

    def listening(self) -> list[int]:
        """Where it listens."""
        return [self.port]


def saying(word: str) -> Serve:
    """An HTTP server that answers every request with a word and what it was asked."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            lines = head.decode().lower().split("\r\n")
            length = next((int(line[15:]) for line in lines if line.startswith("content-length:")), 0)
            sent = await reader.readexactly(length)
            body = f"{word}\n{head.decode()}".encode() + sent
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            await writer.drain()

    return serve


def app(name: str = "web", *, low: int = 1, stopped: bool = False, **ingress: Any) -> dict[str, Any]:
    """A stored app."""
    return {
        "id": f"/subscriptions/s/resourceGroups/g/providers/Microsoft.App/containerApps/{name}",
        "name": name,
        "stopped": stopped,
        "latest": f"{name}--2",
        "properties": {
            "environmentId": ENV,
            "configuration": {"ingress": {"external": True, "targetPort": 80, "transport": "Auto", **ingress}},
            "template": {"scale": {"minReplicas": low}},
        },
    }


class Lab:
    """An ingress and its clients."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        environment = {"name": "e", "location": "westeurope"}
        self.behaviour = Behaviour()
        world: Any = SimpleNamespace(
            home=folder,
            store=SimpleNamespace(get=lambda _id: environment),
            behaviour=self.behaviour,
            runtime=SimpleNamespace(networks=network.NoNetworks()),
        )
        self.ingress = Ingress(world)
        self.replicas: list[Replica] = []

    async def target(self, serve: Serve, revision: str = "web--2", weight: int = 100) -> Target:
        """A ready replica."""
        replica = await Replica(serve).start()
        self.replicas.append(replica)
        name = f"{revision}-{len(self.replicas)}"
        return Target(revision, weight, name, replica)  # type: ignore[arg-type]

    def url(self, name: str = "web") -> str:
        """Where an external app answers."""
        return self.ingress.addresses()[f"{name}.{DOMAIN}"]

    async def close(self) -> None:
        """End all."""
        await self.ingress.close()
        for replica in self.replicas:
            replica.stop()
        await asyncio.sleep(0)


def run(folder: Path, body: Callable[[Lab, httpx.AsyncClient], Awaitable[None]]) -> None:
    """Run a test's coroutine with an ingress and an HTTP client."""

    async def whole() -> None:
        lab = Lab(folder)
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
                await body(lab, client)
        finally:
            await lab.close()

    asyncio.run(whole())


def test_answers_on_a_port_of_its_own(tmp_path: Path) -> None:
    """An external app answers on its loopback port; the container sees where the request came from."""

    async def body(lab: Lab, client: httpx.AsyncClient) -> None:
        lab.ingress.route(app(), [await lab.target(saying("one"))])
        answer = await client.post(lab.url() + "/path?x=1", content=b"sent")
        lines = answer.text.lower().split("\r\n")
        assert answer.text.startswith("one\nPOST /path?x=1 HTTP/1.1\r\n")
        assert answer.text.endswith("sent")
        assert {"x-forwarded-for: 127.0.0.1", "x-forwarded-proto: http"} <= set(lines)
        assert f"x-forwarded-host: {lab.url()[7:]}" in lines
        assert lab.replicas[0].asked == [80]

    run(tmp_path, body)


def test_connections_are_kept(tmp_path: Path) -> None:
    """Many requests over one client connection need one connection to the container."""

    async def body(lab: Lab, client: httpx.AsyncClient) -> None:
        lab.ingress.route(app(), [await lab.target(saying("one"))])
        for _ in range(20):
            assert (await client.get(lab.url())).status_code == 200
        assert lab.replicas[0].connections == 1

    run(tmp_path, body)


def test_by_name(tmp_path: Path) -> None:
    """The common port tells apps apart by their full names; an unknown name is 404, and so is an internal app."""

    async def body(lab: Lab, client: httpx.AsyncClient) -> None:
        lab.ingress.route(app("one"), [await lab.target(saying("one"), "one--2")])
        lab.ingress.route(app("two"), [await lab.target(saying("two"), "two--2")])
        lab.ingress.route(app("inner", external=False), [await lab.target(saying("inner"), "inner--2")])
        common = lab.ingress.addresses()["*"]

        async def get(host: str) -> tuple[int, str]:
            answer = await client.get(common, headers={"Host": host})
            return answer.status_code, answer.text.split("\n")[0]

        assert await get(f"one.{DOMAIN}") == (200, "one")
        assert await get(f"TWO.{DOMAIN}:80") == (200, "two")
        assert (await get(f"inner.internal.{DOMAIN}"))[0] == 404
        assert (await get("nobody.example"))[0] == 404
        assert f"inner.internal.{DOMAIN}" not in lab.ingress.addresses()

    run(tmp_path, body)


def test_revisions_and_labels(tmp_path: Path) -> None:
    """Traffic is shared by weight; a revision's own name and a label's lead to it alone."""

    async def body(lab: Lab, client: httpx.AsyncClient) -> None:
        traffic = [{"revisionName": "web--1", "weight": 100}, {"revisionName": "web--2", "weight": 0, "label": "new"}]
        lab.ingress.route(
            app(traffic=traffic),
            [await lab.target(saying("one"), "web--1", 100), await lab.target(saying("two"), "web--2", 0)],
        )

        async def get(host: str) -> str:
            answer = await client.get(lab.ingress.addresses()["*"], headers={"Host": host})
            return answer.text.split("\n")[0]

        assert {await get(f"web.{DOMAIN}") for _ in range(10)} == {"one"}
        assert await get(f"web--2.{DOMAIN}") == "two"
        assert await get(f"web---new.{DOMAIN}") == "two"
        assert await get(f"web--9.{DOMAIN}") == "no healthy upstream"
        lab.ingress.route(app(), [Target(one.revision, 50, one.replica, one.container) for one in await both(lab)])
        assert {await get(f"web.{DOMAIN}") for _ in range(60)} == {"three", "four"}

    async def both(lab: Lab) -> list[Target]:
        return [await lab.target(saying("three"), "web--1", 50), await lab.target(saying("four"), "web--2", 50)]

    run(tmp_path, body)


def test_no_request_fails_while_replicas_change(tmp_path: Path) -> None:
    """Under steady requests the replica is replaced again and again, the old one gone at once: none fails."""

    async def body(lab: Lab, client: httpx.AsyncClient) -> None:
        lab.ingress.route(app(), [await lab.target(saying("0"))])
        seen: set[str] = set()
        over = False

        async def ask() -> None:
            while not over:
                answer = await client.get(lab.url())
                assert answer.status_code == 200, answer.text
                seen.add(answer.text.split("\n")[0])

        clients = [asyncio.create_task(ask()) for _ in range(4)]
        for number in range(1, 6):
            await asyncio.sleep(0.05)
            lab.ingress.route(app(), [await lab.target(saying(str(number)))])
            lab.replicas[-2].stop()
        await asyncio.sleep(0.05)
        over = True
        await asyncio.gather(*clients)
        assert seen == {"0", "1", "2", "3", "4", "5"}

    run(tmp_path, body)


def test_an_idle_connection_that_died(tmp_path: Path) -> None:
    """A kept connection that the container closed does not fail the next request."""

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        await writer.drain()
        await reader.readuntil(b"\r\n\r\n")  # the next one is never answered

    async def body(lab: Lab, client: httpx.AsyncClient) -> None:
        lab.ingress.route(app(), [await lab.target(once)])
        for _ in range(5):
            assert (await client.get(lab.url())).text == "hi"
        refused = await client.post(lab.url(), content=b"x")
        assert refused.status_code == 503
        assert "connection termination" in refused.text

    run(tmp_path, body)


def test_without_replicas(tmp_path: Path) -> None:
    """Nothing ready is 503; a stopped app's own port is closed and its name answers 403; a started one has its port."""

    async def body(lab: Lab, client: httpx.AsyncClient) -> None:
        lab.ingress.route(app(), [])
        url, common, host = lab.url(), lab.ingress.addresses()["*"], {"Host": f"web.{DOMAIN}"}
        answer = await client.get(url)
        assert (answer.status_code, answer.text) == (503, "no healthy upstream")
        lab.ingress.route(app(stopped=True), [])
        await asyncio.sleep(0.01)
        with pytest.raises(httpx.TransportError):
            await client.get(url)
        assert (await client.get(common, headers=host)).status_code == 403
        lab.ingress.route(app(), [await lab.target(saying("back"))])
        assert (await client.get(url)).text.startswith("back")
        lab.ingress.forget(app()["id"])
        assert (await client.get(common, headers=host)).status_code == 404

    run(tmp_path, body)


def test_a_sleeping_app_is_woken(tmp_path: Path) -> None:
    """A request for an app that is scaled to zero wakes it, waits for a replica and counts as activity."""

    async def body(lab: Lab, client: httpx.AsyncClient) -> None:
        woken: list[str] = []
        lab.ingress.wake = woken.append
        lab.ingress.route(app(low=0), [])
        pending = asyncio.create_task(client.get(lab.url()))
        while not woken:
            await asyncio.sleep(0.01)
        assert lab.ingress.activity(woken[0])[0] == 1
        lab.ingress.route(app(low=0), [await lab.target(saying("awake"))])
        assert (await pending).text.startswith("awake")
        assert lab.ingress.activity(woken[0])[0] == 0

    run(tmp_path, body)


def test_a_request_that_takes_too_long(tmp_path: Path) -> None:
    """A request that is not over in time is 504 in Envoy's words, whether it waits for an answer or for a replica."""

    async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async def body(lab: Lab, client: httpx.AsyncClient) -> None:
        lab.behaviour.ingress_timeout = 0.1
        lab.ingress.route(app(), [await lab.target(silent)])
        lab.ingress.route(app("asleep", low=0), [])
        for name in ("web", "asleep"):
            answer = await client.get(lab.url(name))
            assert (answer.status_code, answer.text) == (504, "stream timeout")

    run(tmp_path, body)


def test_streams_both_ways(tmp_path: Path) -> None:
    """Chunked bodies pass as they come, both ways, in full."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while (size := int(await reader.readline(), 16)) > 0:
            writer.write(b"%x\r\n" % size + await reader.readexactly(size + 2))
            await writer.drain()
        await reader.readline()
        writer.write(b"0\r\n\r\n")
        await writer.drain()

    async def body(lab: Lab, client: httpx.AsyncClient) -> None:
        lab.ingress.route(app(), [await lab.target(echo)])
        piece = secrets.token_bytes(50_000)

        async def pieces() -> Any:
            for _ in range(60):
                yield piece

        answer = await client.post(lab.url(), content=pieces())
        assert answer.content == piece * 60

    run(tmp_path, body)


def test_an_upgrade_becomes_a_tunnel(tmp_path: Path) -> None:
    """After 101 bytes pass both ways, and an end on one side is seen on the other."""

    async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"Upgrade: websocket" in head
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello ")
        writer.write((await reader.read()).upper())
        await writer.drain()

    async def body(lab: Lab, _client: httpx.AsyncClient) -> None:
        lab.ingress.route(app(), [await lab.target(shout)])
        reader, writer = await asyncio.open_connection("127.0.0.1", int(lab.url().rpartition(":")[2]))
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nwor")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
        writer.write(b"ld")
        writer.write_eof()
        assert await asyncio.wait_for(reader.read(), 5) == b"hello WORLD"
        writer.close()

    run(tmp_path, body)


def test_http2_passes(tmp_path: Path) -> None:
    """A client that speaks HTTP/2 at once, as gRPC's do, is left to the container, bytes as they are."""

    async def binary(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"settings" + await reader.readexactly(28))
        await writer.drain()

    async def body(lab: Lab, _client: httpx.AsyncClient) -> None:
        lab.ingress.route(app(transport="Http2"), [await lab.target(binary)])
        reader, writer = await asyncio.open_connection("127.0.0.1", int(lab.url().rpartition(":")[2]))
        sent = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nabcd"
        writer.write(sent)
        assert await asyncio.wait_for(reader.read(), 5) == b"settings" + sent
        writer.close()

    run(tmp_path, body)


def test_sticky_sessions(tmp_path: Path) -> None:
    """With affinity a client that shows its cookie stays with its replica; without the cookie it goes in turn."""

    async def body(lab: Lab, client: httpx.AsyncClient) -> None:
        targets = [await lab.target(saying(str(number))) for number in range(3)]
        lab.ingress.route(app(stickySessions={"affinity": "sticky"}), targets)
        first = await client.get(lab.url())
        assert "acaAffinity" in first.headers["set-cookie"]
        assert {(await client.get(lab.url())).text[0] for _ in range(6)} == {first.text[0]}
        client.cookies.clear()
        seen = set()
        for _ in range(6):
            seen.add((await client.get(lab.url())).text[0])
            client.cookies.clear()
        assert seen == {"0", "1", "2"}

    run(tmp_path, body)


def test_tcp(tmp_path: Path) -> None:
    """A TCP app passes bytes both ways, ends included; the server may speak first; additional ports have their own."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"ready\n")
        writer.write((await reader.read()).upper())
        await writer.drain()

    async def body(lab: Lab, _client: httpx.AsyncClient) -> None:
        more = [{"external": True, "targetPort": 7000, "exposedPort": 0}]
        lab.ingress.route(
            app("db", transport="Tcp", targetPort=5432, exposedPort=15432, additionalPortMappings=more),
            [await lab.target(greet, "db--2")],
        )
        found = lab.ingress.addresses()
        assert {"db:15432", "db:7000"} <= set(found)
        for name, target in (("db:15432", 5432), ("db:7000", 7000)):
            host, _, port = found[name].rpartition(":")
            reader, writer = await asyncio.open_connection(host, int(port))
            assert await reader.readline() == b"ready\n"
            writer.write(b"x" * 100_000)
            writer.write_eof()
            assert await asyncio.wait_for(reader.read(), 5) == b"X" * 100_000
            writer.close()
            assert lab.replicas[0].asked[-1] == target

    run(tmp_path, body)


def test_a_client_of_the_old_version(tmp_path: Path) -> None:
    """HTTP/1.0 gets an answer it can read though the container speaks in chunks."""

    async def chunked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
        await writer.drain()

    async def body(lab: Lab, _client: httpx.AsyncClient) -> None:
        lab.ingress.route(app(), [await lab.target(chunked)])
        reader, writer = await asyncio.open_connection("127.0.0.1", int(lab.url().rpartition(":")[2]))
        writer.write(b"GET / HTTP/1.0\r\n\r\n")
        head, _, text = (await asyncio.wait_for(reader.read(), 5)).partition(b"\r\n\r\n")
        assert text == b"abcde"
        assert b"chunked" not in head
        writer.close()

    run(tmp_path, body)


def test_requests_in_one_go(tmp_path: Path) -> None:
    """Requests that a client sends without waiting are answered in order."""

    async def body(lab: Lab, _client: httpx.AsyncClient) -> None:
        lab.ingress.route(app(), [await lab.target(saying("one"))])
        reader, writer = await asyncio.open_connection("127.0.0.1", int(lab.url().rpartition(":")[2]))
        writer.write(b"".join(b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % number for number in range(3)))
        text = b""
        while text.count(b"one\n") < 3:
            text += await asyncio.wait_for(reader.read(65536), 5)
        assert [text.index(b"GET /%d" % number) for number in range(3)] == sorted(
            text.index(b"GET /%d" % number) for number in range(3)
        )
        writer.close()

    run(tmp_path, body)


def test_ports_stay(tmp_path: Path) -> None:
    """After a restart an app answers on the port it had."""
    urls: list[str] = []

    async def body(lab: Lab, _client: httpx.AsyncClient) -> None:
        lab.ingress.route(app(), [])
        urls.append(lab.url())

    run(tmp_path, body)
    run(tmp_path, body)
    assert urls[0] == urls[1]
