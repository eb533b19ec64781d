"""Sessions that somebody may leave and come back to."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Queue

import pytest

from azdock.control import messages
from azdock.control.held import HeldChannel
from azdock.control.holder import RECENT, Holder, asked
from azdock.docker.channels import Stream
from azdock.errors import AzdockError, CannotInvoke


class Far:
    """ExecChannel whose output the test gives; None in the queue is the end."""

    def __init__(self) -> None:
        self.output: Queue[tuple[Stream, bytes] | AzdockError | None] = Queue()
        self.typed = b""
        self.sizes: list[tuple[int, int]] = []
        self.input_closed = self.closed = False
        self.exit_code: int | None = None

    def read(self) -> tuple[Stream, bytes] | None:
        got = self.output.get()
        if isinstance(got, AzdockError):
            raise got
        return got

    def write(self, data: bytes) -> None:
        self.typed += data

    def close_input(self) -> None:
        self.input_closed = True

    def resize(self, rows: int, cols: int) -> None:
        self.sizes.append((rows, cols))

    def close(self) -> None:
        self.closed = True
        self.output.put(None)

    def end(self, code: int) -> None:
        self.exit_code = code
        self.output.put(None)


class Held:
    """A holder with its listening socket, and the clients that come to it."""

    def __init__(self, folder: Path) -> None:
        self.far = Far()
        self.listening = socket.socket(socket.AF_UNIX)
        self.listening.bind(str(folder / "s"))
        self.listening.listen()
        self.path = str(folder / "s")
        ours, theirs = socket.socketpair()
        self.first = HeldChannel(ours, print)
        holder = Holder(self.listening, self.far)
        self.thread = threading.Thread(target=holder.serve, args=(theirs, (24, 80)))
        self.thread.start()
        until(lambda: self.far.sizes)

    def come(self) -> HeldChannel:
        made = socket.socket(socket.AF_UNIX)
        made.connect(self.path)
        made.sendall(messages.pack("q", json.dumps({"size": (30, 90)}).encode()))
        return HeldChannel(made, print)


def until(ask: object, seconds: float = 5) -> None:
    end = time.monotonic() + seconds
    while not ask():  # type: ignore[operator]
        assert time.monotonic() < end, "it did not become true"
        time.sleep(0.005)


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Held]:
    made = Held(tmp_path)
    yield made
    made.far.output.put(None)
    made.thread.join(5)
    made.first.close()
    made.listening.shutdown(socket.SHUT_RDWR)
    made.listening.close()


def test_both_ways(held: Held) -> None:
    """What is typed goes in, what is printed comes out, the size follows, and the code is told."""
    held.first.write(b"ls\r")
    held.first.resize(40, 100)
    held.far.output.put(("out", b"a b\r\n"))
    assert held.first.read() == ("out", b"a b\r\n")
    until(lambda: held.far.sizes == [(24, 80), (40, 100)])
    assert held.far.typed == b"ls\r"
    held.far.end(3)
    assert (held.first.read(), held.first.exit_code) == (None, 3)


def test_leaving_and_coming_back(held: Held) -> None:
    """After the detach keys the command goes on; whoever comes back sees what was printed last."""
    held.far.output.put(("out", b"one"))
    assert held.first.read() == ("out", b"one")
    held.first.leave()
    held.far.output.put(("out", b"two"))
    time.sleep(0.05)
    assert not held.far.closed
    again = held.come()
    assert [again.read(), again.read()] == [("out", b"one"), ("out", b"two")]
    held.far.end(0)
    assert (again.read(), again.exit_code) == (None, 0)
    again.close()


def test_going_without_a_word(held: Held) -> None:
    """An azdock that was killed takes its session along."""
    held.first.close()
    until(lambda: held.far.closed)


def test_one_of_two_goes(held: Held) -> None:
    """As long as somebody is there the session goes on, and both see the same."""
    other = held.come()
    until(lambda: len(held.far.sizes) == 2)
    held.far.output.put(("out", b"x"))
    assert held.first.read() == other.read() == ("out", b"x")
    other.close()
    held.first.write(b"still")
    until(lambda: held.far.typed == b"still")
    assert not held.far.closed


def test_not_everything_is_kept(held: Held) -> None:
    """A session that prints without end keeps the last of it."""
    held.first.leave()
    for number in range(40):
        held.far.output.put(("out", b"%04d" % number + b"x" * 4092))
    until(lambda: held.far.output.empty())
    time.sleep(0.05)
    again, seen = held.come(), b""
    until(lambda: len(held.far.sizes) == 2)
    held.far.end(0)
    while (piece := again.read()) is not None:
        seen += piece[1]
    assert seen.startswith(b"00") and b"0039" in seen and len(seen) <= RECENT
    again.close()


def test_errors_arrive(held: Held) -> None:
    """What breaks the session is told in its own words."""
    held.far.output.put(CannotInvoke("no way"))
    with pytest.raises(CannotInvoke, match="no way"):
        held.first.read()


def test_who_says_nothing() -> None:
    """A client that only wants to know whether somebody is here asks for nothing."""
    ours, theirs = socket.socketpair()
    ours.close()
    assert asked(theirs) is None
    theirs.close()
