"""cp between a folder and a "container" that is this machine."""

from __future__ import annotations

import io
import os
import shutil
import tarfile
from pathlib import Path

import pytest

from azdock.errors import AzdockError, DaemonError, NotFound, Unsupported
from azdock.services.copy import Copy
from tests.support.box import Box


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """The local side: a file, a folder, and links to both."""
    made = tmp_path / "here"
    (made / "d" / "sub").mkdir(parents=True)
    (made / "f").write_text("one")
    (made / "d" / "a").write_text("a")
    (made / "d" / "sub" / "b").write_text("b")
    (made / "lf").symlink_to("f")
    (made / "ld").symlink_to("d")
    return made


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """The container's side: an empty folder, a file, links, and a folder with a folder."""
    made = tmp_path / "there"
    (made / "empty").mkdir(parents=True)
    (made / "deep" / "d").mkdir(parents=True)
    (made / "deep" / "f").mkdir()
    (made / "flat").mkdir()
    (made / "flat" / "d").write_text("a file")
    (made / "x").write_text("x")
    (made / "to-empty").symlink_to("empty")
    (made / "to-x").symlink_to(made / "x")
    (made / "dangling").symlink_to("made")
    return made


def tree(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


@pytest.fixture(params=["sh", "busybox"])
def copy(request: pytest.FixtureRequest, tmp_path: Path) -> Copy:
    """A container with the usual programs, and one with busybox's."""
    if request.param == "sh":
        return Copy(Box())
    busybox = shutil.which("busybox")
    if busybox is None:
        pytest.skip("needs busybox")
    tools = tmp_path / "applets"
    tools.mkdir()
    for name in ("tar", "cat", "dd", "mkdir", "mv", "rm", "wc", "readlink", "find", "stat", "sha256sum", "grep", "sed"):
        (tools / name).symlink_to(busybox)
    (tools / "busybox").symlink_to(busybox)
    return Copy(Box(shell="busybox", path=str(tools)))


@pytest.mark.parametrize(
    ("source", "target", "found"),
    [
        ("f", "empty", ["empty/f"]),
        ("f", "empty/", ["empty/f"]),
        ("f", "empty/new", ["empty/new"]),
        ("f", "to-empty", ["empty/f"]),
        ("f", "to-empty/new", ["empty/new"]),
        ("f", "dangling", ["made"]),
        ("d", "empty", ["empty/d/a", "empty/d/sub/b"]),
        ("d/.", "empty", ["empty/a", "empty/sub/b"]),
        ("d", "empty/new", ["empty/new/a", "empty/new/sub/b"]),
        ("d/.", "empty/new/", ["empty/new/a", "empty/new/sub/b"]),
        ("d", "deep", ["deep/d/a", "deep/d/sub/b"]),
        ("lf", "empty", ["empty/lf"]),
        ("ld/", "empty", ["empty/ld/a", "empty/ld/sub/b"]),
    ],
)
def test_into(copy: Copy, here: Path, there: Path, source: str, target: str, found: list[str]) -> None:
    """Files arrive where docker would put them."""
    before = set(tree(there))
    copy.into("box", f"{there}/{target}", f"{here}/{source}")
    assert sorted(set(tree(there)) - before) == found


def test_into_a_file(copy: Copy, here: Path, there: Path) -> None:
    """A file that exists is replaced, through a link as well."""
    copy.into("box", f"{there}/x", f"{here}/f")
    assert (there / "x").read_text() == "one"
    (here / "f").write_text("two")
    done = copy.into("box", f"{there}/to-x", f"{here}/f")
    assert (there / "x").read_text() == "two"
    assert (there / "to-x").is_symlink()
    assert (done.size, done.where, done.warnings) == (2048, f"box:{there}/x", ())


def test_follow_link_in(copy: Copy, here: Path, there: Path) -> None:
    """-L copies what a link leads to, under the link's name; without it the link."""
    copy.into("box", f"{there}/empty", f"{here}/lf", follow=True)
    copy.into("box", f"{there}/empty", f"{here}/ld", follow=True)
    copy.into("box", f"{there}/deep", f"{here}/lf")
    assert tree(there / "empty") == ["ld/a", "ld/sub/b", "lf"]
    assert not (there / "empty" / "lf").is_symlink()
    assert (there / "deep" / "lf").readlink() == Path("f")


@pytest.mark.parametrize(
    ("source", "target", "kind", "words"),
    [
        ("f", "no/", AzdockError, "no such directory"),
        ("f", "no/f", NotFound, "Could not find the file {there}/no in container box"),
        ("f", "x/f", DaemonError, "extraction point is not a directory"),
        ("d", "x", AzdockError, "cannot copy directory"),
        ("f", "deep", DaemonError, 'cannot overwrite directory "{there}/deep/f" with non-directory "{there}/deep"'),
        ("d", "flat", DaemonError, 'cannot overwrite non-directory "{there}/flat/d" with directory "{there}/flat"'),
    ],
)
def test_refused_in(
    copy: Copy, here: Path, there: Path, source: str, target: str, kind: type[Exception], words: str
) -> None:
    """docker's words, and nothing is copied."""
    before = tree(there)
    with pytest.raises(Exception) as failed:
        copy.into("box", f"{there}/{target}", f"{here}/{source}")
    assert str(failed.value) == words.format(there=there)
    assert tree(there) == before


def test_device(copy: Copy, here: Path) -> None:
    """A device is no place for a file."""
    with pytest.raises(AzdockError, match=r'^destination "box:/dev/null" must be a directory or a regular file'):
        copy.into("box", "/dev/null", f"{here}/f")


@pytest.mark.parametrize(
    ("source", "target", "found"),
    [
        ("f", "new", ["new"]),
        ("f", "empty", ["empty/f"]),
        ("d", "empty", ["empty/d/a", "empty/d/sub/b"]),
        ("d/", "empty", ["empty/d/a", "empty/d/sub/b"]),
        ("d/.", "empty", ["empty/a", "empty/sub/b"]),
        ("d", "new", ["new/a", "new/sub/b"]),
        ("d/.", "new", ["new/a", "new/sub/b"]),
        ("ld/", "empty", ["empty/ld/a", "empty/ld/sub/b"]),
        ("ld/.", "new", ["new/a", "new/sub/b"]),
    ],
)
def test_out_of(copy: Copy, here: Path, tmp_path: Path, source: str, target: str, found: list[str]) -> None:
    """The same rules the other way."""
    local = tmp_path / "local"
    (local / "empty").mkdir(parents=True)
    copy.out_of("box", f"{here}/{source}", f"{local}/{target}")
    assert tree(local) == found


def test_follow_link_out(copy: Copy, here: Path, tmp_path: Path) -> None:
    """-L copies what a link leads to, under the link's name."""
    local = tmp_path / "local"
    local.mkdir()
    copy.out_of("box", f"{here}/lf", str(local))
    assert (local / "lf").is_symlink()
    copy.out_of("box", f"{here}/lf", str(local), follow=True)
    copy.out_of("box", f"{here}/ld", str(local), follow=True)
    assert (local / "lf").read_text() == "one"
    assert not (local / "lf").is_symlink()
    assert tree(local / "ld") == ["a", "sub/b"]


def test_refused_out(copy: Copy, here: Path, tmp_path: Path) -> None:
    """docker's words, in docker's order: the local side first."""
    for source, target, words in [
        ("/nosuch", f"{tmp_path}/no/f", f'invalid output path: directory "{tmp_path}/no" does not exist'),
        ("/nosuch", f"{tmp_path}/f", "Could not find the file /nosuch in container box"),
        (f"{here}/f/", f"{tmp_path}/f", f"lstat {here}/f/: not a directory"),
        (f"{here}/f", f"{tmp_path}/new/", "no such directory"),
        (f"{here}/d", f"{here}/f", "cannot copy directory"),
        ("", f"{tmp_path}/f", "bad parameter: path cannot be empty"),
    ]:
        with pytest.raises(Exception) as failed:
            copy.out_of("box", source, target)
        assert str(failed.value) == words


def test_archives(copy: Copy, here: Path, there: Path) -> None:
    """A tar archive goes in as it is and comes out as one; names begin with the last part of the path."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        tar.add(here / "d", arcname=".")
    file.seek(0)
    copy.archive_into("box", f"{there}/empty", lambda: file.read(1000))
    assert tree(there / "empty") == ["a", "sub/b"]
    pieces: list[bytes] = []
    copy.archive_out_of("box", f"{there}/empty", pieces.append)
    with tarfile.open(fileobj=io.BytesIO(b"".join(pieces))) as tar:
        assert sorted(tar.getnames()) == ["empty", "empty/a", "empty/sub", "empty/sub/b"]


def test_compressed_archive(copy: Copy, here: Path, there: Path) -> None:
    """docker takes one as well, whatever tar the container has; and nothing at all is no mistake."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:xz") as tar:
        tar.add(here / "f", arcname="f")
    file.seek(0)
    copy.archive_into("box", f"{there}/empty", lambda: file.read(1000))
    assert (there / "empty" / "f").read_text() == "one"
    copy.archive_into("box", f"{there}/empty", lambda: b"")


