"""What dockerd would have decided, against a backend in memory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from azdock.backends.base import Gap
from azdock.docker.channels import Attachment, Ending
from azdock.docker.record import ContainerRecord, Status
from azdock.docker.spec import ContainerSpec, Restart
from azdock.errors import (
    AzdockError,
    AzureFailure,
    CommandNotFound,
    Conflict,
    DaemonError,
    NotFound,
    NotRunning,
    Unsupported,
)
from azdock.services.lifecycle import Lifecycle
from azdock.services.registry import Backends
from azdock.settings import EMBEDDED, Settings
from azdock.state.store import Store
from tests.support.backend import NOON, FakeBackend, FakeBackends

SPEC = ContainerSpec("busybox", ("true",))


class World:
    """A lifecycle over a fake cloud and a real state file."""

    def __init__(self, home: Path) -> None:
        self.cloud = FakeBackend()
        self.settings = Settings(home=home, context=EMBEDDED)
        self.store = Store(self.settings)
        self.life = Lifecycle(self.store, FakeBackends(self.cloud), lambda: NOON)  # type: ignore[arg-type]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_create_is_remembered(world: World) -> None:
    """A created container is in the file, on Azure, and its name is no longer reserved."""
    record = world.life.create(SPEC, name="aa").record
    books = world.store.read()
    assert books.containers[record.ident.id] == record
    assert books.reserved == {}
    assert world.cloud.resources[record.ident.id].handle == record.handle


def test_name_in_use(world: World) -> None:
    """A name is used once; docker's sentence names the container that has it."""
    first = world.life.create(SPEC, name="aa").record
    with pytest.raises(Conflict, match=f'"/aa" is already in use by container "{first.ident.id}"'):
        world.life.create(SPEC, name="aa")


def test_gap_is_refused_before_anything(world: World) -> None:
    """A flag that cannot be honoured costs one sentence and creates nothing, anywhere."""
    world.cloud.refused = [Gap("privileged", "refuse", "no such thing", "build elsewhere")]
    with pytest.raises(Unsupported, match="--privileged: no such thing"):
        world.life.create(replace(SPEC, asked={"privileged": "true"}), name="aa")
    assert world.cloud.calls == []
    assert not world.store.path.exists()


def test_failed_create_frees_the_name(world: World) -> None:
    """When Azure refuses, the name can be used again at once."""
    world.cloud.fail = {"create"}
    with pytest.raises(AzureFailure):
        world.life.create(SPEC, name="aa")
    assert world.store.read().reserved == {}
    world.life.create(SPEC, name="aa")


def test_unknown_backend(world: World) -> None:
    """A backend that does not exist is refused by the real registry."""
    life = Lifecycle(world.store, Backends(world.settings))
    with pytest.raises(Unsupported, match="--backend nope"):
        life.create(SPEC, backend="nope")


def test_start_stop_remove(world: World) -> None:
    """The plain life of a container; its last status is kept in the file."""
    world.life.create(SPEC, name="aa")
    assert world.life.start("aa").seen.state == "running"
    world.life.stop("aa", None)
    (record,) = world.store.read().containers.values()
    assert (record.seen.state, record.seen.exit_code, record.seen.finished_at) == ("exited", 137, NOON)
    world.life.remove("aa", force=False, volumes=False)
    assert world.store.read().containers == {}
    assert world.cloud.resources == {}


def test_start_of_a_running_one(world: World) -> None:
    """docker leaves a running container alone."""
    world.life.create(SPEC, name="aa")
    first = world.life.start("aa").seen.run
    assert world.life.start("aa").seen.run == first


def test_program_that_does_not_exist(world: World) -> None:
    """A program Azure could not invoke is an error with docker's code, not a success."""
    record = world.life.create(SPEC, name="aa").record
    started = world.life.start("aa", wait=False)
    world.cloud.end(record.ident.id, Status("created", started.seen.run, 127, error='exec: "x": not found'))
    with pytest.raises(CommandNotFound, match="not found"):
        world.life.finish(started)


def test_remove_running(world: World) -> None:
    """A running container is not removed without force."""
    record = world.life.create(SPEC, name="aa").record
    world.life.start("aa")
    with pytest.raises(Conflict, match=f"cannot remove a running container {record.ident.id}"):
        world.life.remove("aa", force=False, volumes=False)
    world.life.remove("aa", force=True, volumes=False)
    assert world.cloud.resources == {}
    assert [(one.id, one.name) for one in world.store.read().removed] == [(record.ident.id, "aa")]


def test_kill(world: World) -> None:
    """kill wants a running container and a signal that exists, in docker's words."""
    world.life.create(SPEC, name="aa")
    with pytest.raises(NotRunning, match=r"Cannot kill container: aa: Container [0-9a-f]{64} is not running"):
        world.life.kill("aa", "KILL")
    with pytest.raises(AzdockError, match="Invalid signal: BOGUS"):
        world.life.kill("aa", "BOGUS")
    with pytest.raises(AzdockError, match="Cannot kill container: aa: The linux daemon does not support signal 99"):
        world.life.kill("aa", "99")
    with pytest.raises(NotFound, match="Cannot kill container: zz: No such container: zz"):
        world.life.kill("zz", "KILL")
    world.life.start("aa")
    world.life.kill("aa", "SIGTERM")
    assert "kill TERM" in world.cloud.calls


def test_restart(world: World) -> None:
    """restart ends the present run and begins another; a stopped one just starts."""
    world.life.create(SPEC, name="aa")
    world.life.start("aa")
    world.life.restart("aa", 1)
    assert world.cloud.calls.count("stop") == 1
    (record,) = world.store.read().containers.values()
    assert record.seen.run == "run2"


