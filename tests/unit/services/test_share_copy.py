"""Copying through a share."""

from __future__ import annotations

import io
import tarfile

import pytest

from azdock.docker.mounts import Mount
from azdock.docker.record import ContainerRecord
from azdock.docker.spec import ContainerSpec
from azdock.errors import AzdockError, DaemonError
from azdock.services.copy import Found
from azdock.services.share_copy import SharePlace, mount_at
from tests.support.fakes import record
from tests.support.volumes import MemoryFiles

DATA = Mount(source="data", target="/data")


def container(*mounts: Mount) -> ContainerRecord:
    return record("web", spec=ContainerSpec(image="i", mounts=mounts))


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/data", "/data"),
        ("/data/x/..", "/data"),
        ("/data/../etc", ""),
        ("/database", ""),
        ("/", ""),
        ("/out/deep/x", "/out/deep/"),
        ("/out", ""),  # another mount lies below
        ("/out/x", "/out"),
        ("/tmp/x", ""),
        ("/fast/x", ""),
    ],
)
def test_which_mount(path: str, target: str) -> None:
    """The nearest mount, if it is a share that can be reached and nothing else is mounted below the path."""
    found = mount_at(
        container(
            DATA,
            Mount(source="o", target="/out"),
            Mount(source="d", target="/out/deep/"),
            Mount("tmpfs", "", "/tmp"),
            Mount(source="n", target="/fast", options={"volume-driver": "nfs"}),
        ),
        path,
    )
    assert (found.target if found else "") == target


def place(files: MemoryFiles, mount: Mount = DATA) -> SharePlace:
    return SharePlace(files, mount, lambda _: None)


def test_stat() -> None:
    """Paths are the container's; what lies above the mount is a folder."""
    there = place(MemoryFiles({"d": None, "f": b"x"}))
    assert there.stat("/data", "/", "/data/f", "/data/d/", "/data/no", "/etc", "data/f") == [
        Found(kind) for kind in ("folder", "folder", "file", "folder", "none", "none", "file")
    ]


def test_subpath() -> None:
    """A mount of a part of a volume, or of a file in it."""
    files = MemoryFiles({"a": None, "a/f": b"x"})
    assert place(files, Mount(source="v", target="/p", options={"volume-subpath": "a"})).stat("/p/f") == [Found("file")]
    one = place(files, Mount(source="v", target="/etc/conf", options={"volume-subpath": "a/f"}))
    assert one.stat("/etc/conf", "/etc") == [Found("file"), Found("folder")]


def packed(there: SharePlace, folder: str, top: str) -> tarfile.TarFile:
    return tarfile.open(fileobj=io.BytesIO(b"".join(there.pieces(folder, top))))


def test_archive_out() -> None:
    """An archive like tar's: names, contents, times, one name longer than a header holds."""
    deep = "/".join(["d" * 60] * 3)
    files = MemoryFiles({"x": None, "x/f": b"12345", "x/none": b""}, {"x/f": 1_500_000_000})
    for end in range(1, 4):
        files.contents["x/" + "/".join([("d" * 60)] * end)] = None
    files.contents[f"x/{deep}/f"] = b"y" * 2000
    with packed(place(files), "/data", "x") as archive:
        assert {"x", "x/f", "x/none", f"x/{deep}/f"} <= set(archive.getnames())
        found = archive.extractfile("x/f")
        assert found is not None and found.read() == b"12345"
        assert archive.getmember("x/f").mtime == 1
        long = archive.extractfile(f"x/{deep}/f")
        assert long is not None and long.read() == b"y" * 2000
    with packed(place(files), "/data/x", ".") as archive:
        assert archive.getnames()[:2] == [".", f"./{'d' * 60}"]
    with packed(place(files), "/data/x", "f") as archive:
        assert archive.getnames() == ["f"]


def test_a_file_that_changes() -> None:
    """An archive whose file is shorter than announced would be broken: it is told instead."""

    class Shrinking(MemoryFiles):
        def read(self, path: str):  # type: ignore[no-untyped-def]
            yield b"1"

    with pytest.raises(AzdockError, match="the file changed"):
        b"".join(place(Shrinking({"f": b"12"})).pieces("/data", "f"))


def given(*members: tuple[str, bytes | None]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, data in members:
            member = tarfile.TarInfo(name)
            member.mtime = 7
            if data is None:
                member.type = tarfile.DIRTYPE
            else:
                member.size = len(data)
            archive.addfile(member, io.BytesIO(data or b""))
    return file.getvalue()


def unpacked(files: MemoryFiles, data: bytes, folder: str = "/data", mount: Mount = DATA) -> SharePlace:
    there = place(files, mount)
    sink = there.sink(folder, False)
    for start in range(0, len(data), 1000):
        sink.write(data[start : start + 1000])
    sink.finish()
    return there


def test_archive_in() -> None:
    """Folders are made before what is in them, also those that the archive does not name."""
    files = MemoryFiles({"in": None})
    many = [(f"a/b/f{number}", bytes([number]) * number) for number in range(40)]
    there = unpacked(files, given(("./top/", None), *many), "/data/in")
    assert {path for path, data in files.contents.items() if data is None} == {"in", "in/top", "in/a", "in/a/b"}
    assert all(files.contents[f"in/{path}"] == data for path, data in many)
    assert files.times["in/a/b/f1"] == 7_000_000_000
    assert there.warnings == [] and there.carried >= 40 * 512


def test_nothing_and_nonsense() -> None:
    """No bytes are no archive; other bytes are none either, and that is told; nothing escapes."""
    files = MemoryFiles()
    unpacked(files, b"")
    with pytest.raises(AzdockError, match="the archive cannot be read"):
        unpacked(files, b"no tar")
    with pytest.raises(AzdockError, match="outside of the volume"):
        unpacked(files, given(("../x", b"!")))
    assert files.contents == {}


def test_read_only() -> None:
    """A read-only mount is one for cp, too."""
    with pytest.raises(DaemonError, match="mounted volume is marked read-only"):
        unpacked(MemoryFiles(), given(("x", b"")), mount=Mount(source="data", target="/data", read_only=True))
