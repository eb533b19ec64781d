"""Standard input of a run: carried when small, streamed else, never lost in between."""

from __future__ import annotations

import os
import threading
import time

import pytest

from azdock.cli.streams import In
from azdock.commands.feeding import CARRIED, Feed, feeding
from azdock.docker.channels import NO_INPUT
from azdock.errors import AzdockError, NotRunning
from tests.support.fakes import Channel, Services, Typed, World, record


def piped() -> tuple[In, int]:
    """An input, and the descriptor that writes to it."""
    reader, writer = os.pipe()
    return In(os.fdopen(reader, "rb", buffering=0)), writer


@pytest.mark.parametrize("data", [b"", b"hi\n", b"\x00\xff" * 1000])
def test_small_input_is_carried(data: bytes) -> None:
    """Input that ends at once is known whole."""
    typed = Typed(data)
    assert Feed(typed).whole() == data
    typed.close()


def test_a_terminal_is_not_waited_for() -> None:
    """Nobody types a whole input in advance."""
    typed = Typed(b"x", terminal=True)
    assert Feed(typed).whole() is None
    typed.close()


def test_input_that_goes_on_is_streamed_from_its_beginning() -> None:
    """What was read ahead comes first, then the rest, then nothing more."""
    inp, writer = piped()
    os.write(writer, b"early ")
    feed = Feed(inp)
    assert feed.whole() is None
    os.write(writer, b"late")
    os.close(writer)
    wake, other = os.pipe()
    assert b"".join(feed.pieces(wake)) == b"early late"
    for descriptor in (wake, other):
        os.close(descriptor)
    inp._file.close()


def test_large_input_is_streamed() -> None:
    """More than fits into a command line is not carried."""
    inp, writer = piped()
    data = os.urandom(CARRIED + 5000)
    thread = threading.Thread(target=lambda: (os.write(writer, data), os.close(writer)))
    thread.start()
    feed = Feed(inp)
    assert feed.whole() is None
    wake, other = os.pipe()
    assert b"".join(feed.pieces(wake)) == data
    thread.join()
    for descriptor in (wake, other):
        os.close(descriptor)
    inp._file.close()


def test_feeding_passes_input_on() -> None:
    """The run gets the input and its end."""
    made = Services(channel=Channel())
    made.channel.until_input_ends = True
    world = World(made, Typed(b"abc"))
    with feeding(world, record(), Feed(world.typed)):
        end = time.monotonic() + 5
        while not made.channel.input_closed and time.monotonic() < end:
            time.sleep(0.005)
    world.typed.close()
    assert (made.channel.written, made.channel.input_closed) == (b"abc", True)


def test_input_nobody_takes_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that waits for input it cannot have is stopped, and the reason is told with docker's code for it."""
    monkeypatch.setattr("azdock.commands.feeding.END_SECONDS", 0.05)
    made = Services(fail={"stdin": NotRunning("no way in")})
    made.records["web"] = record()
    world = World(made, Typed(b"abc"))
    with pytest.raises(AzdockError, match="no way in") as told, feeding(world, record(), Feed(world.typed)):
        end = time.monotonic() + 5
        while ("stop", "web", None) not in made.calls and time.monotonic() < end:
            time.sleep(0.005)
    world.typed.close()
    assert told.value.code == 125
    assert ("stop", "web", None) in made.calls


def test_a_run_that_ends_first_does_not_hang() -> None:
    """Input that nobody reads any more keeps nobody waiting."""
    inp, writer = piped()
    made = Services(channel=Channel())
    world = World(made)
    world.inp = inp
    began = time.monotonic()
    with feeding(world, record(), Feed(inp)):
        pass
    assert time.monotonic() - began < 2
    os.close(writer)
    inp._file.close()
    world.typed.close()


@pytest.mark.parametrize("code", [0, 1, 137, None])
def test_a_run_that_ends_takes_its_input_along(code: int | None) -> None:
    """How the writing end met the run's end is nobody's failure."""
    made = Services(channel=Channel(code=code))
    made.channel.until_input_ends = True
    world = World(made, Typed(b"abc"))
    with feeding(world, record(), Feed(world.typed)):
        end = time.monotonic() + 5
        while not made.channel.closed and time.monotonic() < end:
            time.sleep(0.005)
    world.typed.close()
    assert made.channel.written == b"abc"


def test_a_run_without_a_way_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the container says of it is told, with the exit code of something that azdock could not do."""
    monkeypatch.setattr("azdock.commands.feeding.END_SECONDS", 0.05)
    made = Services(channel=Channel([("err", b"azdock: it takes no input\n")], NO_INPUT))
    made.records["web"] = record()
    world = World(made, Typed(b"abc"))
    with pytest.raises(AzdockError, match=r"^it takes no input$") as told, feeding(world, record(), Feed(world.typed)):
        end = time.monotonic() + 5
        while ("stop", "web", None) not in made.calls and time.monotonic() < end:
            time.sleep(0.005)
    world.typed.close()
    assert told.value.code == 125
