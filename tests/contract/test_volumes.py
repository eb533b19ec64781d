"""Volumes over the whole way: the service, the backend, the SDK of file shares, and the embedded Azure's storage."""

from __future__ import annotations

import io
import json
import os
import random
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from azdock.azure.client import Azure
from azdock.azure.storage import SMB, Storage
from azdock.backends.aca_job_map import template
from azdock.backends.volume_names import share_name, storage_name
from azdock.docker.channels import Attachment
from azdock.docker.mounts import Mount, parse_volume
from azdock.docker.names import new_id
from azdock.docker.record import ContainerRecord, Status
from azdock.docker.spec import ContainerSpec, ImageFacts
from azdock.docker.volume import ANONYMOUS
from azdock.errors import Conflict, DaemonError, NotFound, Unsupported
from azdock.services.copy import Copy
from azdock.services.registry import Backends
from azdock.services.share_copy import Shares
from azdock.services.volumes import Volumes
from azdock.settings import Settings
from azdock.state.store import Store
from tests.support.emulator import Emulator
from tests.support.fakes import record as some_record
from tests.support.lab import publish


@dataclass
class Machine:
    """One machine's view of the embedded Azure."""

    settings: Settings
    emulator: Emulator

    def __post_init__(self) -> None:
        self.store = Store(self.settings)
        self.backends = Backends(self.settings)
        self.volumes = Volumes(self.store, self.backends, self.settings)
        self.azure = Azure(self.settings)
        self.storage = Storage(self.azure)

    def storages(self) -> list[str]:
        return [str(one["name"]) for one in self.storage.storages(self.azure.place.environment_id)]

    def folder(self, volume: str) -> Path:
        """Where the embedded Azure keeps the files of a volume, which is what containers mount."""
        account = self.storage.account(SMB)
        assert account is not None
        return self.emulator.home / "shares" / account.name / share_name(volume)

    def container(self, name: str, *mounts: Mount) -> ContainerRecord:
        """A container in the books, as after create."""
        made = some_record(name, id=new_id(), spec=ContainerSpec(image="i", mounts=mounts))
        with self.store.transaction() as books:
            books.complete = True
            books.containers[made.ident.id] = made
        return made

    def close(self) -> None:
        self.volumes.close()
        self.azure.close()
        for backend in self.backends.all():
            backend.close()  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    made = Emulator(tmp_path_factory.mktemp("volumes") / "emulator").start()
    yield made
    made.stop()


@pytest.fixture
def machine(emulator: Emulator, tmp_path: Path) -> Iterator[Machine]:
    """A machine that has never seen this Azure, whose volumes are gone afterwards."""
    made = Machine(publish(emulator, tmp_path / "home"), emulator)
    yield made
    for one in made.volumes.all():
        made.volumes.remove(one.name, force=False)
    made.close()


@pytest.fixture
def other(emulator: Emulator, tmp_path: Path) -> Iterator[Machine]:
    """Another machine."""
    made = Machine(publish(emulator, tmp_path / "elsewhere"), emulator)
    yield made
    made.close()


def test_another_machine_sees_the_same(machine: Machine, other: Machine) -> None:
    """Name, labels, driver options and time of a volume are on Azure."""
    made = machine.volumes.create("Data_1", "", {"a": "ü=\n", "b": ""}, {"nobrl,uid": "1000", "size": "3g"})
    assert other.volumes.all() == [made]
    assert other.volumes.get("Data_1") == made
    assert made.mountpoint.startswith("https://") and made.mountpoint.endswith(share_name("Data_1"))
    account = machine.storage.account(SMB)
    assert account is not None
    assert machine.storage.share(account, share_name("Data_1"))["properties"]["shareQuota"] == 3
    assert other.volumes.create("Data_1", "", {"c": "d"}) == made  # what exists is left as it is


def test_one_account_per_context(machine: Machine, other: Machine) -> None:
    """Two machines that need the first volume find or make the same account."""
    machine.volumes.create("one")
    other.volumes.create("two")
    first, second = machine.storage.account(SMB), Storage(other.azure).account(SMB)
    assert first == second
    assert [one.name for one in machine.volumes.all()] == ["one", "two"]


