"""Several replicas read side by side: no line is lost, none comes twice, and the end comes in time."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from azdock.azure import logstream
from azdock.backends import log_replica, log_together
from azdock.backends.log_source import Notes
from azdock.backends.log_together import Plan, Together
from azdock.docker.channels import LogLine
from azdock.errors import Forbidden
from tests.support.lab import until
from tests.support.sideworld import TAIL, SideWorld

FOREVER = Plan(attempts=None, several=True)


@pytest.fixture(autouse=True)
def _short_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stream shows few lines of the past."""
    monkeypatch.setattr(log_replica, "MAX_TAIL", TAIL)
    assert logstream.MAX_TAIL > TAIL


class Reader:
    """Reads in a thread of its own, as a user would, while a test tells the world what happens."""

    def __init__(self, world: SideWorld, plan: Plan = FOREVER) -> None:
        self.notes = Notes()
        self.together = Together(world, world.late_waits(), self.notes, plan)
        self.lines: list[LogLine] = []
        self.failed: BaseException | None = None
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        try:
            for batch in self.together.batches():
                self.lines += batch
        except Exception as failed:
            self.failed = failed

    def of(self, name: str) -> list[bytes]:
        return [line.data for line in self.lines if line.replica == name]

    def sees(self, world: SideWorld, *names: str) -> None:
        until(lambda: all(self.of(name) == world.printed(name) for name in names))

    def end(self, seconds: float = 10) -> None:
        self._thread.join(seconds)
        assert not self._thread.is_alive(), "the log did not end"


def test_side_by_side() -> None:
    """Lines of two replicas come as they are printed, in the order of their arrival, until the run is over."""
    world = SideWorld("a", "b")
    reader = Reader(world)
    for number in range(3):
        for name in ("a", "b"):
            world.say(name, f"{name}{number}")
            reader.sees(world, name)
    assert [line.data for line in reader.lines] == [b"a0\n", b"b0\n", b"a1\n", b"b1\n", b"a2\n", b"b2\n"]
    world.end("a")
    world.end("b")
    world.finish()
    reader.end()
    assert reader.notes.missing == ""


def test_a_replica_that_comes_later() -> None:
    """One that is added is read from its beginning; one that is taken away is not missed."""
    world = SideWorld("a")
    reader = Reader(world)
    world.say("a", "x")
    reader.sees(world, "a")
    world.add("b")
    world.say("b", "y")
    world.say("a", "bye")
    world.take("a")
    reader.sees(world, "a", "b")
    world.say("b", "z")
    world.end("b")
    world.finish()
    reader.end()
    assert (reader.of("a"), reader.of("b")) == ([b"x\n", b"bye\n"], [b"y\n", b"z\n"])


def test_a_container_that_is_started_anew() -> None:
    """Marks tell that nothing is between two starts: Log Analytics is not asked."""
    world = SideWorld("a", marked=True)
    reader = Reader(world, Plan(attempts=None))
    for number in range(3):
        world.mark("a", "begin")
        world.say("a", f"x{number}")
        reader.sees(world, "a")
        world.mark("a", "end 1")
        world.again("a")
    world.mark("a", "begin")
    world.say("a", "last")
    reader.sees(world, "a")
    assert world.asked == []
    world.gone = True
    world.end("a")
    reader.end()


def test_a_start_that_nobody_saw() -> None:
    """What a start printed that was over before the stream came back is found in Log Analytics."""
    world = SideWorld("a", marked=True)
    reader = Reader(world, Plan(attempts=None))
    world.mark("a", "begin")
    world.say("a", "one")
    reader.sees(world, "a")
    with world._moved:  # so fast that no reader comes between
        world._moved.notify_all = lambda: None  # type: ignore[method-assign]
        world.mark("a", "end 1")
        world.again("a")
        world.mark("a", "begin")
        world.say("a", "two")
        world.again("a")
        del world._moved.notify_all
        world._moved.notify_all()
    world.mark("a", "begin")
    world.say("a", "three")
    reader.sees(world, "a")
    assert [asked.replica for asked in world.asked] == ["a"]
    world.end("a")
    world.finish()
    reader.end()


@pytest.mark.parametrize(("attempts", "codes"), [(1, [3]), (1, [0]), (3, [1, 0]), (2, [1, 4])])
def test_the_end_is_marked(attempts: int, codes: list[int]) -> None:
    """A command that has ended for good ends the log at once, although its container stays; nobody asks Azure."""
    world = SideWorld("a", marked=True)
    reader = Reader(world, Plan(attempts))
    for number, code in enumerate(codes):
        if number:
            world.again("a")
        world.mark("a", "begin")
        world.say("a", f"x{number}")
        world.mark("a", f"end {code}")
        reader.sees(world, "a")
    reader.end(1.0)
    assert reader.together.last is not None and reader.together.last.code == codes[-1]
    assert world.asked == []


def test_one_of_several_that_ends() -> None:
    """One replica's mark does not end the log of all."""
    world = SideWorld("a", "b", marked=True)
    reader = Reader(world, Plan(attempts=1, several=True))
    world.mark("a", "begin")
    world.mark("a", "end 0")
    world.mark("b", "begin")
    world.say("b", "later")
    reader.sees(world, "b")
    world.mark("b", "end 2")
    world.end("a")
    world.end("b")
    world.finish()
    reader.end()
    assert reader.of("b") == [b"later\n"]


