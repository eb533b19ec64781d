"""azdock's books against Azure."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from azdock.docker.filters import Filters
from azdock.docker.record import Status
from azdock.errors import AzureFailure, Conflict, NotFound
from azdock.services.lifecycle import Lifecycle
from azdock.services.listing import Listing
from azdock.state.schema import Reservation
from tests.unit.services.test_lifecycle import SPEC, World

NONE = Filters()


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def listing(world: World) -> Listing:
    return Listing(world.store, world.life._backends)


def names(world: World) -> list[str]:
    return [record.ident.name for record in listing(world).ps(all=True, filters=NONE)]


def test_lost_file_is_rebuilt(world: World) -> None:
    """Without its file azdock shows the same containers as before."""
    record = world.life.create(SPEC, name="aa").record
    world.store.path.unlink()
    assert listing(world).ps(all=True, filters=NONE) == [record]
    assert world.store.read().containers == {record.ident.id: record}


def test_name_check_survives_a_lost_file(world: World) -> None:
    """Also the first create after a loss knows which names are taken."""
    world.life.create(SPEC, name="aa")
    world.store.path.unlink()
    with pytest.raises(Exception, match="already in use"):
        world.life.create(SPEC, name="aa")


def test_gone_from_azure_is_gone(world: World) -> None:
    """What Azure no longer has is not listed; only where its lines are is kept."""
    world.life.create(SPEC, name="aa")
    world.cloud.resources.clear()
    assert names(world) == []
    assert world.store.read().containers == {}
    assert [one.name for one in world.store.read().removed] == ["aa"]


def test_created_while_listing_is_kept(world: World) -> None:
    """A container that another azdock creates during the list call is not forgotten."""
    other = Lifecycle(world.store, world.life._backends)

    def create() -> None:
        world.cloud.before_inventory_ends = None
        other.create(SPEC, name="late")

    world.life.create(SPEC, name="aa")
    world.cloud.before_inventory_ends = create
    names(world)
    assert sorted(r.ident.name for r in world.store.read().containers.values()) == ["aa", "late"]


def test_removed_while_listing_stays_removed(world: World) -> None:
    """A container that another azdock removes during the list call does not come back."""
    world.life.create(SPEC, name="aa")

    def remove() -> None:
        world.cloud.before_inventory_ends = None
        world.life.remove("aa", force=True, volumes=False)

    world.cloud.before_inventory_ends = remove
    assert names(world) == []
    assert world.store.read().containers == {}


def test_rm_survives_a_dead_client(world: World) -> None:
    """A --rm container whose azdock died is removed by the next one, but not while its azdock lives."""
    record = world.life.create(replace(SPEC, auto_remove=True), name="aa").record
    world.life.start("aa")
    world.cloud.end(record.ident.id, Status("exited", "run1", 0))
    assert names(world) == ["aa"], "this process still attends to it"
    with world.store.transaction() as books:
        books.attended = {record.ident.id: dead_pid()}
    assert names(world) == []
    assert world.cloud.resources == {}


def test_inspect_reaps_too(world: World) -> None:
    """inspect of an ended, unattended --rm container says that there is none."""
    record = world.life.create(replace(SPEC, auto_remove=True), name="aa").record
    world.life.start("aa")
    world.cloud.end(record.ident.id, Status("exited", "run1", 0))
    with world.store.transaction() as books:
        books.attended = {}
    with pytest.raises(NotFound):
        listing(world).inspect("aa")
    assert world.cloud.resources == {}


def test_rm_of_a_program_that_never_ran(world: World) -> None:
    """A --rm container whose program could not be invoked is a leftover too, though docker calls it created."""
    record = world.life.create(replace(SPEC, auto_remove=True), name="aa").record
    with world.store.transaction() as books:
        books.attended = {record.ident.id: dead_pid()}
    assert names(world) == ["aa"], "it was created and has not been started: it stays"
    with world.store.transaction() as books:
        books.attended = {record.ident.id: dead_pid()}
    world.cloud.end(record.ident.id, Status("created", "run1", 127, error="not found"))
    assert names(world) == []
    assert world.cloud.resources == {}


def test_reservation_of_a_dead_azdock(world: World) -> None:
    """A name that a killed azdock reserved is free again."""
    with world.store.transaction() as books:
        books.reserved["aa"] = Reservation("f" * 64, dead_pid(), 9e12)
    world.life.create(SPEC, name="aa")


def test_unknown_name_asks_azure_once(world: World) -> None:
    """A container from another machine is found by name; a missing one costs one list call."""
    record = world.life.create(SPEC, name="aa").record
    with world.store.transaction() as books:
        books.containers.clear()
    assert listing(world).inspect("aa").ident == record.ident
    world.cloud.calls.clear()
    with pytest.raises(NotFound, match="No such container: zz"):
        listing(world).inspect("zz")
    assert world.cloud.calls == ["inventory"]


def test_only_running_without_all(world: World) -> None:
    """ps shows what runs; -a and -n show more, newest first."""
    world.life.create(SPEC, name="aa")
    world.life.create(SPEC, name="bb")
    world.life.start("bb")
    view = listing(world)
    assert [r.ident.name for r in view.ps(all=False, filters=NONE)] == ["bb"]
    assert len(view.ps(all=True, filters=NONE)) == 2
    assert len(view.ps(all=False, last=1, filters=NONE)) == 1


def dead_pid() -> int:
    """The number of a process that has ended."""
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return pid


def test_a_name_freed_elsewhere(world: World) -> None:
    """A name whose container Azure no longer has can be used again at once, by create and by rename."""
    gone = world.life.create(SPEC, name="aa").record
    del world.cloud.resources[gone.ident.id]
    world.life.create(SPEC, name="aa")
    other = world.life.create(SPEC, name="bb").record
    del world.cloud.resources[other.ident.id]
    world.life.rename("aa", "bb")
    assert names(world) == ["bb"]


def test_what_a_dead_azdock_created(world: World) -> None:
    """A reservation of a dead azdock makes the next one look: the container may exist already."""
    made = world.life.create(SPEC, name="aa").record
    with world.store.transaction() as books:
        books.containers.clear()
        books.reserved["aa"] = Reservation(made.ident.id, dead_pid(), 9e9)
    with pytest.raises(Conflict, match=made.ident.id):
        world.life.create(SPEC, name="aa")
    assert world.store.read().reserved == {}


def test_start_after_a_cut_off_start(world: World) -> None:
    """A run that the books do not know of, or know the end of the one before, is found and not begun again."""
    made = world.life.create(SPEC, name="aa").record
    world.cloud.start(made)
    other = Lifecycle(world.store, world.life._backends)
    assert other.start("aa").seen.run == "run1"
    other.stop("aa", None)
    world.cloud.fail = {"start"}
    with pytest.raises(AzureFailure):
        other.start("aa")
    world.cloud.start(made)
    assert other.start("aa").seen.run == "run2"


def test_removed_while_it_is_waited_for(world: World) -> None:
    """A run whose container somebody else removes ends with docker's 137, told as a stand-in."""
    made = world.life.create(SPEC, name="aa").record
    started = world.life.start("aa")
    del world.cloud.resources[made.ident.id]
    final = world.life.finish(started)
    assert (final.state, final.exit_code, final.exit_known) == ("exited", 137, False)


def test_a_dead_watcher_stays_noted_while_its_container_runs(world: World) -> None:
    """A look at a --rm container that still runs does not forget whose it was: once it has ended it is a leftover."""
    record = world.life.create(replace(SPEC, auto_remove=True), name="aa").record
    record = world.life.start("aa")
    with world.store.transaction() as books:
        books.attended[record.ident.id] = 2**22 + 1  # beyond any process number
    assert names(world) == ["aa"]
    world.cloud.end(record.ident.id, Status(state="exited", run="run1", finished_at=datetime.now(UTC)))
    assert names(world) == []
