"""Local files into volumes and back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from azdock.errors import AzdockError
from azdock.services.snapshots import Carried, download, upload
from tests.support.volumes import MemoryFiles


def quiet(_text: str) -> None:
    pass


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with files, an empty folder, and links of every kind."""
    top = tmp_path / "here"
    (top / "a" / "b").mkdir(parents=True)
    (top / "a" / "f").write_bytes(b"\0\xff")
    (top / "none").write_bytes(b"")
    (top / "to-file").symlink_to("a/f")
    (top / "to-folder").symlink_to("a")
    (top / "a" / "up").symlink_to("..")
    (top / "out").symlink_to("/etc")
    (top / "nowhere").symlink_to("gone")
    os.mkfifo(top / "pipe")
    return top


def test_upload(here: Path) -> None:
    """Links within the folder become what they lead to, but none leads around in circles or out of it."""
    files, said = MemoryFiles(), list[str]()
    carried = upload(str(here), files, said.append)
    assert {path: data for path, data in files.contents.items() if data is not None} == {
        "a/f": b"\0\xff",
        "none": b"",
        "to-file": b"\0\xff",
        "to-folder/f": b"\0\xff",
    }
    assert {path for path, data in files.contents.items() if data is None} == {"a", "a/b", "to-folder", "to-folder/b"}
    assert carried == Carried(files=4, size=6, left_out=5)
    assert files.times["a/f"] == (here / "a" / "f").stat().st_mtime_ns
    assert said[-1] == f"Uploading {here}: 4 of 4 files, 6B of 6B"


def test_a_file(here: Path) -> None:
    """A file is uploaded under its own name."""
    files = MemoryFiles()
    upload(str(here / "a" / "f"), files, quiet)
    assert files.contents == {"f": b"\0\xff"}


def test_the_first_failure_is_told(here: Path) -> None:
    """A file that a share refuses, and one that cannot be read, end the upload."""
    with pytest.raises(AzdockError, match="it cannot be written"):
        upload(str(here), MemoryFiles(fail="none"), quiet)
    with pytest.raises(AzdockError, match="gone: no such file"):
        upload(str(here / "gone"), MemoryFiles(), quiet)


def test_download(here: Path, tmp_path: Path) -> None:
    """What is new or changed is written, with its time; what is the same stays, and nothing is removed."""
    files = MemoryFiles()
    upload(str(here), files, quiet)
    (here / "a" / "f").chmod(0o640)
    before = (here / "none").stat().st_mtime_ns
    files.contents |= {"a/f": b"new", "a/b/n": b"fresh", "more": None, "..": None, "../x": b"!"}
    files.contents |= {"out": None, "out/passwd": b"!"}
    files.times |= {"a/f": 5_000_000_000, "a/b/n": 6_000_000_000}
    del files.contents["none"]
    carried = download(files, str(here), quiet)
    assert (carried.files, carried.left_out) == (2, 4)
    assert (here / "a" / "f").read_bytes() == b"new"
    assert (here / "a" / "f").stat().st_mode & 0o777 == 0o640
    assert (here / "a" / "b" / "n").stat().st_mtime_ns == 6_000_000_000
    assert (here / "more").is_dir()
    assert (here / "none").stat().st_mtime_ns == before
    assert (here / "to-file").is_symlink()
    assert not (tmp_path / "x").exists()
    assert [one.name for one in here.rglob(".azdock-*")] == []


def test_out_of_the_folder(here: Path) -> None:
    """A volume cannot write through a local link that leads elsewhere."""
    elsewhere = here.parent / "elsewhere"
    elsewhere.mkdir()
    (here / "way").symlink_to(elsewhere)
    files = MemoryFiles({"way": None, "way/x": b"!"})
    assert download(files, str(here), quiet).left_out == 2
    assert list(elsewhere.iterdir()) == []


def test_broken_download(here: Path) -> None:
    """A connection that breaks leaves the old file and nothing half written."""

    class Broken(MemoryFiles):
        def read(self, path: str):  # type: ignore[no-untyped-def]
            yield b"ha"
            raise AzdockError("it broke")

    with pytest.raises(AzdockError, match="it broke"):
        download(Broken({"a": None, "a/f": b"half"}), str(here), quiet)
    assert (here / "a" / "f").read_bytes() == b"\0\xff"
    assert [one.name for one in here.rglob(".azdock-*")] == []


def test_counting() -> None:
    """What was carried, for people."""
    assert str(Carried(1, 0) + Carried(1, 1200)) == "2 files, 1.2kB"
    assert str(Carried(1, 5)) == "1 file, 5B"
