"""Few connections for many commands."""

from __future__ import annotations

import threading

import pytest

from azdock.azure import progress
from azdock.backends.exec_pool import ExecPool, Place
from azdock.docker.channels import ExecChannel, ExecRequest
from azdock.errors import CommandNotFound, Throttled, Unsupported
from tests.support.exec_script import Scripted

HELLO = b"\x1eb 0 \x1f", b"\x1eh 0 ready\x1f"
DONE = [b"\x1ex %d 0\x1f\x1eo %d \x1f\x1ee %d \x1f" % (number, number, number) for number in range(1, 9)]

RUN, OTHER = ("job", "run", ""), ("job", "run2", "")


class Far:
    """Connections that are asked for, one after another."""

    def __init__(self, *sockets: Scripted | Exception) -> None:
        self.sockets = list(sockets)
        self.commands: list[str] = []

    def connect(self, place: Place, command: str, size: tuple[int, int]) -> Scripted:
        self.commands.append(command)
        found = self.sockets[len(self.commands) - 1]
        if isinstance(found, Exception):
            raise found
        return found


def read(channel: ExecChannel) -> list[tuple[str, bytes]]:
    found = []
    while (piece := channel.read()) is not None:
        found.append(piece)
    return found


def test_one_connection() -> None:
    """Commands one after another share a connection; another run has its own."""
    far = Far(Scripted(*HELLO, *DONE), Scripted(*HELLO, *DONE))
    pool = ExecPool(far.connect)
    for _ in range(5):
        read(pool.open(RUN, ExecRequest(("true",))))
    assert len(far.commands) == 1
    read(pool.open(OTHER, ExecRequest(("true",))))
    assert len(far.commands) == 2
    pool.close()
    assert not any(socket.alive for socket in far.sockets if isinstance(socket, Scripted))


def test_side_by_side() -> None:
    """Commands at the same time share a connection, also when threads ask for the first one together."""
    far = Far(Scripted(*HELLO, *DONE), Scripted(*HELLO, *DONE))
    pool = ExecPool(far.connect)
    channels: list[ExecChannel] = []
    threads = [
        threading.Thread(target=lambda: channels.append(pool.open(RUN, ExecRequest(("true",))))) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [read(channel) for channel in channels] == [[]] * 6
    assert [channel.exit_code for channel in channels] == [0] * 6
    assert len(far.commands) == 1


def test_dead_connection_is_replaced() -> None:
    """A connection that ended while it was idle costs another one, and is not noticed otherwise."""
    first = Scripted(*HELLO, *DONE)
    far = Far(first, Scripted(*HELLO, *DONE))
    pool = ExecPool(far.connect)
    read(pool.open(RUN, ExecRequest(("true",))))
    assert pool.alive(RUN)
    first.alive = False
    assert not pool.alive(RUN)
    read(pool.open(RUN, ExecRequest(("true",))))
    assert len(far.commands) == 2 and pool.alive(RUN)


def test_refused_connection() -> None:
    """What Azure says of a connection reaches the caller."""
    with pytest.raises(Throttled):
        ExecPool(Far(Throttled("no")).connect).open(RUN, ExecRequest(("true",)))


def test_image_without_a_shell(capsys: pytest.CaptureFixture[str]) -> None:
    """Plain words run on the terminal itself, which is said once; the agent is not tried again."""
    progress.listen()
    far = Far(Scripted(CommandNotFound("sh")), Scripted(b"hi\r\n", code=4), Scripted(b"ho\r\n"))
    pool = ExecPool(far.connect)
    channel = pool.open(RUN, ExecRequest(("/prog", "-x")))
    assert (read(channel), channel.exit_code) == ([("out", b"hi\n")], 4)
    assert read(pool.open(RUN, ExecRequest(("/prog",)))) == [("out", b"ho\n")]
    assert far.commands[1:] == ["/prog -x", "/prog"]
    assert capsys.readouterr().err.count("WARNING: the image has no shell: stdout and stderr") == 1


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (ExecRequest(("prog",), stdin=True), "--interactive: the image has no shell"),
        (ExecRequest(("prog",), env=("A=1",)), "--env"),
        (ExecRequest(("prog",), workdir="/"), "--workdir"),
        (ExecRequest(("prog",), detach=True), "--detach"),
        (ExecRequest(("prog", "a b")), "an argument with blanks or quotes"),
    ],
)
def test_what_needs_a_shell_is_refused(request_: ExecRequest, says: str) -> None:
    """Nothing is left out in silence."""
    with pytest.raises(Unsupported, match=says):
        ExecPool(Far(Scripted(CommandNotFound("sh"))).connect).open(RUN, request_)
