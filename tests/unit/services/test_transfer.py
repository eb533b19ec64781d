"""Archives into and out of a container, with connections that break and bytes that are damaged."""

from __future__ import annotations

import io
import random
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from azdock.errors import AzdockError, Unreachable, Unsupported
from azdock.services import transfer
from azdock.services import transfer_scripts as scripts
from azdock.services.shell import Shell
from azdock.services.transfer import Transfer, Upload
from tests.support.box import SHELLS, Box, Broken, Damaging


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few kilobytes make several chunks."""
    monkeypatch.setattr(transfer, "CHUNK", 8192)


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    """No test leaves temporary files in the "container"."""
    yield
    left = [path for place in scripts.PLACES.split() for path in Path(place).glob("azdock-cp-*") if ours(path)]
    assert left == []


STARTED: list[str] = []


def ours(path: Path) -> bool:
    return path.name.removeprefix("azdock-cp-") in STARTED


def started(box: Box, waits: list[float] | None = None) -> Transfer:
    made = Transfer(Shell(box, "box", "it does not run"), wait=(waits if waits is not None else []).append)
    STARTED.append(made.id)
    return made


def archive(size: int) -> bytes:
    """A tar archive of one file "f" with `size` random bytes."""
    data, file = random.Random(size).randbytes(size), io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        member = tarfile.TarInfo("f")
        member.size = size
        tar.addfile(member, io.BytesIO(data))
    return file.getvalue()


def send(made: Transfer, folder: Path, data: bytes) -> None:
    try:
        upload = Upload(made, str(folder), "xpof")
        for place in range(0, len(data), 5000):
            upload.write(data[place : place + 5000])
        upload.finish()
    finally:
        made.remove()


@pytest.mark.parametrize("shell", [one for one in SHELLS if shutil.which(one)])
@pytest.mark.parametrize("size", [0, 100, 8192, 100_000])
def test_both_ways(shell: str, size: int, tmp_path: Path) -> None:
    """What arrives is what was sent, in one piece or many, in every shell."""
    data, box = archive(size), Box(shell=shell)
    send(started(box), tmp_path, data)
    assert (tmp_path / "f").read_bytes() == random.Random(size).randbytes(size)
    back = b"".join(started(box).pull(str(tmp_path), "f"))
    with tarfile.open(fileobj=io.BytesIO(back)) as tar:
        found = tar.extractfile("f")
        assert found is not None
        assert found.read() == (tmp_path / "f").read_bytes()


def test_small_ones_go_in_one_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One command carries a small archive: each costs a round trip."""
    monkeypatch.setattr(transfer, "CHUNK", 20480)  # tar pads what it makes to 10240
    box = Box()
    send(started(box), tmp_path, archive(10))
    assert len(box.commands) == 1
    list(started(box).pull(str(tmp_path), "f"))
    assert len(box.commands) == 2


@pytest.mark.parametrize("spoiler", [Broken, Damaging])
@pytest.mark.parametrize("number", range(4))
def test_sent_again(spoiler: Callable[..., object], number: int, tmp_path: Path) -> None:
    """A chunk that was lost or damaged on the way in is sent again, and only that one."""
    waits: list[float] = []
    data = archive(20_000)
    box = Box(spoil={number: spoiler})
    send(started(box, waits), tmp_path, data)
    assert (tmp_path / "f").read_bytes() == random.Random(20_000).randbytes(20_000)
    chunks = (len(data) + 8191) // 8192
    assert len(box.commands) == chunks + 2 + 1
    assert waits == [0.5]


@pytest.mark.parametrize("spoiler", [Broken, Damaging])
@pytest.mark.parametrize("number", range(4))
def test_fetched_again(spoiler: Callable[..., object], number: int, tmp_path: Path) -> None:
    """The same on the way out; damage to an answer without content does no harm and needs no second try."""
    (tmp_path / "f").write_bytes(random.Random(1).randbytes(20_000))
    waits: list[float] = []
    back = b"".join(started(Box(spoil={number: spoiler}), waits).pull(str(tmp_path), "f"))
    with tarfile.open(fileobj=io.BytesIO(back)) as tar:
        found = tar.extractfile("f")
        assert found is not None
        assert found.read() == (tmp_path / "f").read_bytes()
    assert waits == ([] if number == 0 and spoiler is Damaging else [0.5])


