"""An ordinary user's networks, in a namespace that an agent holds."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from azdock.emulator.runtimes import bubblewrap, select
from azdock.emulator.runtimes.base import ImageConfig, ImageRef
from azdock.emulator.runtimes.network import NoNetworks
from azdock.emulator.runtimes.network_agent import Agent, AgentFailed
from azdock.emulator.runtimes.network_bridged import BridgedNetworks
from azdock.emulator.runtimes.sandbox import SandboxRuntime
from tests.unit.emulator.runtimes.conftest import EmptyStore
from tests.unit.emulator.runtimes.lab import Lab, read_all

ENV = "/subscriptions/s/managedEnvironments/env"


def test_without_pasta(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An ordinary user without pasta shares the host's network, and is told why when a container asks for another."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    notices: list[str] = []
    networks = select.networks(tmp_path, notices.append)
    assert isinstance(networks, NoNetworks)
    assert asyncio.run(networks.join("", "host", tmp_path)) is None
    assert notices == []
    assert [asyncio.run(networks.join(ENV, "host", tmp_path)) for _ in range(2)] == [None, None]
    assert len(notices) == 1
    assert "pasta" in notices[0]


@pytest.fixture
def agent() -> Iterator[Agent]:
    """An agent with networks."""
    if os.geteuid() == 0:
        pytest.skip("root needs no agent, and pasta does not run as root")
    try:
        made = Agent()
    except AgentFailed as error:
        pytest.skip(f"no networks for an ordinary user here: {error}")
    yield made
    made.close()


@pytest.fixture
def own(agent: Agent, wrap: bubblewrap.Bubblewrap, root: Path, tmp_path: Path) -> Lab:
    """A sandbox whose containers have networks of their own."""
    image = ImageRef("local/root", "sha256:0", ImageConfig(command=("sh",)), (root,))
    networks = BridgedNetworks(tmp_path, print, agent)
    return Lab(SandboxRuntime(wrap, EmptyStore(), tmp_path, print, networks), image, tmp_path)


@pytest.mark.sandbox
def test_a_network_of_its_own(own: Lab, agent: Agent) -> None:
    """Containers have addresses and names, the emulator listens and connects among them, exec is inside too."""

    async def body() -> None:
        container, _ = await own.start("sleep", "60", network=ENV, hostname="replica-a")
        with pytest.raises(ConnectionRefusedError):
            await container.connect(80)
        networks = own.runtime.networks
        address = await networks.address(ENV, "web")
        with networks.socket() as listening:
            listening.bind((address, 80))
            listening.listen()
            networks.publish(ENV, "web", address, ["web"])
            with agent.tcp() as client:
                client.connect((address, 80))
                accepted, _ = listening.accept()
                assert accepted.getsockname() == (address, 80)
                accepted.close()
        session = await container.exec(["cat", "/etc/hosts", "/proc/net/dev"], 80, 24)
        text = await read_all(session)
        assert f"{address}\tweb" in text
        assert "eth0:" in text
        assert "br" not in text.partition("eth0:")[2]
        assert container.usage()["rx_bytes"] >= 0
        await session.close()

    own.closing(body())


@pytest.mark.sandbox
def test_nothing_outlives_the_emulator(agent: Agent) -> None:
    """When the emulator's end of the socket is gone, agent and networks are too."""
    pid = agent._process.pid
    agent._socket.close()
    deadline = time.monotonic() + 5
    while agent._process.poll() is None:
        assert time.monotonic() < deadline, f"agent {pid} still runs"
        time.sleep(0.01)
    assert agent._process.returncode == 0