def test_rename(world: World) -> None:
    """The new name counts, in the file and on Azure; the old one is free; a taken one is refused."""
    world.life.create(SPEC, name="aa")
    other = world.life.create(SPEC, name="bb").record
    with pytest.raises(Conflict, match=other.ident.id):
        world.life.rename("aa", "bb")
    world.life.rename("aa", "cc")
    assert sorted(r.ident.name for r in world.store.read().containers.values()) == ["bb", "cc"]
    assert sorted(r.ident.name for r in world.cloud.resources.values()) == ["bb", "cc"]
    world.life.create(SPEC, name="aa")


def test_wait(world: World) -> None:
    """wait gives the exit code; one that never started counts as not running, as with docker."""
    record = world.life.create(SPEC, name="aa").record
    assert world.life.wait("aa") == 0
    started = world.life.start("aa")
    world.cloud.end(record.ident.id, Status("exited", started.seen.run, 7))
    assert world.life.wait("aa") == 7


def test_terminal_is_not_asked_again(world: World) -> None:
    """What has ended has ended: a second wait costs no request."""
    record = world.life.create(SPEC, name="aa").record
    started = world.life.start("aa")
    world.cloud.end(record.ident.id, Status("exited", started.seen.run, 7))
    world.life.wait("aa")
    world.cloud.calls.clear()
    assert world.life.wait("aa") == 7
    assert world.cloud.calls == []


# ---- what the log told


@pytest.mark.parametrize(
    ("ending", "spec", "state", "code"),
    [
        (Ending(exit_code=3), SPEC, "exited", 3),
        (Ending(exit_code=0), SPEC, "exited", 0),
        (Ending(), SPEC, "exited", 9),  # not told: Azure is asked
        (Ending(exit_code=137), SPEC, "exited", 9),  # memory may have been used up: Azure knows
        (Ending(exit_code=3), replace(SPEC, restart=Restart("on-failure", 2)), "exited", 9),  # retries: Azure knows
        (Ending(exit_code=3), replace(SPEC, timeout=5), "exited", 9),  # time may have been used up
    ],
)
def test_the_log_tells_the_end(world: World, ending: Ending, spec: ContainerSpec, state: str, code: int) -> None:
    """The exit code of the log is trusted where Azure cannot know better, and then Azure is not asked at all."""
    record = world.life.create(spec, name="aa").record
    record = world.life.start("aa", wait=False)
    world.cloud.end(record.ident.id, Status(state="exited", run="run1", exit_code=9))
    world.cloud.calls.clear()
    status = world.life.finish(record, ending)
    assert (status.state, status.exit_code) == (state, code)
    assert world.store.read().containers[record.ident.id].seen.exit_code == code
    assert (world.cloud.calls == []) is (code != 9)


def test_the_log_tells_that_nothing_was_run(world: World) -> None:
    """A program that the shim could not find leaves a created container, as with docker."""
    world.life.create(SPEC, name="aa")
    record = world.life.start("aa", wait=False)
    with pytest.raises(CommandNotFound, match='exec: "true"'):
        world.life.finish(record, Ending(exit_code=127, failure='exec: "true": executable file not found in $PATH'))
    seen = world.store.read().containers[record.ident.id].seen
    assert (seen.state, seen.exit_code) == ("created", 127)


def test_an_image_without_a_shell_is_run_once_more(world: World) -> None:
    """What failed only because of azdock's wrapping runs without it, under a new handle that is remembered."""
    record = world.life.create(SPEC, name="aa").record
    world.cloud.plain = {"job": "plain"}
    missing = Status(state="created", run="run1", exit_code=127, error='exec: "/bin/sh": no such file')
    statuses = iter([missing, Status(state="running", run="run2")])
    world.cloud.started = lambda _record: next(statuses)  # type: ignore[method-assign]
    found = world.life.start("aa", attachment=Attachment(output=True))
    assert (found.seen.run, found.handle) == ("run2", {"job": "plain"})
    assert world.store.read().containers[record.ident.id].handle == {"job": "plain"}
    assert world.cloud.attachments == [Attachment(output=True)] * 2


def test_gaps_of_the_image_are_refused_before_anything_is_created(world: World) -> None:
    """What shows only once the image is known is refused all the same."""
    world.cloud.needed = [Gap("workdir", "refuse", "it needs a shell", "set WORKDIR")]
    with pytest.raises(Unsupported, match="--workdir: it needs a shell"):
        world.life.create(SPEC, name="aa")
    assert "create" not in world.cloud.calls


def test_nothing_to_run(world: World) -> None:
    """docker's sentence for a container without any command, before anything exists."""
    with pytest.raises(DaemonError, match="No command specified"):
        world.life.create(replace(SPEC, command=(), entrypoint=()), name="aa")
    assert "create" not in world.cloud.calls


def test_an_attached_run_without_a_shell_runs_once_more(world: World) -> None:
    """What the caller saw of the run is older than what finish() has learned of its end."""
    record = world.life.create(SPEC, name="aa").record
    started = world.life.start("aa", wait=False)
    world.cloud.end(record.ident.id, Status(state="created", run="run1", exit_code=127, error='exec: "/bin/sh": no'))
    with pytest.raises(CommandNotFound):
        world.life.finish(started)
    seen: list[Status] = []

    def unwrapped(record: ContainerRecord) -> dict[str, str]:
        seen.append(record.seen)
        return {"job": "plain"}

    world.cloud.unwrapped = unwrapped  # type: ignore[method-assign]
    again = world.life.again(started)
    assert seen[0].exit_code == 127
    assert again is not None and again.seen.run == "run2"