def test_gives_up(tmp_path: Path) -> None:
    """A connection that never holds ends the copy, which names what may be left behind."""
    box = Box(spoil=dict.fromkeys(range(20), Broken))
    made, waits = started(box), list[float]()
    made._wait = waits.append
    with pytest.raises(Unreachable):
        send(made, tmp_path, archive(20_000))
    assert waits == [0.5, 1.0, 2.0, 4.0]
    assert len(made.warnings) == 1
    assert f"/tmp/azdock-cp-{made.id}" in made.warnings[0]
    started(Box())._shell.run(scripts.REMOVE, made.id)


def test_tar_fails(tmp_path: Path) -> None:
    """tar's own words, and no second try."""
    box = Box()
    with pytest.raises(AzdockError, match="tar") as failed:
        send(started(box), tmp_path, b"this is no archive" * 1000)
    assert not isinstance(failed.value, Unreachable)
    with pytest.raises(AzdockError, match="nosuch"):
        list(started(Box()).pull(str(tmp_path), "nosuch"))


def test_without_tar(tmp_path: Path) -> None:
    """A container without tar is refused with the reason."""
    for program in ("sh", "cat", "mkdir", "rm", "sha256sum", "mv", "env", "find"):
        found = shutil.which(program)
        assert found
        (tmp_path / program).symlink_to(found)
    box = Box(path=str(tmp_path))
    with pytest.raises(Unsupported, match="has no tar"):
        send(started(box), tmp_path, archive(10)[:2048])
    with pytest.raises(Unsupported, match="has no tar"):
        list(started(box).pull(str(tmp_path), "sh"))


@pytest.mark.parametrize("program", ["md5sum", "cksum"])
def test_other_checksums(program: str, tmp_path: Path) -> None:
    """A container without sha256sum checks with what it has."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("cat", "mkdir", "rm", "mv", "tar", "find", "wc", "dd", "dash", program):
        (tools / name).symlink_to(shutil.which(name) or "")
    box = Box(shell="dash", path=str(tools), spoil={0: Damaging})
    send(started(box), tmp_path, archive(20_000))
    assert b"".join(started(box).pull(str(tmp_path), "f"))


@pytest.mark.parametrize(("source", "place"), [("/tmp", "/var/tmp"), ("/var", "/tmp"), ("/var/tmp", "/tmp")])
def test_source_that_holds_the_temporary_folder(source: str, place: str) -> None:
    """A copy of /tmp keeps its archive elsewhere: it would hold itself."""
    made = started(Box())
    script = scripts.PACK.partition("\nneed_tar\n")[0] + '\nmake_folder "$@"; echo "$folder"'
    _, output = made._shell.run(script, made.id, source)
    made._shell.run(scripts.REMOVE, made.id)
    assert output.decode() == f"{place}/azdock-cp-{made.id}\n"


def test_leftovers_are_swept(tmp_path: Path) -> None:
    """What a killed azdock left an hour ago goes with the next copy; what is younger stays."""
    old, young = Path("/tmp/azdock-cp-test-old"), Path("/tmp/azdock-cp-test-young")
    for path in (old, young):
        path.mkdir(exist_ok=True)
    subprocess.run(["touch", "-d", "2 hours ago", str(old)], check=True)
    try:
        send(started(Box()), tmp_path, archive(10)[:2048])
        assert (old.exists(), young.exists()) == (False, True)
    finally:
        young.rmdir()


def test_progress(tmp_path: Path) -> None:
    """Every chunk is told, with the bytes so far."""
    shown: list[int] = []
    made = Transfer(Shell(Box(), "box", "it does not run"), show=shown.append)
    send(made, tmp_path, archive(20_000))
    assert shown == sorted(shown)
    assert shown[-1] == len(archive(20_000))