def test_in_docker_s_words(machine: Machine) -> None:
    """What docker refuses is refused as docker does it."""
    for asked, words in (
        (lambda: machine.volumes.get("nosuch"), "get nosuch: no such volume"),
        (lambda: machine.volumes.remove("nosuch", force=False), "get nosuch: no such volume"),
        (lambda: machine.volumes.create("x"), "create x: volume name is too short"),
        (lambda: machine.volumes.create("vv", "foo"), 'create vv: error looking up volume plugin foo: plugin "foo"'),
    ):
        with pytest.raises((NotFound, DaemonError)) as refused:
            asked()
        assert refused.value.message.startswith(words)
    machine.volumes.remove("nosuch", force=True)


def test_in_use(machine: Machine) -> None:
    """A volume that a container mounts stays, and prune leaves it alone, too."""
    machine.volumes.create("used")
    user = some_record("web", spec=ContainerSpec(image="i", mounts=(Mount(source="used", target="/x"),)))
    machine.volumes.users = lambda: {"used": [user.ident.id]}  # type: ignore[method-assign]
    with pytest.raises(Conflict) as refused:
        machine.volumes.remove("used", force=True)
    assert refused.value.message == f"remove used: volume is in use - [{user.ident.id}]"
    machine.volumes.create("free")
    assert machine.volumes.prune(lambda _: True) == ["free"]
    machine.volumes.users = dict  # type: ignore[method-assign, assignment]


def test_a_container_s_mounts(machine: Machine) -> None:
    """Named volumes are made on the way and stay, anonymous ones go with rm -v; a read-only mount is apart."""
    spec = ContainerSpec(
        image="i",
        mounts=(parse_volume("data:/a"), parse_volume("data:/b:ro"), parse_volume("/c"), Mount("tmpfs", "", "/t")),
    )
    prepared = machine.volumes.prepare(spec, ImageFacts(volumes=("/c/", "/var/lib/x")))
    read_write, read_only, bare, tmpfs, of_image = prepared.spec.mounts
    assert (read_write.source, read_only.source, tmpfs.type) == ("data", "data", "tmpfs")
    assert len(bare.source) == len(of_image.source) == 64
    assert of_image.target == "/var/lib/x"
    made = template(replace(some_record("web"), spec=prepared.spec))
    wanted = {one["storageName"] for one in made["volumes"] if one["storageType"] == "AzureFile"}
    assert wanted == set(machine.storages())
    assert {storage_name("data", False), storage_name("data", True)} <= wanted
    record = machine.container("web", *prepared.spec.mounts)
    machine.volumes.release(record, anonymous=False)
    assert len(machine.volumes.all()) == 3
    machine.volumes.release(record, anonymous=True)
    assert [one.name for one in machine.volumes.all()] == ["data"]
    assert set(machine.storages()) == {storage_name("data", False), storage_name("data", True)}
    machine.volumes.remove("data", force=False)
    assert machine.storages() == []
    with machine.store.transaction() as books:
        books.containers.clear()


