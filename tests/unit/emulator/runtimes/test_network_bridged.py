"""Networks of their own: addresses, ports, names, figures, and nothing left behind."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from azdock.emulator.runtimes import bubblewrap, network_links
from azdock.emulator.runtimes.base import ContainerRun, ImageConfig, ImageRef
from azdock.emulator.runtimes.host import host_image
from azdock.emulator.runtimes.network_bridged import PREFIX, BridgedNetworks, digits
from azdock.emulator.runtimes.sandbox import SandboxRuntime
from tests.unit.emulator.runtimes.conftest import EmptyStore
from tests.unit.emulator.runtimes.lab import Lab, read_all, said

pytestmark = pytest.mark.sandbox
ENV = "/subscriptions/s/managedEnvironments/env"
PYTHON = str(Path(sys.executable).resolve())  # a virtual environment may lie in /tmp, which azdock/host replaces
SERVER = (
    "import socket,sys\n"
    "s=socket.socket();s.setsockopt(socket.SOL_SOCKET,socket.SO_REUSEADDR,1)\n"
    "s.bind(('',80));s.listen();print('up',flush=True)\n"
    "while 1:\n c,_=s.accept();c.sendall(sys.argv[1].encode());c.close()\n"
)


@pytest.fixture
def networks(tmp_path: Path) -> Iterator[BridgedNetworks]:
    """Networks of a home of its own, gone after the test."""
    if os.geteuid() != 0:
        pytest.skip("only root may make networks")
    notices: list[str] = []
    try:
        made = BridgedNetworks(tmp_path, notices.append)
    except OSError as error:
        pytest.skip(f"no networks here: {error}")
    yield made
    assert network_links.named(PREFIX + digits(str(tmp_path.resolve()))) == []


@pytest.fixture
def own(networks: BridgedNetworks, wrap: bubblewrap.Bubblewrap, root: Path, tmp_path: Path) -> Lab:
    """A sandbox whose containers have networks of their own."""
    image = ImageRef("local/root", "sha256:0", ImageConfig(command=("sh",)), (root,))
    return Lab(SandboxRuntime(wrap, EmptyStore(), tmp_path, lambda _: None, networks), image, tmp_path)


def server(lab: Lab, word: str, hostname: str) -> tuple[ContainerRun, object]:
    """A run of a server on port 80 that says a word to everybody."""
    return lab.run(PYTHON, "-c", SERVER, word, image=host_image(), network=ENV, hostname=hostname)


async def heard(lab: Lab, run: ContainerRun) -> bytes:
    """What a server says to one who connects to port 80 of its container."""
    container = await lab.runtime.start(run)
    for _ in range(200):
        try:
            reader, writer = await container.connect(80)
        except OSError:
            await asyncio.sleep(0.02)
            continue
        data = await reader.read()
        writer.close()
        return data
    raise AssertionError("nothing listens")


def test_two_on_one_port(own: Lab) -> None:
    """Two containers listen on the same port, and each is reached by its own connections."""

    async def body() -> None:
        runs = [server(own, word, f"replica-{word}")[0] for word in ("one", "two")]
        assert [await heard(own, run) for run in runs] == [b"one", b"two"]

    own.closing(body())


def test_nothing_listens(own: Lab) -> None:
    """A port that nobody listens on is refused."""

    async def body() -> None:
        container, _ = await own.start("sleep", "60", network=ENV)
        with pytest.raises(ConnectionRefusedError):
            await container.connect(81)

    own.closing(body())


def test_names_come_while_it_runs(own: Lab, networks: BridgedNetworks) -> None:
    """A name that is published later is in the hosts file of a container that runs; a withdrawn one is gone."""

    async def body() -> None:
        container, _ = await own.start("sleep", "60", network=ENV, hostname="replica-a")
        address = await networks.address(ENV, "web")
        networks.publish(ENV, "web", address, ["web", "web.example"])

        async def hosts() -> str:
            session = await container.exec(["cat", "/etc/hosts", "/etc/resolv.conf"], 80, 24)
            return await read_all(session)

        text = await hosts()
        assert f"{address}\tweb web.example" in text
        assert "replica-a" in text
        assert "nameserver" in text
        networks.release(ENV, "web")
        assert "web.example" not in await hosts()

    own.closing(body())


def test_a_replica_shares(own: Lab) -> None:
    """Containers of one replica share one network: the second reaches the first on localhost, by exec too."""

    async def body() -> None:
        assert await heard(own, server(own, "both", "replica-b")[0]) == b"both"
        script = "import socket; print(socket.create_connection(('127.0.0.1', 80)).recv(9))"
        code, output = await own.outcome(PYTHON, "-c", script, image=host_image(), network=ENV, hostname="replica-b")
        assert (code, output.text()) == (0, "b'both'\n")
        container, _ = await own.start("sleep", "60", image=host_image(), network=ENV, hostname="replica-b")
        session = await container.exec([PYTHON, "-c", script], 80, 24)
        assert await read_all(session) == "b'both'\r\n"

    own.closing(body())


def test_the_way_out_and_the_figures(own: Lab) -> None:
    """A container reaches a server of this machine by the bridge's address, and what it carried is counted."""

    async def body() -> None:
        payload = b"x" * 200_000

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(payload)
            await writer.drain()
            writer.close()

        service = await asyncio.start_server(serve, "0.0.0.0", 0)
        port = service.sockets[0].getsockname()[1]
        networks = own.runtime.networks
        assert isinstance(networks, BridgedNetworks)
        gateway = networks.segment(ENV).gateway
        script = (
            "import socket,time\n"
            f"s=socket.create_connection(('{gateway}',{port}));n=0\n"
            "while 1:\n d=s.recv(65536)\n if not d: break\n n+=len(d)\n"
            "print('got',n,flush=True);time.sleep(60)"
        )
        container, output = await own.start(PYTHON, "-c", script, image=host_image(), network=ENV)
        await said(output, "got 200000")
        usage = container.usage()
        assert usage["rx_bytes"] > 200_000
        assert 0 < usage["tx_bytes"] < 100_000
        service.close()

    own.closing(body())


def test_leftovers_are_removed(tmp_path: Path, networks: BridgedNetworks) -> None:
    """What an emulator that was killed left behind goes at the next start, its rules with it."""
    home = tmp_path / "killed"
    script = (
        "import asyncio,os,sys\nfrom pathlib import Path\n"
        "from azdock.emulator.runtimes.network_bridged import BridgedNetworks\n"
        "async def main():\n"
        " n=BridgedNetworks(Path(sys.argv[1]),print)\n"
        " await n.join('env','r',Path(sys.argv[1]))\n os._exit(0)\n"
        "asyncio.run(main())"
    )
    home.mkdir()
    subprocess.run([sys.executable, "-c", script, str(home)], check=True)
    owner = digits(str(home.resolve()))
    assert network_links.named(PREFIX + owner)

    async def again() -> None:
        made = BridgedNetworks(home, print)
        assert network_links.named(PREFIX + owner) == []
        if save := shutil.which("iptables-save"):
            assert f"azdock-{owner}" not in subprocess.run([save], capture_output=True, text=True, check=True).stdout
        await made.close()
        await networks.close()

    asyncio.run(again())
