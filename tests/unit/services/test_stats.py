"""stats: what is asked, of whom, how often."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from azdock.docker.channels import ExecRequest
from azdock.docker.record import ContainerRecord, Status
from azdock.docker.usage import END, IDLE, UNKNOWN, Usage
from azdock.errors import AzureFailure, NotFound
from azdock.services.stats import LIST_SECONDS, MONITOR_SECONDS, Stats
from tests.support.fakes import Channel, record
from tests.unit.docker.test_usage import PROC, V2


class Gauged(Channel):
    """A container that answers each line of input with a sample, a second and a quarter core later each time."""

    def __init__(self) -> None:
        super().__init__()
        self.samples = 0
        self.after: Callable[[], None] = lambda: None

    def write(self, data: bytes) -> None:
        super().write(data)
        self.samples += 1
        text = V2.replace("2500000", str(2_500_000 + 250_000 * self.samples)) + PROC
        text = text.replace("100.50", f"{100.5 + self.samples}") + f"{END}:\n"
        self.output += [("out", text.encode()[:70]), ("err", b"noise"), ("out", text.encode()[70:])]


@dataclass
class Place:
    """Exec, Listing and Backends at once: containers, their channels, and what Azure Monitor says."""

    records: list[ContainerRecord] = field(default_factory=list)
    channels: dict[str, Channel | Exception] = field(default_factory=dict)
    monitor: Usage = UNKNOWN
    asked: int = 0
    now: float = 0.0
    opened: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    def ps(self, *, all: bool, filters: Any) -> list[ContainerRecord]:
        return [one for one in self.records if all or one.seen.state == "running"]

    def inspect(self, name: str) -> ContainerRecord:
        for one in self.records:
            if name in (one.ident.name, one.ident.id):
                return one
        raise NotFound(f"No such container: {name}")

    def open(self, found: ContainerRecord, request: ExecRequest) -> Any:
        assert request.stdin
        self.opened.append(found.ident.name)
        channel = self.channels[request.replica or found.ident.name]
        if isinstance(channel, Exception):
            raise channel
        return channel

    def get(self, name: str) -> Any:
        return self

    def replicas(self, found: ContainerRecord) -> list[str]:
        return self.names

    def granted(self, found: ContainerRecord) -> int:
        return 2**29

    def usage(self, found: ContainerRecord) -> Usage:
        self.asked += 1
        return self.monitor

    def stats(self) -> Stats:
        place: Any = self
        return Stats(place, place, place, clock=lambda: self.now)


def one(name: str, state: Any = "running") -> ContainerRecord:
    return record(name, id=name * 12, seen=Status(state=state, run="run1"))


def test_one_command_for_all_samples() -> None:
    """A container is connected to once; every look is one line of input, and the end of input ends it."""
    channel = Gauged()
    place = Place([one("a")], {"a": channel})
    with place.stats().watch([], all=False) as watch:
        rows = [watch.rows()[0] for _ in range(3)]
    assert [row.usage.cpu for row in rows] == [pytest.approx(25.0)] * 3
    assert rows[0].usage.limit == 2**29
    assert place.opened == ["a"]
    assert channel.written == b"\n" * 4
    assert channel.input_closed and channel.closed
    assert place.asked == 0


def test_all_are_asked_before_any_is_read() -> None:
    """The samples of several containers are taken at one time."""
    channels = {"a": Gauged(), "b": Gauged()}
    place = Place([one("a"), one("b")], dict(channels))
    with place.stats().watch(["b", "a"], all=False) as watch:
        reads: list[int] = []
        original = channels["b"].read

        def read() -> Any:
            reads.append(channels["a"].samples)
            return original()

        channels["b"].read = read  # type: ignore[method-assign]
        assert [row.asked for row in watch.rows()] == ["b", "a"]
    assert set(reads) == {2}


def test_stopped() -> None:
    """docker's zeros, without asking anybody."""
    place = Place([one("a", "exited"), one("b", "created")])
    with place.stats().watch(["a", "b"], all=False) as watch:
        assert [row.usage for row in watch.rows()] == [IDLE, IDLE]
        assert not watch.empty
    assert place.opened == []


