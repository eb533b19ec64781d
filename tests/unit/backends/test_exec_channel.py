"""An exec without a terminal over one that always has it."""

from __future__ import annotations

from typing import Any

import pytest

from azdock.backends.exec_channel import PlainChannel
from azdock.backends.exec_command import MISSING, READY
from azdock.docker.channels import Stream
from azdock.errors import CommandNotFound


class Socket:
    """Stands for the exec socket: gives pieces, remembers what is sent."""

    def __init__(self, *pieces: bytes, code: int | None = 0) -> None:
        self.pieces = list(pieces)
        self.exit_code = code
        self.written: list[bytes] = []
        self.sizes: list[tuple[int, int]] = []
        self.closed = False

    def read(self) -> tuple[Stream, bytes] | None:
        return ("out", self.pieces.pop(0)) if self.pieces else None

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def resize(self, rows: int, cols: int) -> None:
        self.sizes.append((rows, cols))

    def close(self) -> None:
        self.closed = True


def channel(socket: Socket, quiet: bool = True) -> PlainChannel:
    return PlainChannel(socket, "prog", quiet)  # type: ignore[arg-type]


def everything(made: PlainChannel) -> list[Any]:
    found = []
    while (piece := made.read()) is not None:
        found.append(piece)
    return found


@pytest.mark.parametrize(
    "pieces",
    [(b"noise" + READY + b"out",), (b"noise", READY, b"out"), (READY[:3], READY[3:] + b"out"), (READY + b"o", b"ut")],
)
def test_the_terminals_own_noise_is_dropped(pieces: tuple[bytes, ...]) -> None:
    """Output begins after the mark, however the pieces are cut."""
    made = channel(Socket(*pieces, code=3))
    assert b"".join(data for _, data in everything(made)) == b"out"
    assert made.exit_code == 3


def test_input_waits() -> None:
    """Input before the mark would be echoed: it is kept until the far side is quiet, in order."""
    socket = Socket(READY, b"x")
    made = channel(socket)
    made.write(b"a\n")
    made.close_input()
    assert socket.written == []
    assert made.read() == ("out", b"x")
    assert socket.written == [b"a\n\x04"]
    made.write(b"b")
    assert socket.written[1:] == [b"b"]


@pytest.mark.parametrize("pieces", [(READY + MISSING,), (READY, MISSING)])
def test_missing_program(pieces: tuple[bytes, ...]) -> None:
    """The far side's word for a program that does not exist is docker's error 127."""
    socket = Socket(*pieces, code=127)
    with pytest.raises(CommandNotFound, match=r'exec: "prog": executable file not found in \$PATH'):
        everything(channel(socket))
    assert socket.closed


def test_missing_program_of_a_detached_command() -> None:
    """A detached command announces nothing but that."""
    with pytest.raises(CommandNotFound):
        everything(channel(Socket(MISSING), quiet=False))


def test_no_shell() -> None:
    """What came before an end without the mark is the complaint of whoever was there instead."""
    made = channel(Socket(b"sh: not found\r\n", code=127))
    assert everything(made) == [("err", b"sh: not found\n")]
    assert made.exit_code == 127


def test_size_and_end() -> None:
    """Resizing and closing are passed on."""
    socket = Socket()
    made = channel(socket)
    made.resize(1, 2)
    made.close()
    assert socket.sizes == [(1, 2)] and socket.closed