@pytest.mark.parametrize(("name", "path"), [("box", "x"), ("box", "nosuch"), ("other", "empty")])
def test_archive_needs_a_folder(copy: Copy, there: Path, name: str, path: str) -> None:
    """docker says the same of a file, of nothing, and of a container that does not exist."""
    with pytest.raises(AzdockError) as failed:
        copy.archive_into(name, f"{there}/{path}", lambda: b"")
    assert failed.value.message == f'destination "{name}:{there}/{path}" must be a directory'


def test_relative_paths_begin_at_the_root(copy: Copy, here: Path, there: Path) -> None:
    """A container's relative path does not depend on its working directory."""
    copy.into("box", f"{there}/empty"[1:], f"{here}/f")
    assert (there / "empty" / "f").exists()


def test_owners(here: Path, there: Path) -> None:
    """Owners belong to the container's user unless -a keeps them."""
    box = Box()
    Copy(box).into("box", f"{there}/empty", f"{here}/f")
    Copy(box).into("box", f"{there}/deep/d", f"{here}/f", owners=True)
    options = [word for command in box.commands for word in command if word in ("xpf", "xpof")]
    assert options == ["xpof", "xpf"]
    if os.geteuid() == 0:
        os.chown(here / "f", 1234, 2345)
        Copy(box).into("box", f"{there}/empty", f"{here}/f")
        Copy(box).into("box", f"{there}/deep/d", f"{here}/f", owners=True)
        assert (there / "empty" / "f").stat().st_uid == 0
        assert ((there / "deep" / "d" / "f").stat().st_uid, (there / "deep" / "d" / "f").stat().st_gid) == (1234, 2345)
        Copy(box).out_of("box", f"{here}/f", f"{there}/plain")
        Copy(box).out_of("box", f"{here}/f", f"{there}/kept", owners=True)
        assert ((there / "plain").stat().st_uid, (there / "kept").stat().st_uid) == (0, 1234)


def test_not_running(here: Path, tmp_path: Path) -> None:
    """One sentence with the reason, a way out, and docker's code; a local mistake is told first."""
    copy = Copy(Box(running=False))
    for work in (
        lambda: copy.into("box", "/x", f"{here}/f"),
        lambda: copy.archive_into("box", "/x", lambda: b""),
        lambda: copy.out_of("box", "/x", str(tmp_path)),
        lambda: copy.archive_out_of("box", "/x", lambda _: None),
        lambda: copy.export("box", lambda _: None),
    ):
        with pytest.raises(Unsupported, match="Azure keeps no files of a container that does not run") as failed:
            work()
        assert failed.value.code == 1
        assert "azdock start box" in failed.value.hint
    with pytest.raises(AzdockError, match="lstat"):
        copy.into("box", "/x", f"{here}/nosuch")


def test_missing_container(here: Path, tmp_path: Path) -> None:
    """docker's words."""
    for work in (
        lambda: Copy(Box()).into("no", "/x", f"{here}/f"),
        lambda: Copy(Box()).out_of("no", "/x", str(tmp_path)),
    ):
        with pytest.raises(NotFound, match=r"^No such container: no$"):
            work()