def test_missing() -> None:
    """Every name that is missing is told, as docker does, and nothing is opened."""
    place = Place([one("a")], {"a": Gauged()})
    with pytest.raises(NotFound) as missing, place.stats().watch(["x", "a", "y"], all=False):
        pass
    assert missing.value.message == "No such container: x\nError response from Azure: No such container: y"
    assert place.opened == []


@pytest.mark.parametrize("channel", [AzureFailure("no more connections"), Channel([("out", b"sh: grep: not found\n")])])
def test_azure_monitor(channel: Channel | Exception) -> None:
    """Where no command can look Azure's own figures are shown, asked seldom, growing older in between."""
    place = Place([one("a")], {"a": channel}, Usage(5.0, 10, 20, age=60.0))
    with place.stats().watch(["a"], all=False) as watch:
        assert watch.rows()[0].usage == place.monitor
        place.now = MONITOR_SECONDS / 2
        assert watch.rows()[0].usage == replace(place.monitor, age=60.0 + MONITOR_SECONDS / 2)
        assert place.asked == 1
        place.now = MONITOR_SECONDS
        assert watch.rows()[0].usage == place.monitor
    assert place.asked == 2


def test_nothing_known() -> None:
    """Neither a command nor Azure Monitor: unknown, not zero."""
    place = Place([one("a")], {"a": AzureFailure("x")})
    with place.stats().watch(["a"], all=False) as watch:
        assert watch.rows()[0].usage == UNKNOWN


def test_ended_meanwhile() -> None:
    """A named container that ends is unknown from then on, as with docker, and is not connected to again."""
    channel = Gauged()
    place = Place([one("a")], {"a": channel})
    with place.stats().watch(["a"], all=False) as watch:
        watch.rows()
        channel.write = lambda data: None  # type: ignore[method-assign]
        place.records = [one("a", "exited")]
        assert watch.rows()[0].usage == UNKNOWN
        assert watch.rows()[0].usage == UNKNOWN
    assert place.opened == ["a"]


def test_a_lost_connection_is_made_again() -> None:
    """A container that still runs is connected to anew."""
    first, second = Gauged(), Gauged()
    place = Place([one("a")], {"a": first})
    with place.stats().watch(["a"], all=False) as watch:
        first.write = lambda data: None  # type: ignore[method-assign]
        place.channels["a"] = second
        assert watch.rows()[0].usage == UNKNOWN
        assert watch.rows()[0].usage.cpu == pytest.approx(25.0)


def test_come_and_gone() -> None:
    """Without names containers that start are taken up, those that end are left out, after a few seconds."""
    place = Place([one("a")], {"a": Gauged(), "b": Gauged()})
    with place.stats().watch([], all=False) as watch:
        place.records = [one("b")]
        assert [row.record.ident.name for row in watch.rows()] == ["a"]
        place.now = LIST_SECONDS
        assert [row.record.ident.name for row in watch.rows()] == ["b"]
        place.records, place.now = [], 2 * LIST_SECONDS
        assert watch.rows() == [] and watch.empty


def test_several_replicas() -> None:
    """All replicas of a container are read at one time and added up."""
    place = Place([one("a")], {"r1": Gauged(), "r2": Gauged()}, names=["r1", "r2"])
    with place.stats().watch(["a"], all=False) as watch:
        found = watch.rows()[0].usage
    assert found.cpu == pytest.approx(50.0)
    assert found.limit == 2**30


def test_one_replica() -> None:
    """The one that is asked for alone is read; without it there is an error, as Azure's figures are those of all."""
    place = Place([one("a")], {"r1": Gauged(), "r2": NotFound("No such replica: r2")}, names=["r1", "r2"])
    with place.stats().watch(["a"], all=False, replica="r1") as watch:
        assert watch.rows()[0].usage.cpu == pytest.approx(25.0)
    with pytest.raises(NotFound, match="No such replica"), place.stats().watch(["a"], all=False, replica="r2"):
        pass


def test_a_replica_that_cannot_be_asked() -> None:
    """What was opened is closed, and Azure's own figures stand in for all replicas."""
    first = Gauged()
    place = Place([one("a")], {"r1": first, "r2": AzureFailure("no")}, Usage(5.0, 10, age=60.0), names=["r1", "r2"])
    with place.stats().watch(["a"], all=False) as watch:
        assert watch.rows()[0].usage == place.monitor
    assert first.closed