def test_nothing_is_left_of_a_failed_preparation(machine: Machine, tmp_path: Path) -> None:
    """When the third mount cannot be made, the anonymous volumes of the first two are gone."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a:b").write_text("x")  # no share can hold it
    spec = ContainerSpec(image="i", mounts=(parse_volume("/a"), parse_volume(f"{tmp_path}/in:/b")))
    with pytest.raises(Exception, match="Azure Files cannot hold"):
        machine.volumes.prepare(spec, ImageFacts())
    assert machine.volumes.all() == []
    assert machine.storages() == []


def test_a_folder_goes_and_comes_home(machine: Machine, tmp_path: Path) -> None:
    """1,000 files arrive whole, with their times; what a run changed comes home, and nothing else is touched."""
    here = tmp_path / "in"
    numbers = random.Random(6)
    for number in range(1000):
        place = here / f"d{number % 7}" / f"f {number}ü"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(numbers.randbytes(numbers.choice((0, 1, 700))))
    (here / "big").write_bytes(numbers.randbytes(9_000_001))
    (here / "empty").mkdir()
    (here / "link").symlink_to("big")
    (here / "out").symlink_to("/etc/hostname")
    (here / "loop").symlink_to(".")
    prepared = machine.volumes.prepare(ContainerSpec(image="i", mounts=(parse_volume(f"{here}:/in"),)), ImageFacts())
    mount = prepared.spec.mounts[0]
    assert "1002 files" in prepared.notices[0] and "left out (2)" in prepared.notices[0]
    there = machine.folder(mount.source)
    for place in here.rglob("*"):
        if place.name in ("out", "loop"):
            continue
        copied = there / place.relative_to(here)
        assert copied.is_dir() == place.is_dir()
        if place.is_file():
            assert copied.read_bytes() == place.read_bytes()
            assert abs(copied.stat().st_mtime_ns - place.stat().st_mtime_ns) < 1000
    assert not (there / "out").exists()
    before = {place: place.stat().st_mtime_ns for place in here.rglob("f *")}
    (there / "d0" / "new").write_bytes(b"new")
    (there / "d1" / "f 1ü").write_bytes(b"changed")
    (there / "d2" / "f 2ü").unlink()
    owner = machine.container("web", *prepared.spec.mounts)
    carried = machine.volumes.sync_back(owner)
    assert carried.files == 2
    assert (here / "d0" / "new").read_bytes() == b"new"
    assert (here / "d1" / "f 1ü").read_bytes() == b"changed"
    assert (here / "link").is_symlink()
    same = {place for place, time in before.items() if place.stat().st_mtime_ns == time}
    assert before.keys() - same == {here / "d1" / "f 1ü"}
    machine.volumes.release(owner, anonymous=False)
    assert machine.volumes.all() == []


def test_a_single_file(machine: Machine, tmp_path: Path) -> None:
    """A file is mounted by its name in a share of its own, and comes home to where it was."""
    place = tmp_path / "conf"
    place.write_text("old")
    place.chmod(0o600)
    prepared = machine.volumes.prepare(
        ContainerSpec(image="i", mounts=(parse_volume(f"{place}:/etc/conf"),)), ImageFacts()
    )
    places = template(replace(some_record("web"), spec=prepared.spec))["containers"][0]["volumeMounts"]
    assert places == [{"volumeName": "volume-0", "mountPath": "/etc/conf", "subPath": "conf"}]
    (machine.folder(prepared.spec.mounts[0].source) / "conf").write_text("newer")
    machine.volumes.sync_back(machine.container("web", *prepared.spec.mounts))
    assert place.read_text() == "newer"
    assert place.stat().st_mode & 0o777 == 0o600


def test_another_kind_of_run_keeps_its_mounts(machine: Machine, tmp_path: Path) -> None:
    """What differs from the job's own wrapping is written into the job: an execution's own template has no volumes."""
    backend: Any = machine.backends.get("job")
    spec = ContainerSpec(image="work/tool:1", command=("true",), mounts=(parse_volume("data:/data"),))
    made = some_record("web", spec=machine.volumes.prepare(spec, ImageFacts()).spec, seen=Status(), id=new_id())
    made = replace(made, image=backend.image("work/tool:1", "missing"), handle={})
    made = replace(made, handle=backend.create(made))
    job = backend.raw(made)["properties"]["template"]
    for attachment in (Attachment(), Attachment(output=True), Attachment()):
        made = replace(made, seen=backend.start(made, attachment))
        execution = backend._jobs.execution(made.handle["job"], made.seen.run)["properties"]["template"]
        now = backend.raw(made)["properties"]["template"]
        assert now["volumes"] == job["volumes"]
        assert now["containers"][0]["volumeMounts"] == job["containers"][0]["volumeMounts"]
        assert execution["containers"][0]["command"] == now["containers"][0]["command"]
        assert (now["containers"][0]["command"] == job["containers"][0]["command"]) == (not attachment.output)
        made = replace(made, seen=backend.wait(made, made.seen.run))
    backend.remove(made)


class Nobody:
    """Stands for services.exec.Exec where no container may be asked."""

    def find(self, name: str) -> ContainerRecord:
        raise AssertionError("the container was asked")

    def open(self, record: ContainerRecord, request: Any) -> Any:
        raise AssertionError("the container was asked")


@pytest.fixture
def copy(machine: Machine) -> Copy:
    """cp for a container that does not run and mounts a volume at /data, and read-only at /ro."""
    spec = ContainerSpec(image="i", mounts=(parse_volume("data:/data"), parse_volume("data:/ro:ro")))
    machine.container("web", *machine.volumes.prepare(spec, ImageFacts()).spec.mounts)
    known = {one.ident.name: one for one in machine.store.read().containers.values()}
    yield Copy(Nobody(), shares=Shares(known.__getitem__, lambda: machine.volumes))
    with machine.store.transaction() as books:
        books.containers.clear()


def test_copy_both_ways(copy: Copy, machine: Machine, tmp_path: Path) -> None:
    """cp goes through the share, whether the container runs or not: files small and large, folders, empty ones."""
    here = tmp_path / "here"
    (here / "sub" / "empty").mkdir(parents=True)
    (here / "none").write_bytes(b"")
    (here / "sub" / "big").write_bytes(os.urandom(5_000_000))
    for number in range(50):
        (here / f"f{number}").write_text(str(number))
    copy.into("web", "/data", str(here))
    copy.into("web", "/data/renamed", str(here / "f1"))
    there = machine.folder("data")
    assert (there / "here" / "sub" / "big").read_bytes() == (here / "sub" / "big").read_bytes()
    assert (there / "renamed").read_text() == "1"
    copy.out_of("web", "/data/here", str(tmp_path / "back"))
    for place in here.rglob("*"):
        again = tmp_path / "back" / place.relative_to(here)
        assert again.is_dir() == place.is_dir()
        assert place.is_dir() or again.read_bytes() == place.read_bytes()
    copy.out_of("web", "/ro/here/f7", str(tmp_path / "seven"))
    assert (tmp_path / "seven").read_text() == "7"


def test_copy_of_archives(copy: Copy, machine: Machine) -> None:
    """A tar archive goes in, links apart, and one comes out."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, kind in (("a/b/c", tarfile.REGTYPE), ("a/link", tarfile.SYMTYPE)):
            member = tarfile.TarInfo(name)
            member.type, member.linkname, member.size = kind, "b", 3 if kind == tarfile.REGTYPE else 0
            archive.addfile(member, io.BytesIO(b"abc"))
    file.seek(0)
    done = copy.archive_into("web", "/data", lambda: file.read(1000))
    assert ": 1 left out" in done.warnings[0]
    pieces: list[bytes] = []
    copy.archive_out_of("web", "/data/.", pieces.append)
    with tarfile.open(fileobj=io.BytesIO(b"".join(pieces))) as archive:
        assert archive.getnames() == [".", "./a", "./a/b", "./a/b/c"]
        found = archive.extractfile("./a/b/c")
        assert found is not None and found.read() == b"abc"


