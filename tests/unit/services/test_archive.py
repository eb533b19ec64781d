"""The local side of a copy."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from azdock.docker.paths import Entry
from azdock.errors import AzdockError
from azdock.services import archive


def made(*members: tuple[str, str, bytes | str], mode: int = 0o640) -> Iterator[bytes]:
    """An archive in small pieces; a member is a name, a kind (file, folder, link, hard) and its content or target."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for name, kind, content in members:
            member = tarfile.TarInfo(name)
            member.mode, member.mtime = mode if kind == "file" else 0o755, 1000
            if kind == "file":
                assert isinstance(content, bytes)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
                continue
            member.type = {"folder": tarfile.DIRTYPE, "link": tarfile.SYMTYPE, "hard": tarfile.LNKTYPE}[kind]
            member.linkname = str(content)
            tar.addfile(member)
    data = file.getvalue()
    return iter([data[place : place + 700] for place in range(0, len(data), 700)])


def test_there_and_back(tmp_path: Path) -> None:
    """Content, modes, times, links and empty folders come through an archive unharmed."""
    here = tmp_path / "d"
    (here / "empty").mkdir(parents=True)
    (here / "run").write_bytes(b"\0\xff" * 5000)
    (here / "run").chmod(0o751)
    os.utime(here / "run", (5, 5))
    (here / "soft").symlink_to("run")
    os.link(here / "run", here / "hard")
    (here / ("long" * 50)).write_text("x")
    os.utime(here, (7, 7))
    sink = io.BytesIO()
    size = archive.pack(Entry(str(here), folder=True), "d", sink)
    assert archive.unpack(iter([sink.getvalue()]), str(tmp_path), "d", "new") == size
    new = tmp_path / "new"
    assert sorted(path.name for path in new.iterdir()) == sorted(path.name for path in here.iterdir())
    assert (new / "run").read_bytes() == (here / "run").read_bytes()
    assert (new / "run").stat().st_mode & 0o7777 == 0o751
    assert (new / "run").stat().st_mtime == 5
    assert new.stat().st_mtime == 7
    assert (new / "soft").readlink() == Path("run")
    assert (new / "hard").samefile(new / "run")


def test_docker_counts_the_same(tmp_path: Path) -> None:
    """A small file is 2048 bytes, as docker says: a header, a block and the end."""
    (tmp_path / "f").write_text("hi\n")
    assert archive.pack(Entry(str(tmp_path / "f")), "f", io.BytesIO()) == 2048
    assert archive.unpack(made(("f", "file", b"hi\n")), str(tmp_path), "f", "g") == 2048


def test_names_of_users_do_not_travel(tmp_path: Path) -> None:
    """A name means somebody else in a container; numbers are kept."""
    (tmp_path / "f").write_text("x")
    sink = io.BytesIO()
    archive.pack(Entry(str(tmp_path / "f")), "f", sink)
    with tarfile.open(fileobj=io.BytesIO(sink.getvalue())) as tar:
        member = tar.getmember("f")
    assert (member.uname, member.gname, member.uid) == ("", "", os.getuid())


def test_contents_of_a_folder(tmp_path: Path) -> None:
    """ "." at the top becomes the new name, or the folder itself; names without "./" as well."""
    archive.unpack(made((".", "folder", ""), ("./a", "file", b"1")), str(tmp_path), ".", "new")
    assert (tmp_path / "new" / "a").read_bytes() == b"1"
    archive.unpack(made(("b", "file", b"2"), ("sub/c", "file", b"3")), str(tmp_path), ".", "other")
    assert (tmp_path / "other" / "sub" / "c").read_bytes() == b"3"
    archive.unpack(made(("./a", "file", b"4")), str(tmp_path), ".", ".")
    assert (tmp_path / "a").read_bytes() == b"4"


def test_overwrites(tmp_path: Path) -> None:
    """A file replaces a file, and a link itself, never what the link leads to."""
    (tmp_path / "precious").write_text("precious")
    (tmp_path / "f").symlink_to("precious")
    archive.unpack(made(("f", "file", b"new")), str(tmp_path), "f", "f")
    assert (tmp_path / "f").read_text() == "new"
    assert not (tmp_path / "f").is_symlink()
    assert (tmp_path / "precious").read_text() == "precious"


