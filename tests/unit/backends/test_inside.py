"""Getting into a container: which replica, which connection, and what the shim tells first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from azdock.azure import execsocket, logstream
from azdock.backends.inside import Inside
from azdock.backends.inside_base import InsideBase
from azdock.backends.shim import MARK, SESSION_SCRIPT
from azdock.docker.channels import ExecRequest
from azdock.docker.record import ContainerRecord, Ident, Status
from azdock.docker.spec import ContainerSpec
from azdock.errors import NotFound, NotRunning, Unsupported
from tests.support.fakes import Channel

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
SEEN = Status("running", "run")


def record(**spec: Any) -> ContainerRecord:
    return ContainerRecord(Ident("ab" * 32, "web"), ContainerSpec("i", **spec), NOON, "app", {}, seen=SEEN)


class Containers:
    """Stands for azure.containers.Containers."""

    def __init__(self, *lines: str | Exception) -> None:
        self.lines = lines

    def token(self, name: str) -> str:
        return f"token of {name}"

    def stream(self, _name: str, _address: str, *, follow: bool) -> Iterator[list[tuple[str, str]]]:
        assert follow
        for line in self.lines:
            if isinstance(line, Exception):
                raise line
            yield [("t", line)]


class Reach(InsideBase):
    """A backend with one container, whose replicas have addresses by name."""

    def __init__(self, *lines: str | Exception, **addresses: str) -> None:
        self._containers, self.addresses = Containers(*lines), addresses

    @property
    def containers(self) -> Any:
        return self._containers

    def place(self, record: ContainerRecord, replica: str = "") -> tuple[str, str, str]:
        return "web", record.seen.run, replica

    def endpoint(self, place: tuple[str, str, str], field: str) -> str:
        return self.addresses.get(place[2] or "any", "")


class Pool:
    """Stands for ExecPool."""

    def __init__(self, lacking: bool = False) -> None:
        self.opened: list[tuple[Any, ExecRequest]] = []
        self.lacking, self.closed = lacking, False

    def open(self, place: Any, request: ExecRequest) -> Channel:
        if self.lacking:
            raise Unsupported("no shell")
        self.opened.append((place, request))
        return Channel()

    def alive(self, place: Any) -> bool:
        return place == ("web", "run", "")

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What ExecSocket was asked for."""
    found: list[tuple[Any, ...]] = []

    def connect(*words: Any) -> Channel:
        found.append(words)
        return Channel()

    monkeypatch.setattr(execsocket, "ExecSocket", connect)
    return found


def inside(reach: Reach, lacking: bool = False) -> tuple[Inside, Pool]:
    made, pool = reach._inside, Pool(lacking)
    made.pool = pool  # type: ignore[assignment]
    return made, pool


def test_terminals_have_their_own_connection(dialled: list[tuple[Any, ...]]) -> None:
    """A command on a terminal is Azure's exec itself, in the replica that was named."""
    made, pool = inside(Reach(abcde="wss://abcde"))
    made.exec(record(), ExecRequest(("sh",), tty=True, replica="abcde", size=(5, 6)))
    assert dialled == [("wss://abcde", "token of web", "sh", (5, 6))]
    assert pool.opened == []


def test_others_share_one() -> None:
    """Without a terminal commands go through the agent, each to its replica."""
    made, pool = inside(Reach())
    made.exec(record(), ExecRequest(("ls",), replica="abcde"))
    assert pool.opened[0][0] == ("web", "run", "abcde")


def test_another_user_on_a_terminal() -> None:
    """Azure's terminal belongs to the container's user."""
    with pytest.raises(Unsupported, match="--user with --tty"):
        inside(Reach())[0].exec(record(), ExecRequest(("sh",), tty=True, user="me"))


def test_no_replica() -> None:
    """Where nothing runs there is nothing to get into."""
    with pytest.raises(NotRunning):
        inside(Reach())[0].socket(("web", "run", ""), "sh", (24, 80))


def test_session(dialled: list[tuple[Any, ...]]) -> None:
    """A session is the script of the shim: on Azure's terminal, or through the agent with all bytes of its input."""
    made, pool = inside(Reach(any="wss://any"))
    made.session(record(session=True, tty=True, stdin_open=True), (3, 4))
    assert dialled[0][3] == (3, 4) and "base64" in dialled[0][2]
    made.session(record(session=True, stdin_open=True), (3, 4))
    request = pool.opened[0][1]
    assert (request.command, request.stdin, request.tty) == (("/bin/sh", "-c", SESSION_SCRIPT), True, False)


@pytest.mark.parametrize("lacking", [False, True])
def test_signals(dialled: list[tuple[Any, ...]], lacking: bool) -> None:
    """A signal is a command; where the image is too poor for the agent it is one of Azure's own."""
    made, pool = inside(Reach(any="wss://any"), lacking)
    made.signalling(record(), "USR1")
    assert (len(pool.opened), len(dialled)) == ((0, 1) if lacking else (1, 0))


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ((f"{MARK}azdock r end err 127 missing",), 127),
        ((f"F {MARK}azdock r end out 126 invoke",), 126),
        ((f"{MARK}azdock r begin out",), None),
        ((f"{MARK}azdock r end out 3",), None),
        ((), None),
        ((logstream.Cut("gone"),), None),
        ((NotFound("gone"),), None),
    ],
)
def test_refusal(lines: tuple[Any, ...], code: int | None) -> None:
    """Only a mark that says so is a command that could not be invoked."""
    mark = inside(Reach(*lines))[0].refusal("web", "https://x")
    assert (mark.code if mark else None) == code


def test_nothing_is_made_before_it_is_needed() -> None:
    """A backend that nobody gets into has no connections to drop, and none that live."""
    reach = Reach()
    assert not reach.connected(record())
    reach.hang_up()
    assert "_inside" not in reach.__dict__
    _, pool = inside(reach)
    assert reach.connected(record())
    reach.hang_up()
    assert pool.closed
