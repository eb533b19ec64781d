"""What dockerd would have decided about containers whose runs are requests."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from azdock.backends.log_reader import Batches, Reader
from azdock.docker.channels import Attachment, Ending, LogLine, LogReader
from azdock.docker.invocation import Invocation
from azdock.docker.record import ContainerRecord, Status
from azdock.docker.spec import ContainerSpec
from azdock.errors import AzdockError, Conflict, NotRunning
from azdock.services.lifecycle import Lifecycle
from azdock.services.logs import Logs
from azdock.settings import EMBEDDED, Settings
from azdock.state.store import Store
from tests.support.backend import NOON, FakeBackend, FakeBackends

SPEC = ContainerSpec("busybox", ("true",))
DONE = Status("exited", "run1", finished_at=NOON, serving=True)


class Cloud(FakeBackend):
    """A backend whose runs are requests, and which may cost something."""

    name = "function"
    cost = ""

    def price(self, spec: ContainerSpec) -> str:
        return self.cost

    def answer(self, record: ContainerRecord) -> LogReader:
        self._call(f"answer {record.seen.run}")

        def batches() -> Batches:
            yield [LogLine("out", b"hello", 1)]
            return Ending(exit_code=3)

        return Reader(batches)


class World:
    """A lifecycle over it, with one container."""

    def __init__(self, home: Path) -> None:
        self.cloud = Cloud()
        self.store = Store(Settings(home=home, context=EMBEDDED))
        self.backends = FakeBackends(self.cloud)
        self.life = Lifecycle(self.store, self.backends, lambda: NOON)  # type: ignore[arg-type]
        self.record = self.life.create(SPEC, name="fn", backend="function").record

    def seen(self, status: Status) -> None:
        """What Azure and the books say."""
        self.life.start("fn", wait=False)
        self.cloud.end(self.record.ident.id, status)
        with self.store.transaction() as books:
            books.containers[self.record.ident.id] = replace(books.containers[self.record.ident.id], seen=status)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_each_start_is_a_run(world: World) -> None:
    """A second start while the first run goes on is another invocation, unlike docker's."""
    asked = Invocation("api/x")
    world.life.start("fn", wait=False)
    world.life.start("fn", wait=False, attachment=Attachment(invocation=asked))
    assert world.cloud.runs == 2
    assert world.cloud.attachments[-1].invocation == asked


def test_what_serves_can_be_stopped(world: World) -> None:
    """An app between two runs is stopped by stop and restart, and killed by kill."""
    world.seen(DONE)
    world.life.stop("fn", None)
    assert world.cloud.calls[-1] == "stop"
    world.seen(DONE)
    world.life.kill("fn", "KILL")
    assert world.cloud.calls[-1] == "kill KILL"
    world.seen(DONE)
    world.life.restart("fn", None)
    assert world.cloud.calls.count("stop") == 2


def test_what_does_not_serve_cannot_be_killed(world: World) -> None:
    """docker's sentence for a container that does not run; stop is no error."""
    world.seen(replace(DONE, serving=False))
    world.life.stop("fn", None)
    assert "stop" not in world.cloud.calls
    with pytest.raises(NotRunning):
        world.life.kill("fn", "KILL")


def test_rm(world: World) -> None:
    """An app between two runs is removed without -f; one with a run under way is not."""
    world.seen(Status("running", "run1"))
    with pytest.raises(Conflict):
        world.life.remove("fn", force=False, volumes=False)
    world.seen(DONE)
    world.life.remove("fn", force=False, volumes=False)
    assert world.cloud.resources == {}


def test_answer_is_the_output(world: World) -> None:
    """What an attached run shows is its answer, not the app's log, and its code is the run's."""
    record = world.life.start("fn", wait=False, attachment=Attachment(output=True))
    reader = Logs(world.store, world.backends).follow_run(record)  # type: ignore[arg-type]
    assert [line.data for line in reader] == [b"hello"]
    assert world.life.finish(record, reader.ending).exit_code == 3
    assert [call for call in world.cloud.calls if call.startswith(("answer", "logs"))] == ["answer run1"]


def test_price_comes_before_anything(world: World) -> None:
    """Whoever does not agree to the price gets nothing, and nothing is reserved."""
    world.cloud.cost = "it costs"
    world.cloud.calls.clear()
    told: list[str] = []

    def agree(price: str) -> None:
        told.append(price)
        raise AzdockError("nothing was created")

    with pytest.raises(AzdockError, match="nothing was created"):
        world.life.create(SPEC, name="two", backend="function", agree=agree)
    assert told == ["it costs"]
    assert "create" not in world.cloud.calls
    assert world.store.read().reserved == {}