def test_what_does_not_go_together(tmp_path: Path) -> None:
    """docker's words for a file in a folder's place, and the other way round."""
    (tmp_path / "x").mkdir()
    with pytest.raises(AzdockError, match=rf'^cannot overwrite directory "{tmp_path}/x" with non-directory'):
        archive.unpack(made(("x", "file", b"")), str(tmp_path), "x", "x")
    (tmp_path / "y").write_text("")
    with pytest.raises(AzdockError, match=rf'^cannot overwrite non-directory "{tmp_path}/y" with directory'):
        archive.unpack(made(("y", "folder", "")), str(tmp_path), "y", "y")


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ([("d/../../evil", "file", b"")], "outside of"),
        ([("d", "folder", ""), ("d/l", "link", "../../out"), ("d/l/evil", "file", b"")], "invalid symlink"),
        ([("d", "folder", ""), ("d/l", "link", "OUT"), ("d/l/evil", "file", b"")], "outside of"),
        ([("d", "folder", ""), ("d/h", "hard", "d/../../evil")], "invalid hardlink"),
        ([("other", "file", b"")], "was not asked for"),
    ],
)
def test_nothing_escapes(members: list[tuple[str, str, bytes | str]], words: str, tmp_path: Path) -> None:
    """Neither a name nor a link made on the way leads out of the folder."""
    here, outside = tmp_path / "here", tmp_path / "out"
    here.mkdir()
    outside.mkdir()
    members = [(name, kind, str(outside) if content == "OUT" else content) for name, kind, content in members]
    with pytest.raises(AzdockError, match=words):
        archive.unpack(made(*members), str(here), "d", "d")
    assert list(outside.iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["here", "out"]


def test_broken_archive(tmp_path: Path) -> None:
    """An archive that ends early is told, not taken for whole."""
    (pieces := list(made(("d", "file", b"x" * 5000)))).pop()
    with pytest.raises(AzdockError, match="cannot be read"):
        archive.unpack(iter(pieces[:3]), str(tmp_path), "d", "d")


def test_source(tmp_path: Path) -> None:
    """Links before the last part are resolved, the last one when that is asked for, or a "/" stands behind it."""
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "f").write_text("")
    (tmp_path / "l").symlink_to("d")
    (tmp_path / "d" / "lf").symlink_to("f")
    at = str(tmp_path)
    assert archive.source(f"{at}/l/f", False) == Entry(f"{at}/d/f")
    assert archive.source(f"{at}/l", False) == Entry(f"{at}/l")
    assert archive.source(f"{at}/l/", False) == Entry(f"{at}/d/", folder=True, rename="l")
    assert archive.source(f"{at}/l/.", False) == Entry(f"{at}/d/.", folder=True)
    assert archive.source(f"{at}/l", True) == Entry(f"{at}/d", folder=True, rename="l")
    assert archive.source(f"{at}/l/lf", True) == Entry(f"{at}/d/f", rename="lf")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("nosuch", "lstat {at}/nosuch: no such file or directory"),
        ("nosuch/f", "lstat {at}/nosuch: no such file or directory"),
        ("f/", "not a directory"),
        ("f/.", "not a directory"),
    ],
)
def test_no_source(path: str, words: str, tmp_path: Path) -> None:
    """docker's words."""
    (tmp_path / "f").write_text("")
    with pytest.raises(AzdockError) as failed:
        archive.source(f"{tmp_path}/{path}", False)
    assert failed.value.message == words.format(at=tmp_path)


def test_target(tmp_path: Path) -> None:
    """Links are followed; what does not exist needs a parent."""
    (tmp_path / "d").mkdir()
    (tmp_path / "l").symlink_to("d")
    (tmp_path / "dangling").symlink_to("new")
    (tmp_path / "loop").symlink_to("loop")
    at = str(tmp_path)
    assert archive.target(f"{at}/l") == Entry(f"{at}/d", folder=True)
    assert archive.target(f"{at}/dangling") == Entry(f"{at}/new", exists=False)
    with pytest.raises(AzdockError, match="too many symlinks"):
        archive.target(f"{at}/loop")
    with pytest.raises(AzdockError, match="no such file"):
        archive.target(f"{at}/no/where")


def test_check_output(tmp_path: Path) -> None:
    """docker's words for where nothing can be written."""
    (tmp_path / "f").write_text("")
    archive.check_output(f"{tmp_path}/new")
    archive.check_output(f"{tmp_path}/f")
    for path, words in [
        (f"{tmp_path}/no/f", f'invalid output path: directory "{tmp_path}/no" does not exist'),
        (f"{tmp_path}/no/d/", f'invalid output path: directory "{tmp_path}/no" does not exist'),
        (f"{tmp_path}/f/x", f"stat {tmp_path}/f/x: not a directory"),
        ("/dev/null", 'invalid output path: "/dev/null" must be a directory or a regular file: got a device'),
    ]:
        with pytest.raises(AzdockError) as failed:
            archive.check_output(path)
        assert failed.value.message == words
