"""Driving a command: copying, detaching, sizes, and the terminal left as it was."""

from __future__ import annotations

import os
import pty
import signal
import termios

import pytest

from azdock.cli.terminal import Detached, KeyWatch, drive
from azdock.errors import AzdockError
from tests.support.fakes import Channel, Memory, Typed, World


@pytest.mark.parametrize(
    ("pieces", "sent"),
    [
        ([b"hello"], b"hello"),
        ([b"a\x10b"], b"a\x10b"),
        ([b"\x10", b"x"], b"\x10x"),
        ([b"\x10\x10x"], b"\x10\x10x"),
    ],
)
def test_keys_that_do_not_detach_are_sent(pieces: list[bytes], sent: bytes) -> None:
    """A beginning of the sequence is held back, not lost."""
    watch = KeyWatch(b"\x10\x11")
    assert b"".join(watch.feed(piece) for piece in pieces) == sent


def test_detach_keys_are_found_across_reads() -> None:
    """The sequence counts however it arrives."""
    watch = KeyWatch(b"\x10\x11")
    watch.feed(b"x\x10")
    with pytest.raises(Detached):
        watch.feed(b"\x11")


def test_output_keeps_its_streams_and_the_code_is_returned() -> None:
    """stdout and stderr stay apart; the command's code becomes ours."""
    world = World()
    channel = Channel([("out", b"o\n"), ("err", b"e\n")], code=9)
    assert drive(world, channel, tty=False, stdin=False) == 9
    assert (world.memory.data, world.errors.data) == (b"o\n", b"e\n")
    assert channel.closed
    world.typed.close()


def test_piped_input_is_copied_and_its_end_is_told() -> None:
    """Input is passed on byte for byte, then closed."""
    world = World(stdin=Typed(b"data\x10\x11\x00more"))
    channel = Channel(code=0)
    channel.until_input_ends = True
    assert drive(world, channel, tty=False, stdin=True) == 0
    assert channel.written == b"data\x10\x11\x00more"
    assert channel.input_closed
    world.typed.close()


def test_without_interactive_nothing_is_read() -> None:
    """Input that was not asked for stays where it is."""
    world = World(stdin=Typed(b"data"))
    channel = Channel()
    drive(world, channel, tty=False, stdin=False)
    assert channel.written == b""
    assert world.inp.read() == b"data"
    world.typed.close()


def test_detaching_leaves_the_command_alone() -> None:
    """After the detach keys there is no exit code, and azdock says why."""
    world = World(stdin=Typed(b"ls\r\x10\x11"))
    channel = Channel(code=None)
    channel.until_input_ends = True
    assert drive(world, channel, tty=True, stdin=True) is None
    assert not channel.input_closed
    assert "read escape sequence" in world.errors.text
    world.typed.close()


def test_leaving_may_be_more_than_hanging_up() -> None:
    """Who holds the session is told that it goes on."""
    world = World(stdin=Typed(b"\x10\x11"))
    channel = Channel(code=None)
    channel.until_input_ends = True
    left: list[bool] = []

    def leave() -> None:
        left.append(channel.closed)
        channel.close()

    assert drive(world, channel, tty=True, stdin=True, leave=leave) is None
    assert left == [False]
    world.typed.close()


def test_a_lost_connection_is_an_error() -> None:
    """No code is invented when Azure told none."""
    world = World()
    with pytest.raises(AzdockError):
        drive(world, Channel(code=None), tty=False, stdin=False)
    world.typed.close()


def test_the_size_is_told_at_the_start_and_when_it_changes() -> None:
    """The far terminal has our size, also after a resize."""
    out = Memory(terminal=True, size=(40, 100))
    world = World(out=out)
    channel = Channel()
    before = signal.getsignal(signal.SIGWINCH)

    def read() -> None:
        if len(channel.sizes) == 1:
            out.size_now = (10, 20)
            os.kill(os.getpid(), signal.SIGWINCH)

    channel.read = read  # type: ignore[method-assign]
    drive(world, channel, tty=True, stdin=False)
    assert channel.sizes == [(40, 100), (10, 20)]
    assert signal.getsignal(signal.SIGWINCH) == before
    world.typed.close()


@pytest.mark.parametrize("fails", [False, True])
def test_the_terminal_is_restored(fails: bool) -> None:
    """Raw while the command runs, and as before afterwards, also when something breaks."""
    leader, follower = pty.openpty()
    world = World()
    world.typed.close()
    world.inp = world.typed = Typed(terminal=True)
    world.typed.close()
    world.typed._file = os.fdopen(follower, "r+b", buffering=0)
    before = termios.tcgetattr(follower)
    seen: list[int] = []
    channel = Channel()

    def read() -> None:
        seen.append(termios.tcgetattr(follower)[3] & termios.ICANON)
        if fails:
            raise AzdockError("connection lost")

    channel.read = read  # type: ignore[method-assign]
    try:
        drive(world, channel, tty=True, stdin=True)
    except AzdockError:
        assert fails
    assert seen == [0]
    assert termios.tcgetattr(follower) == before
    world.typed.close()
    os.close(leader)
