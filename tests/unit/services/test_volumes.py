"""Volumes: docker's decisions, over volumes in memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from azdock.docker.mounts import ANONYMOUS, MOUNT_OPTIONS, SNAPSHOT_OF, Mount, parse_mount, parse_tmpfs, parse_volume
from azdock.docker.record import ContainerRecord
from azdock.docker.spec import ContainerSpec, ImageFacts
from azdock.docker.volume import SNAPSHOT
from azdock.errors import AzdockError, Conflict, DaemonError, NotFound, Unsupported
from azdock.services import reconcile
from azdock.services.volumes import Volumes
from azdock.settings import EMBEDDED, Settings
from azdock.state.store import Store
from tests.support.fakes import record
from tests.support.volumes import MemoryVolumes


class World:
    """The service over volumes in memory, and containers that Azure shows."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        settings = Settings(home, EMBEDDED)
        self.store, self.there = Store(settings), MemoryVolumes()
        self.containers: list[ContainerRecord] = []
        backends: Any = None
        self.volumes = Volumes(self.store, backends, settings)
        self.volumes.__dict__["_volumes"] = self.there
        monkeypatch.setattr(reconcile, "refresh", lambda store, backends: self.containers)

    def prepare(self, *mounts: Mount, image: Sequence[str] = (), network: str = "") -> Any:
        spec = ContainerSpec(image="i", mounts=mounts, network=network)
        return self.volumes.prepare(spec, ImageFacts(volumes=tuple(image)))


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path / "home", monkeypatch)


def user(*mounts: Mount, name: str = "web") -> ContainerRecord:
    return record(name, spec=ContainerSpec(image="i", mounts=mounts), id=f"{name}-" + "0" * 60)


def test_create(world: World) -> None:
    """A name is optional, what exists stays, another driver for the same name is a conflict."""
    assert len(world.volumes.create().name) == 64
    made = world.volumes.create("data", labels={"a": "b"})
    assert world.volumes.create("data", labels={"c": "d"}) == made
    with pytest.raises(Conflict, match="create data: driver 'local' already has volume 'data': volume name must be"):
        world.volumes.create("data", "nfs")
    assert ("data", "", False) in world.there.links


@pytest.mark.parametrize(
    ("name", "driver", "asked", "words"),
    [
        ("x", "", {}, "create x: volume name is too short"),
        ("aa", "foo", {}, "create aa: error looking up volume plugin foo"),
        ("aa", "", {"device": "/dev/sda"}, "create aa: device=/dev/sda: "),
    ],
)
def test_create_refused(world: World, name: str, driver: str, asked: dict[str, str], words: str) -> None:
    """Nothing is made of a wish that cannot be fulfilled."""
    with pytest.raises(DaemonError) as refused:
        world.volumes.create(name, driver, asked=asked)
    assert refused.value.message.startswith(words)
    assert world.there.known == {}


def test_remove(world: World) -> None:
    """In use, missing, missing with --force."""
    world.volumes.create("data")
    one, two = user(Mount(source="data", target="/x")), user(Mount(source="data", target="/y"), name="db")
    world.containers = [one, two]
    with pytest.raises(Conflict) as refused:
        world.volumes.remove("data", force=False)
    assert refused.value.message == f"remove data: volume is in use - [{one.ident.id}, {two.ident.id}]"
    with pytest.raises(NotFound, match="get nosuch: no such volume"):
        world.volumes.remove("nosuch", force=False)
    world.volumes.remove("nosuch", force=True)
    world.containers = []
    world.volumes.remove("data", force=False)
    assert world.there.known == {}


def test_prepare(world: World) -> None:
    """Volumes are made on the way, with the options of the mount; what exists keeps its own, which the mount may
    replace."""
    world.volumes.create("old", asked={"uid": "1"})
    done = world.prepare(
        parse_volume("old:/a:ro"),
        parse_mount("src=old,dst=/b,volume-opt=uid=2"),
        parse_mount("src=new,dst=/c,volume-opt=o=nobrl,volume-label=k=v"),
        parse_volume("/d"),
        parse_tmpfs("/t:size=1m"),
        image=("/d/", "/e"),
        network="net",
    )
    a, b, c, d, t, e = done.spec.mounts
    assert (a.options[MOUNT_OPTIONS], b.options[MOUNT_OPTIONS], c.options[MOUNT_OPTIONS]) == ("uid=1", "uid=2", "nobrl")
    assert world.there.known["new"].labels == {"k": "v"}
    assert ANONYMOUS in d.options and ANONYMOUS in e.options and e.target == "/e"
    assert world.there.known[d.source].anonymous
    assert t == parse_tmpfs("/t:size=1m")
    assert ("old", "net", True) in world.there.links and ("new", "net", False) in world.there.links
    assert not any("volume-opt" in one.options or "volume-label" in one.options for one in done.spec.mounts)
    assert len(done.notices) == 1 and "not limited" in done.notices[0]


