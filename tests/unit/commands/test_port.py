"""azdock port: addresses as curl takes them; without any, docker's words."""

from __future__ import annotations

import pytest

from azdock.docker.ports import Endpoint, Port
from azdock.docker.record import Status
from azdock.docker.spec import ContainerSpec
from tests.support.fakes import Services, World, azdock, record


@pytest.mark.parametrize(
    ("argv", "err", "code"),
    [
        (("web",), "", 0),
        (("web", "80"), "Error: No public port '80' published for web\n", 1),
        (("web", "80/udp"), "Error: No public port '80/udp' published for web\n", 1),
        (("web", "abc"), 'Error: invalid port (abc): strconv.ParseUint: parsing "abc": invalid syntax\n', 1),
        (("web", "70000"), 'Error: invalid port (70000): strconv.ParseUint: parsing "70000": value out of range\n', 1),
    ],
)
def test_answers(argv: tuple[str, ...], err: str, code: int) -> None:
    """Recorded from docker for a container without ports."""
    made = Services()
    made.records["web"] = record("web")
    result = azdock("port", *argv, world=World(made))
    assert (result.out, result.err, result.code) == ("", err, code)


def test_missing() -> None:
    """A container that does not exist is no container without ports."""
    result = azdock("port", "nosuch", world=World(Services()))
    assert result.code == 1
    assert "No such container: nosuch" in result.err


def published() -> World:
    """A world with an app: port 80 for everybody, 5432 inside its network, 9000 exposed only."""
    made = Services()
    spec = ContainerSpec("web", ports=(Port(80), Port(5432, host_ip="127.0.0.1")), expose=(Port(9000),))
    endpoints = (
        Endpoint(80, "tcp", "https://web.x.io"),
        Endpoint(5432, "tcp", "web:5432", external=False),
        Endpoint(9000, "tcp", "web:9000", external=False),
    )
    made.records["web"] = record("web", spec=spec, seen=Status("running", endpoints=endpoints))
    return World(made)


@pytest.mark.parametrize(
    ("argv", "out"),
    [
        ((), "80/tcp -> https://web.x.io\n"),
        (("80",), "https://web.x.io\n"),
        (("80/tcp",), "https://web.x.io\n"),
    ],
)
def test_addresses(argv: tuple[str, ...], out: str) -> None:
    """A published port is told by its address, alone when the port was named."""
    result = azdock("port", "web", *argv, world=published())
    assert (result.out, result.err, result.code) == (out, "", 0)


def test_inside_only() -> None:
    """A port that only its network reaches is not public, and the way to it is told."""
    result = azdock("port", "web", "5432", world=published())
    assert result.err == "Error: No public port '5432' published for web\nhint: azdock port-forward web 5432\n"
    assert result.code == 1
