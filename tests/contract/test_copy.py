"""cp, diff and export over the whole way: services, exec, the emulator's terminal, and sh on the far side."""

from __future__ import annotations

import io
import random
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from azdock.docker.channels import ExecRequest
from azdock.docker.record import ContainerRecord
from azdock.services.changes import Changes
from azdock.services.copy import Copy
from azdock.services.shell import Shell
from tests.support.emulator import Emulator
from tests.support.lab import Lab


class Far:
    """Stands for services.exec.Exec: the one container of a lab."""

    def __init__(self, lab: Lab, record: ContainerRecord) -> None:
        self._lab, self.record = lab, record

    def find(self, name: str) -> ContainerRecord:
        return self.record

    def open(self, record: ContainerRecord, request: ExecRequest) -> Any:
        return self._lab.backend.exec(record, request)


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Far]:
    """A container that runs, in an emulator of this file's own."""
    home = tmp_path_factory.mktemp("copy")
    emulator = Emulator(home / "emulator").start()
    lab = Lab(emulator, home, "job")
    yield Far(lab, lab.up("sleep", "300"))
    lab.close()
    emulator.stop()


@pytest.mark.parametrize("size", [0, 1000, 9_000_000])
def test_file_both_ways(far: Far, size: int, tmp_path: Path) -> None:
    """Random bytes arrive unchanged, in one piece and in several; nothing stays in the container."""
    data = random.Random(size).randbytes(size)
    (tmp_path / "f").write_bytes(data)
    (tmp_path / "there").mkdir()
    before = set(Path("/tmp").glob("azdock-cp-*"))
    Copy(far).into("web", f"{tmp_path}/there", f"{tmp_path}/f")
    assert (tmp_path / "there" / "f").read_bytes() == data
    Copy(far).out_of("web", f"{tmp_path}/there/f", f"{tmp_path}/back")
    assert (tmp_path / "back").read_bytes() == data
    assert set(Path("/tmp").glob("azdock-cp-*")) <= before


def test_folder_both_ways(far: Far, tmp_path: Path) -> None:
    """Many small files, links, modes and odd names."""
    here = tmp_path / "here"
    here.mkdir()
    for number in range(300):
        (here / f"f{number}").write_text(str(number))
    for name in ("with blank", "quo'te", 'dou"ble', "dollar$HOME", "new\nline", "-dash", "umläut", "back\\slash"):
        (here / name).write_text(name)
    (here / "f1").chmod(0o750)
    (here / "link").symlink_to("f1")
    Copy(far).into("web", f"{tmp_path}/there", str(here))
    Copy(far).out_of("web", f"{tmp_path}/there/.", f"{tmp_path}/back")
    for copied in (tmp_path / "there", tmp_path / "back"):
        assert {path.name for path in copied.iterdir()} == {path.name for path in here.iterdir()}
        assert all((copied / path.name).read_bytes() == path.read_bytes() for path in here.iterdir())
        assert (copied / "f1").stat().st_mode & 0o777 == 0o750
        assert (copied / "link").readlink() == Path("f1")
        assert (copied / "f2").stat().st_mtime == int((here / "f2").stat().st_mtime)


def test_archive_both_ways(far: Far, tmp_path: Path) -> None:
    """A tar archive in, and one out."""
    file = io.BytesIO()
    (tmp_path / "x").mkdir()
    with tarfile.open(fileobj=file, mode="w") as tar:
        member = tarfile.TarInfo("sub/f")
        member.size = 3
        tar.addfile(member, io.BytesIO(b"abc"))
    file.seek(0)
    Copy(far).archive_into("web", f"{tmp_path}/x", lambda: file.read(4096))
    pieces: list[bytes] = []
    Copy(far).archive_out_of("web", f"{tmp_path}/x/.", pieces.append)
    with tarfile.open(fileobj=io.BytesIO(b"".join(pieces))) as tar:
        found = tar.extractfile("./sub/f")
        assert found is not None
        assert found.read() == b"abc"


def test_one_connection(far: Far, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many chunks: one handshake, as Azure allows about ten in a short time."""
    from azdock.services import transfer

    (tmp_path / "f").write_bytes(b"x" * 200_000)
    (tmp_path / "there").mkdir()
    Copy(far).into("web", f"{tmp_path}/there", f"{tmp_path}/f")
    monkeypatch.setattr(transfer, "CHUNK", 16384)
    behaviour = far._lab.emulator.world.behaviour
    limit, behaviour.exec_limit = behaviour.exec_limit, 1
    try:
        Copy(far).into("web", f"{tmp_path}/there", f"{tmp_path}/f")
        Copy(far).out_of("web", f"{tmp_path}/there/f", f"{tmp_path}/back")
    finally:
        behaviour.exec_limit = limit
    assert (tmp_path / "back").read_bytes() == b"x" * 200_000


def test_changes(far: Far, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written now is found; the script's words survive the terminal."""
    from azdock.services import changes

    monkeypatch.setattr(changes, "CHANGES", changes.CHANGES.replace("find / ", f"find {tmp_path} "))
    (tmp_path / "d").mkdir()
    Shell(far, "web", "it does not run").run(f"echo x >{tmp_path}/d/new")
    found, trouble = Changes(far).of("web")
    assert [f"{one.kind} {one.path}" for one in found][-1] == f"A {tmp_path}/d/new"
    assert trouble == []