def test_a_stream_that_stays_open() -> None:
    """A container that only waits to be removed keeps its stream open; the run's end ends the log, whose lines of the
    start before it come from Log Analytics."""
    world = SideWorld("a", marked=True)
    world.mark("a", "begin")
    world.say("a", "quick")
    world.mark("a", "end 5")
    world.again("a")
    world.finish(exit_known=True, exit_code=5)
    reader = Reader(world, Plan(attempts=1))
    reader.end()
    assert reader.of("a") == [b"quick\n"]
    assert reader.together.last is not None and reader.together.last.code == 5
    assert reader.notes.missing == ""


def test_a_replica_that_nobody_saw() -> None:
    """One that was gone before it could be read is told by Log Analytics; without it, its absence is told."""
    for keeps in (True, False):
        world = SideWorld("a", keeps=keeps)
        world.say("a", "quick")
        world.take("a")
        world.finish()
        reader = Reader(world, Plan())
        reader.end()
        assert reader.of("a") == ([b"quick\n"] if keeps else [])
        assert ("destination none" in reader.notes.missing) is not keeps


def test_one_that_is_wanted() -> None:
    """The others are not read."""
    world = SideWorld("web--1-x-aaaaa", "web--1-x-bbbbb")
    reader = Reader(world, Plan(attempts=None, several=True, wanted="bbbbb"))
    for name in world.sides:
        world.say(name, "hi")
    reader.sees(world, "web--1-x-bbbbb")
    for name in world.sides:
        world.end(name)
    world.finish()
    reader.end()
    assert {line.replica for line in reader.lines} == {"web--1-x-bbbbb"}


def test_a_program_that_could_not_be_invoked() -> None:
    """Nothing is waited for."""
    world = SideWorld()
    world.state = world.state.__class__(state="created", run=world.run, exit_code=127)
    Reader(world, Plan()).end(2.0)


def test_leaving_takes_no_time() -> None:
    """Whoever stops reading does not wait for streams that stay open."""
    world = SideWorld("a", "b")
    world.say("a", "x")
    batches: Iterator[object] = Together(world, world.late_waits(), Notes(), FOREVER).batches()
    with closing(batches):  # type: ignore[type-var]
        next(batches)
        began = time.monotonic()
    assert time.monotonic() - began < 0.2
    world.end("a")
    world.end("b")


def test_a_refusal() -> None:
    """What makes one reader fail reaches whoever reads."""
    world = SideWorld("a")

    def refused(*_: object, **__: object) -> object:
        raise Forbidden("no")

    world.stream = refused  # type: ignore[method-assign,assignment]
    reader = Reader(world)
    reader.end()
    assert isinstance(reader.failed, Forbidden)


@pytest.mark.parametrize("seed", range(12))
def test_a_wild_life(seed: int) -> None:
    """Whatever happens to the streams and the containers, every line of every replica comes once, in its order."""
    dice, world = random.Random(seed), SideWorld("a", "b", marked=True)
    reader, counts = Reader(world), {"a": 0, "b": 0, "c": 0}

    def talk(name: str) -> None:
        texts = [f"{name}{counts[name] + number}" for number in range(dice.choice((1, 2, TAIL * 2)))]
        counts[name] += len(texts)
        world.say(name, *texts)

    def start_anew(name: str) -> None:
        if dice.random() < 0.7:
            world.mark(name, "end 1")
        world.again(name)
        world.mark(name, "begin")

    for name in world.sides:
        world.mark(name, "begin")
    acts: list[Callable[[str], None]] = [talk, talk, talk, world.cut, start_anew]
    for step in range(60):
        if step == 30:
            world.add("c")
            world.mark("c", "begin")
        dice.choice(acts)(dice.choice(list(world.sides)))
        time.sleep(dice.choice((0, 0, 0.002, 0.02)))
    for name in world.sides:
        talk(name)
        world.mark(name, "end 1")
        world.end(name)
    world.finish()
    reader.end(20)
    assert reader.failed is None
    for name in world.sides:
        assert reader.of(name) == world.printed(name)


def test_a_command_that_should_run_once() -> None:
    """Without marks the end of the first start is seen by the next one, whose lines are none of the run's."""
    world = SideWorld("a")
    reader = Reader(world, Plan(attempts=1))
    world.say("a", "x", "y")
    reader.sees(world, "a")
    world.again("a")
    world.say("a", "x", "y")
    world.finish(exit_known=True, exit_code=0)
    reader.end()
    assert reader.of("a") == [b"x\n", b"y\n"]


def test_a_slow_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streams wait for whoever reads slowly, and lose nothing; whoever leaves then leaves nobody waiting."""
    monkeypatch.setattr(log_together, "BACKLOG", 2)
    world, before = SideWorld("a"), set(threading.enumerate())
    batches = Together(world, world.late_waits(), Notes(), FOREVER).batches()
    for number in range(20):
        world.say("a", f"x{number}")
        time.sleep(0.002)
    assert next(batches)
    readers = set(threading.enumerate()) - before
    batches.close()  # type: ignore[attr-defined]
    world.end("a")
    until(lambda: not any(one.is_alive() for one in readers))
    reader = Reader(world)
    reader.sees(world, "a")
    world.finish()
    reader.end()
