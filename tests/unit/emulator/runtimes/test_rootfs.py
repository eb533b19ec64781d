"""Looking into layered roots."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from azdock.emulator.runtimes.base import StartError
from azdock.emulator.runtimes.rootfs import Root, User
from azdock.emulator.runtimes.scratch import copy_root


def make(folder: Path, files: dict[str, str | None]) -> Path:
    """A layer: a path ending in / is a folder, a text starting with -> a symlink, None a whiteout."""
    for path, text in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if path.endswith("/"):
            place.mkdir(exist_ok=True)
        elif text is None:
            os.mknod(place, 0o020000, 0)
        elif text.startswith("->"):
            place.symlink_to(text[2:])
        else:
            place.write_text(text)
    return folder


@pytest.fixture
def layered(tmp_path: Path) -> Root:
    """Two layers."""
    low = make(
        tmp_path / "low",
        {"etc/a": "low", "etc/b": "low", "gone": "x", "dir/old": "x", "lib": "->usr/lib", "usr/lib/so": "so",
         "up": "->../../etc", "loop": "->loop", "abs": "->/etc/a", "chain": "->abs", "file": "x"},
    )  # fmt: skip
    high = make(tmp_path / "high", {"etc/b": "high", "gone": None, "dir": None, "file/": ""})
    return Root([low, high])


@pytest.mark.parametrize(
    ("path", "real", "text"),
    [
        ("/etc/a", "/etc/a", "low"),
        ("/etc/b", "/etc/b", "high"),
        ("/lib/so", "/usr/lib/so", "so"),
        ("/up/a", "/etc/a", "low"),
        ("/chain", "/etc/a", "low"),
        ("/etc/../etc/./a", "/etc/a", "low"),
        ("//etc//a", "/etc/a", "low"),
    ],
)
def test_found(layered: Root, path: str, real: str, text: str) -> None:
    """Symlinks stay inside the root, and the highest layer wins."""
    found = layered.find(path)
    assert found is not None
    assert (found[0], found[1].read_text()) == (real, text)


@pytest.mark.parametrize("path", ["/gone", "/dir/old", "/loop", "/etc/a/x", "/nosuch/x", "/up/nosuch"])
def test_not_found(layered: Root, path: str) -> None:
    """Whiteouts hide what is below, files have no children, and loops end."""
    assert layered.find(path) is None


@pytest.mark.parametrize(
    ("path", "real"),
    [("/", "/"), ("etc", "/etc"), ("/lib/new/deep", "/usr/lib/new/deep"), ("/nosuch/..", "/"), ("//srv", "/srv")],
)
def test_real(layered: Root, path: str, real: str) -> None:
    """A folder that is still to be made lies where the existing symlinks lead."""
    assert layered.real(path) == real


def test_copy(layered: Root, tmp_path: Path) -> None:
    """A copy holds what shows, with symlinks as they are and nothing that a whiteout hides."""
    copy_root(layered, tmp_path / "copy")
    names = {str(path.relative_to(tmp_path / "copy")) for path in (tmp_path / "copy").rglob("*")}
    assert names == {
        "etc", "etc/a", "etc/b", "lib", "usr", "usr/lib", "usr/lib/so", "up", "loop", "abs", "chain", "file"
    }  # fmt: skip
    assert (tmp_path / "copy/etc/b").read_text() == "high"
    assert (tmp_path / "copy/file").is_dir()


PASSWD = "root:x:0:0:root:/root:/bin/sh\napp:x:1000:50::/home/app:\nbroken\n"
GROUP = "root:x:0:\nstaff:x:50:app\nwheel:x:60:root,app\n"


@pytest.mark.parametrize(
    ("text", "user"),
    [
        ("", User(0, 0, (), "/root")),
        ("app", User(1000, 50, (50, 60), "/home/app")),
        ("1000:0", User(1000, 0, (), "/home/app")),
        ("app:wheel", User(1000, 60, (), "/home/app")),
        ("77", User(77, 0, (), "/")),
        ("77:88", User(77, 88, (), "/")),
    ],
)
def test_user(tmp_path: Path, text: str, user: User) -> None:
    """USER is a name or number, with or without a group."""
    root = Root([make(tmp_path / "r", {"etc/passwd": PASSWD, "etc/group": GROUP})])
    if not text:
        user = User(0, 0, (60,), "/root")
    assert root.user(text) == user


@pytest.mark.parametrize("text", ["nobody", "app:nogroup"])
def test_unknown_user(tmp_path: Path, text: str) -> None:
    """Unknown names are refused."""
    root = Root([make(tmp_path / "r", {"etc/passwd": PASSWD, "etc/group": GROUP})])
    with pytest.raises(StartError, match="no matching entries"):
        root.user(text)


@pytest.mark.parametrize(
    ("name", "path", "code"),
    [
        ("tool", "/bin", 0),
        ("tool", "/none:/bin", 0),
        ("tool", "/none", 127),
        ("tool", "", 127),
        ("./tool", "/none", 0),
        ("../bin/tool", "", 0),
        ("", "/bin", 127),
        ("plain", "/bin", 127),
        ("/bin/plain", "/bin", 126),
        ("/bin", "/bin", 126),
        ("/bin/none", "/bin", 127),
    ],
)
def test_check_program(tmp_path: Path, name: str, path: str, code: int) -> None:
    """Programs are looked up in PATH, or as paths from the working directory."""
    folder = make(tmp_path / "r", {"bin/tool": "#!", "bin/plain": ""})
    (folder / "bin/tool").chmod(0o755)
    root = Root([folder])
    if not code:
        root.check_program(name, path, "/bin")
        return
    with pytest.raises(StartError) as caught:
        root.check_program(name, path, "/")
    assert caught.value.code == code