def test_copy_refused(copy: Copy, tmp_path: Path) -> None:
    """Docker's words for what is not there, does not fit, or may not be written."""
    (tmp_path / "f").write_text("x")
    (tmp_path / "d").mkdir()
    copy.into("web", "/data/", str(tmp_path / "f"))
    with pytest.raises(NotFound, match="Could not find the file /data/nosuch in container web"):
        copy.out_of("web", "/data/nosuch", str(tmp_path))
    with pytest.raises(NotFound, match="Could not find the file /data/no in container web"):
        copy.into("web", "/data/no/such", str(tmp_path / "f"))
    with pytest.raises(ValueError, match="cannot copy directory"):
        copy.into("web", "/data/f", str(tmp_path / "d"))
    with pytest.raises(DaemonError, match="mounted volume is marked read-only"):
        copy.into("web", "/ro/", str(tmp_path / "f"))


def test_no_key_is_kept(machine: Machine, tmp_path: Path) -> None:
    """The key of the account is in no file of azdock's, and in no error."""
    (tmp_path / "f").write_text("x")
    machine.volumes.prepare(ContainerSpec(image="i", mounts=(parse_volume(f"{tmp_path}/f:/f"),)), ImageFacts())
    account = machine.storage.account(SMB)
    assert account is not None
    key = machine.storage.key(account)
    places = [place for place in machine.settings.home.rglob("*") if place.is_file()]
    assert [place for place in places if key.encode() in place.read_bytes()] == []
    machine.storage._keys[account.name] = "d3Jvbmc="
    files = machine.volumes.files(machine.volumes.all()[0])
    files._storage._keys[account.name] = "d3Jvbmc="  # type: ignore[attr-defined]
    with pytest.raises(DaemonError) as refused:
        files.stat("f")
    files.close()
    assert key not in str(refused.value.message)
    assert "AuthenticationFailed" in refused.value.message
    shown = json.dumps(list(machine.storage.storages(machine.azure.place.environment_id)))
    assert key not in shown


def test_nfs(machine: Machine) -> None:
    """An NFS volume has an account of its own and is mounted as such; only containers reach its files."""
    made = machine.volumes.create("fast", "nfs")
    prepared = machine.volumes.prepare(ContainerSpec(image="i", mounts=(parse_volume("fast:/f"),)), ImageFacts())
    volume = template(replace(some_record("web"), spec=prepared.spec))["volumes"][0]
    assert (volume["storageType"], volume["storageName"]) == ("NfsAzureFile", storage_name("fast", False))
    assert any("virtual network" in one for one in prepared.notices)
    with pytest.raises(Unsupported):
        machine.volumes.files(made)
    assert ANONYMOUS not in made.labels
    machine.volumes.remove("fast", force=False)
    assert machine.storages() == []
