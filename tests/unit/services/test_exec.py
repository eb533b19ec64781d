"""Commands in containers: directly, or through a process that keeps the connection."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from azdock.docker.channels import ExecChannel, ExecRequest
from azdock.docker.record import ContainerRecord, Status
from azdock.errors import NotFound, NotRunning
from azdock.services.exec import Exec
from azdock.settings import EMBEDDED, Settings
from azdock.state.store import Store
from tests.support.backend import FakeBackend, FakeBackends
from tests.support.fakes import Channel, record

TRUE = ExecRequest(("true",))


class Backend(FakeBackend):
    """Gives a channel of its own."""

    def exec(self, record: ContainerRecord, request: ExecRequest) -> ExecChannel:
        self._call(f"exec {record.seen.run}")
        return Channel()


class Control:
    """Control processes that are there when `lives`, and take requests when `takes`."""

    def __init__(self, lives: bool, takes: bool = True) -> None:
        self.lives, self.takes = lives, takes
        self.begun = 0
        self.channel = Channel()

    def serves(self, container: str) -> bool:
        return self.lives

    def run(self, container: str, request: ExecRequest, *, begin: bool) -> ExecChannel | None:
        self.begun += begin
        return self.channel if self.takes and (self.lives or begin) else None


@pytest.fixture
def world(tmp_path: Path) -> tuple[Store, Backend]:
    store, backend = Store(Settings(home=tmp_path, context=EMBEDDED)), Backend()
    kept = replace(record(), seen=Status(state="running", run="old"))
    backend.resources[kept.ident.id] = replace(kept, seen=Status(state="running", run="new"))
    with store.transaction() as books:
        books.containers[kept.ident.id] = kept
    return store, backend


def made(world: tuple[Store, Backend], control: Control | None) -> Exec:
    store, backend = world
    backends: Any = FakeBackends(backend)
    return Exec(store, backends, control)


def test_directly(world: tuple[Store, Backend]) -> None:
    """Without a control process Azure is asked whether the container runs, and runs the command."""
    exec = made(world, None)
    exec.open(exec.find("web"), TRUE)
    exec.begin("web", TRUE)
    assert world[1].calls == ["status", "exec new"] * 2


def test_through_a_process(world: tuple[Store, Backend]) -> None:
    """A process that serves is the proof that the container runs: Azure is asked nothing."""
    control = Control(lives=True)
    exec = made(world, control)
    assert exec.open(exec.find("web"), TRUE) is control.channel
    assert exec.begin("web", TRUE) is control.channel
    assert (world[1].calls, control.begun) == ([], 1)


def test_only_exec_itself_starts_one(world: tuple[Store, Backend]) -> None:
    """begin() leaves a process behind, open() does not."""
    control = Control(lives=False)
    exec = made(world, control)
    exec.open(exec.find("web"), TRUE)
    assert (world[1].calls, control.begun) == (["status", "exec new"], 0)
    assert exec.begin("web", TRUE) is control.channel


def test_process_that_went_away(world: tuple[Store, Backend]) -> None:
    """A request that nobody took is run directly, once, in the container as it is now."""
    exec = made(world, Control(lives=True, takes=False))
    exec.open(exec.find("web"), TRUE)
    exec.begin("web", TRUE)
    assert world[1].calls == ["status", "exec new"] * 2


def test_a_terminal_goes_directly(world: tuple[Store, Backend]) -> None:
    """A terminal is Azure's own, in the run of now."""
    exec = made(world, Control(lives=True))
    exec.open(exec.find("web"), ExecRequest(("sh",), tty=True))
    assert world[1].calls == ["status", "exec new"]


def test_folder_of_the_container(world: tuple[Store, Backend]) -> None:
    """Commands begin in the folder of `run -w`, unless another is asked for; helpers' own commands do not."""
    store, backend = world
    asked: list[str] = []
    backend.exec = lambda record, request: asked.append(request.workdir) or Channel()  # type: ignore[assignment, func-returns-value, method-assign]
    with store.transaction() as books:
        kept = books.containers[record().ident.id]
        placed = replace(kept, spec=replace(kept.spec, workdir="/srv"))
        books.containers[kept.ident.id] = backend.resources[kept.ident.id] = placed
    exec = made(world, None)
    for request in (TRUE, replace(TRUE, workdir="/etc")):
        exec.begin("web", request)
        exec.open(exec.find("web"), replace(request, tty=True))
        exec.open(exec.find("web"), request)
    assert asked == ["/srv", "/srv", "", "/etc", "/etc", "/etc"]


def test_not_there(world: tuple[Store, Backend]) -> None:
    """docker's errors come before any process is started."""
    control = Control(lives=False)
    exec = made(world, control)
    with pytest.raises(NotFound, match="No such container: nosuch"):
        exec.begin("nosuch", TRUE)
    kept = next(iter(world[1].resources.values()))
    world[1].end(kept.ident.id, Status(state="exited", run="new"))
    with pytest.raises(NotRunning, match="is not running"):
        exec.find("web")
    assert control.begun == 0
