"""The control process' loop, with commands in memory and real sockets."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Queue

import pytest

from azdock.control import messages
from azdock.control.client import ControlChannel, Line, NotRun
from azdock.control.place import Place
from azdock.control.server import Master
from azdock.docker.channels import ExecChannel, ExecRequest, Stream
from azdock.errors import AzdockError, CommandNotFound, NotRunning, Unreachable
from azdock.settings import EMBEDDED, Settings


class Echo:
    """A command that prints its input and ends with it, or never when `deaf`."""

    def __init__(self, deaf: bool = False) -> None:
        self.exit_code: int | None = None
        self.deaf = deaf
        self.closed = threading.Event()
        self._found: Queue[bytes | None] = Queue()

    def read(self) -> tuple[Stream, bytes] | None:
        while not self.closed.is_set():
            with suppress(Exception):
                data = self._found.get(timeout=0.01)
                if data is None:
                    self.exit_code = 7
                    return None
                return "err" if data.startswith(b"!") else "out", data
        return None

    def write(self, data: bytes) -> None:
        if self.deaf:
            self.closed.wait(20)
        self._found.put(data)

    def close_input(self) -> None:
        self._found.put(None)

    def resize(self, rows: int, cols: int) -> None:
        pass

    def close(self) -> None:
        self.closed.set()


@dataclass
class Commands:
    """What the test's control process runs."""

    channels: list[Echo] = field(default_factory=list)
    fail: AzdockError | None = None
    connected: bool = True
    closed: bool = False
    deaf: bool = False

    def open(self, request: ExecRequest, warn: Callable[[str], None]) -> ExecChannel:
        if self.fail is not None:
            raise self.fail
        warn(f"running {request.command[0]}")
        self.channels.append(Echo(self.deaf))
        return self.channels[-1]

    def close(self) -> None:
        self.closed = True


@dataclass
class Served:
    """A running master."""

    place: Place
    commands: Commands
    thread: threading.Thread
    lock: int
    warnings: list[str] = field(default_factory=list)

    def line(self) -> Line:
        found = self.place.connect()
        assert found is not None
        return Line(found, self.warnings.append)

    def run(self, *command: str) -> ControlChannel:
        return self.line().run(ExecRequest(command, stdin=True))


@pytest.fixture
def idle() -> float:
    return 30.0


@pytest.fixture
def served(tmp_path: Path, idle: float) -> Iterator[Served]:
    place, commands = Place(Settings(home=tmp_path / "home", context=EMBEDDED), "c" * 64), Commands()
    claimed = place.claim()
    assert claimed is not None
    master = Master(place, claimed[0], commands, idle)
    thread = threading.Thread(target=master.serve)
    thread.start()
    made = Served(place, commands, thread, claimed[1])
    yield made
    place.socket.unlink(missing_ok=True)  # the sign to end
    thread.join(10)
    assert not thread.is_alive() and commands.closed
    os.close(claimed[1])


def rest(channel: ControlChannel) -> list[tuple[str, bytes]]:
    found = []
    while (piece := channel.read()) is not None:
        found.append(piece)
    return found


def ended(served: Served, seconds: float = 5) -> None:
    served.thread.join(seconds)
    assert not served.thread.is_alive()


def test_a_command(served: Served) -> None:
    """Input goes in, both streams come out, with the exit code and the warnings."""
    channel = served.run("cat")
    channel.write(b"one")
    assert channel.read() == ("out", b"one")
    channel.write(b"!two")
    channel.close_input()
    assert rest(channel) == [("err", b"!two")]
    assert (channel.exit_code, served.warnings) == (7, ["running cat"])
    channel.close()


def test_two_at_once(served: Served) -> None:
    """A command that runs keeps no other from running."""
    first, second = served.run("one"), served.run("two")
    second.close_input()
    assert rest(second) == [] and second.exit_code == 7
    first.close_input()
    assert rest(first) == [] and first.exit_code == 7
    first.close()
    second.close()


@pytest.mark.parametrize("failed", [NotRunning("Container x is not running"), CommandNotFound("exec failed")])
def test_errors(served: Served, failed: AzdockError) -> None:
    """An error of the far side is the client's."""
    served.commands.fail = failed
    channel = served.run("prog")
    with pytest.raises(type(failed), match=failed.message):
        rest(channel)
    channel.close()


@pytest.mark.parametrize("deaf", [False, True])
def test_client_that_leaves(served: Served, deaf: bool) -> None:
    """Its command is hung up on, also when it takes no input; the process goes on."""
    served.commands.deaf = deaf
    channel = served.run("cat")
    until(lambda: served.commands.channels)
    if deaf:
        writer = threading.Thread(target=channel.write, args=(b"x" * 5_000_000,), daemon=True)
        writer.start()
        time.sleep(0.1)
    channel.close()
    assert served.commands.channels[0].closed.wait(5)
    served.commands.deaf = False
    later = served.run("cat")
    later.close_input()
    assert rest(later) == []
    later.close()


def test_asking_only_whether_it_is_there(served: Served) -> None:
    """A client without a request changes nothing."""
    served.commands.connected = False
    served.line().close()
    time.sleep(0.7)
    assert served.thread.is_alive()


def test_connections_that_are_gone(served: Served) -> None:
    """With the connection into the container ends the process; it removes its files."""
    channel = served.run("cat")
    channel.close_input()
    rest(channel)
    channel.close()
    assert served.thread.is_alive()
    served.commands.connected = False
    ended(served)
    assert list(served.place.folder.iterdir()) == []


@pytest.mark.parametrize("idle", [0.3])
def test_idle(served: Served, idle: float) -> None:
    """Nobody asked for a while: it ends; a command that runs is waited for."""
    channel = served.run("cat")
    time.sleep(4 * idle)
    assert served.thread.is_alive()
    channel.close_input()
    rest(channel)
    channel.close()
    ended(served)
    assert served.place.connect() is None


def test_home_that_vanished(served: Served) -> None:
    """Without its socket nobody can reach it: it ends, and removes nothing of whoever came after it."""
    served.place.socket.unlink()
    served.place.socket.write_text("another's")
    ended(served)
    assert served.place.socket.read_text() == "another's"


def test_request_nobody_took(tmp_path: Path) -> None:
    """A process that goes away before it took the request has certainly not run it."""
    place = Place(Settings(home=tmp_path, context=EMBEDDED), "c" * 64)
    claimed = place.claim()
    assert claimed is not None
    found = place.connect()
    assert found is not None
    claimed[0].close()
    os.close(claimed[1])
    with pytest.raises(NotRun):
        Line(found, print).run(ExecRequest(("true",)))


def test_process_that_dies() -> None:
    """One that took the request and died is an error: nobody knows how far the command came."""
    ours, theirs = socket.socketpair()

    def die() -> None:
        messages.take(theirs)
        theirs.sendall(messages.pack("k") + messages.pack("o", b"half"))
        theirs.close()

    dying = threading.Thread(target=die)
    dying.start()
    channel = Line(ours, print).run(ExecRequest(("true",)))
    assert channel.read() == ("out", b"half")
    with pytest.raises(Unreachable, match="control process"):
        channel.read()
    channel.close()
    dying.join()


def until(ask: Callable[[], object]) -> None:
    end = time.monotonic() + 5
    while not ask():
        assert time.monotonic() < end
        time.sleep(0.01)
