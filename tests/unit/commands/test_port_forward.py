"""azdock port-forward: what is listened on, and what is said."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

import pytest

from azdock.commands import port_forward
from azdock.commands.port_forward import Pair, parse
from azdock.docker.values import BadValue
from azdock.errors import NotFound, Unsupported
from tests.support.fakes import Memory, World, azdock


@pytest.mark.parametrize(
    ("text", "pair"), [("80", Pair(80, 80)), ("8080:80", Pair(8080, 80)), (":5432", Pair(0, 5432)), ("0:1", Pair(0, 1))]
)
def test_parse(text: str, pair: Pair) -> None:
    """LOCAL:REMOTE, with what is left out filled in."""
    assert parse(text) == pair


@pytest.mark.parametrize("text", ["", "x", "80:", "80:0", "1:65536", "99999", "1:2:3", "-1", "²"])
def test_no_ports(text: str) -> None:
    """What is no port is named."""
    with pytest.raises(BadValue, match="invalid port"):
        parse(text)
    result = azdock("port-forward", "web", text) if text != "-1" else None
    assert result is None or result.code == 125


class Forward:
    """Stands for services.forward.Forward: says what port a connection came for."""

    def __init__(self, refused: bool = False) -> None:
        self.refused = refused

    def check(self) -> None:
        if self.refused:
            raise Unsupported("port-forward: no nc")

    def carry(self, local: socket.socket, port: int) -> None:
        local.sendall(f"to {port}".encode())
        local.close()


class Forwarding(World):
    """A world with a container `web`; `output` calls back with each line."""

    def __init__(self, forward: Forward, out: Memory | None = None) -> None:
        super().__init__(out=out)
        self.forward_ = forward

    def forward(self, name: str) -> Forward:  # type: ignore[override]
        if name != "web":
            raise NotFound(f"No such container: {name}")
        return self.forward_


class Connects(Memory):
    """Connects to every address it is told, and ends the command when all were tried."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count, self.found = count, list[str]()

    def line(self, text: str = "") -> None:
        super().line(text)
        address = text.split()[2]

        def connect() -> None:
            host, _, port = address.rpartition(":")
            # the one that finds azdock interrupted is reset
            with suppress(ConnectionResetError), socket.create_connection((host, int(port))) as made:
                self.found.append(made.makefile().read())

        threading.Thread(target=connect).start()


def test_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each port leads to its own; the lines say where, and Ctrl-C ends it with 130."""
    out = Connects(2)
    taken: list[int] = []
    accept = socket.socket.accept

    def counted(self: socket.socket) -> object:
        if len(taken) == 2:
            raise KeyboardInterrupt
        taken.append(1)
        return accept(self)

    monkeypatch.setattr(socket.socket, "accept", counted)
    threading.Timer(1.0, lambda: out.line(out.text.splitlines()[0])).start()
    result = azdock("port-forward", "web", ":80", ":5432", world=Forwarding(Forward(), out))
    assert result.code == 130
    assert sorted(out.found[:2]) == ["to 5432", "to 80"]
    assert [line.split(" -> ")[1] for line in result.out.splitlines()[:2]] == ["80", "5432"]


def test_refusals() -> None:
    """A container that is missing, an image that cannot connect, a port that is taken: one sentence each."""
    result = azdock("port-forward", "nosuch", "80", world=Forwarding(Forward()))
    assert (result.err, result.code) == ("Error response from Azure: No such container: nosuch\n", 1)
    result = azdock("port-forward", "web", ":80", world=Forwarding(Forward(refused=True)))
    assert "no nc" in result.err
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = azdock("port-forward", "web", f"{port}:80", world=Forwarding(Forward()))
    assert result.err == f"cannot listen on 127.0.0.1:{port}: Address already in use\n"


def test_the_address() -> None:
    """Only this machine may connect unless somebody asks for more."""
    with port_forward._listen("127.0.0.1", Pair(0, 80)) as made:
        assert made.getsockname()[0] == "127.0.0.1"