def test_snapshot(world: World, tmp_path: Path) -> None:
    """A folder becomes a volume of the container's own, and that is said; a file is mounted by its name."""
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "f").write_text("x")
    done = world.prepare(parse_volume(f"{tmp_path}/d/:/d"), parse_mount(f"type=bind,src={tmp_path}/d/f,dst=/f,ro"))
    folder, file = done.spec.mounts
    assert folder.type == file.type == "volume"
    assert folder.options[SNAPSHOT_OF] == f"{tmp_path}/d"
    assert world.there.known[folder.source].labels[SNAPSHOT] == f"{tmp_path}/d"
    assert world.there.contents[folder.source].contents == {"f": b"x"}
    assert (file.options["volume-subpath"], file.read_only) == ("f", True)
    assert "a snapshot of" in done.notices[0] and "1 file, 1B" in done.notices[0]
    assert world.there.contents[folder.source].closed == 1


def test_what_was_made_is_unmade(world: World, tmp_path: Path) -> None:
    """After a failure no volume is left that nobody would know of; named ones stay, as docker has it."""
    (tmp_path / "bad").symlink_to("bad")
    world.there.fail_link = "yes"
    with pytest.raises(AzdockError, match="no way in"):
        world.prepare(parse_volume("data:/a"), parse_volume("/b"), parse_mount("dst=/c,volume-label=fail=yes"))
    assert list(world.there.known) == ["data"]


def test_checked_first(world: World) -> None:
    """A mount that cannot be refuses all of them before anything is made."""
    with pytest.raises(Unsupported):
        world.prepare(parse_volume("data:/a"), parse_volume("/proc:/b"))
    assert world.there.known == {}


def test_release(world: World, tmp_path: Path) -> None:
    """Snapshots always go, anonymous volumes when asked, what somebody else mounts never, named ones never."""
    (tmp_path / "f").write_text("x")
    asked = ("data:/a", "/b", "/c", f"{tmp_path}/f:/f")
    done = world.prepare(*map(parse_volume, asked))
    named, bare, shared, snapshot = done.spec.mounts
    owner = user(*done.spec.mounts)
    with world.store.transaction() as books:
        other = user(Mount(source=shared.source, target="/x"), name="db")
        books.containers = {owner.ident.id: owner, other.ident.id: other}
    world.volumes.release(owner, anonymous=False)
    assert set(world.there.known) == {"data", bare.source, shared.source}
    world.volumes.release(owner, anonymous=True)
    assert set(world.there.known) == {"data", shared.source}
    world.volumes.release(owner, anonymous=True)  # a second time is no error
    assert snapshot.source not in world.there.known and named.source == "data"


def test_sync_back(world: World, tmp_path: Path) -> None:
    """What changed in a snapshot comes home, unless it was read-only; without one it is refused."""
    for name in ("d", "r"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "f").write_text("old")
    done = world.prepare(parse_volume(f"{tmp_path}/d:/d"), parse_volume(f"{tmp_path}/r:/r:ro"))
    for one in done.spec.mounts:
        world.there.contents[one.source].contents["f"] = b"newer"
    assert world.volumes.sync_back(user(*done.spec.mounts)).files == 1
    assert (tmp_path / "d" / "f").read_text() == "newer"
    assert (tmp_path / "r" / "f").read_text() == "old"
    with pytest.raises(Unsupported, match="--sync-back"):
        world.volumes.sync_back(user(Mount(source="data", target="/x")))


def test_prune(world: World) -> None:
    """Only what is wanted and unused."""
    for name in ("aa", "bb", "cc"):
        world.volumes.create(name)
    world.containers = [user(Mount(source="aa", target="/x"))]
    assert world.volumes.prune(lambda one: one.name != "cc") == ["bb"]
    assert [one.name for one in world.volumes.all()] == ["aa", "cc"]
