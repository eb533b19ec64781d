"""A program of an image without a shell, on Azure's terminal."""

from __future__ import annotations

import pytest

from azdock.backends.exec_channel import DirectChannel
from tests.support.exec_script import Scripted


@pytest.mark.parametrize(
    "pieces", [(b"a\r\nb\r\n",), (b"a\r", b"\nb\r\n"), (b"a", b"\r", b"\n", b"b\r", b"\n")]
)  # fmt: skip
def test_lines_end_as_the_program_ended_them(pieces: tuple[bytes, ...]) -> None:
    """The terminal's carriage returns go, wherever the output is cut."""
    made = DirectChannel(Scripted(*pieces, code=3))
    found = []
    while (piece := made.read()) is not None:
        found.append(piece)
    assert b"".join(data for _, data in found) == b"a\nb\n"
    assert {stream for stream, _ in found} == {"out"}
    assert made.exit_code == 3


def test_a_carriage_return_of_the_program_stays() -> None:
    """Also at the very end."""
    made = DirectChannel(Scripted(b"50%\r100%\r"))
    assert made.read() == ("out", b"50%\r100%")
    assert made.read() == ("out", b"\r")
    assert made.read() is None


def test_size_and_end() -> None:
    """Resizing and closing are passed on; input goes nowhere."""
    socket = Scripted()
    made = DirectChannel(socket)
    made.write(b"x")
    made.close_input()
    made.resize(1, 2)
    made.close()
    assert (socket.written, socket.sizes, socket.alive) == ([], [(1, 2)], False)
