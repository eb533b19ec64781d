"""docker cp's path rules."""

from __future__ import annotations

import pytest

from azdock.docker import paths
from azdock.docker.paths import Entry
from azdock.docker.values import BadValue


@pytest.mark.parametrize(
    ("argument", "found"),
    [
        ("web:/etc/passwd", ("web", "/etc/passwd")),
        ("web:rel", ("web", "rel")),
        ("web:a:b", ("web", "a:b")),
        ("web:", ("web", "")),
        ("file", ("", "file")),
        ("-", ("", "-")),
        ("./a:b", ("", "./a:b")),
        ("../a:b", ("", "../a:b")),
        ("/a:b", ("", "/a:b")),
        (":/x", ("", "/x")),
    ],
)
def test_split(argument: str, found: tuple[str, str]) -> None:
    """The first colon ends the container's name, unless the argument is a path for sure."""
    assert paths.split(argument) == found


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("f", "/base/f"),
        ("./f", "/base/f"),
        ("../f", "/f"),
        ("d/", "/base/d/"),
        ("d/.", "/base/d/."),
        ("d//e/../.", "/base/d/."),
        (".", "/base/."),
        ("", "/base/."),
        ("..", "/"),
        ("/", "/"),
        ("//x", "/x"),
    ],
)
def test_absolute(path: str, found: str) -> None:
    """A path is shortened, and keeps the ending that means something."""
    assert paths.absolute(path, "/base") == found


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/a/b", ("/a", "b")),
        ("/a/b/", ("/a", "b")),
        ("/a/b/.", ("/a/b", ".")),
        ("/a", ("/", "a")),
        ("/", ("/", ".")),
        ("a", (".", "a")),
        ("", (".", ".")),
    ],
)
def test_parent_and_name(path: str, found: tuple[str, str]) -> None:
    """The last part and what is before it; "." names the contents of a folder."""
    assert paths.parent_and_name(path) == found


def test_links() -> None:
    """A relative link leads on from where it is; an ending goes with it, and its own name is kept."""
    assert paths.link_target("/a/link", "b/c") == "/a/b/c"
    assert paths.link_target("/a/link/", "../c") == "/c"
    assert paths.link_target("/a/link", "/x") == "/x"
    assert paths.followed("/a/link", "/x") == ("/x", "link")
    assert paths.followed("/a/link/", "/x") == ("/x/", "link")
    assert paths.followed("/a/link/.", "/x") == ("/x/.", "")
    assert paths.followed("/a/x", "/b/x") == ("/b/x", "")


FILE, FOLDER, CONTENTS = Entry("/l/f"), Entry("/l/d", folder=True), Entry("/l/d/.", folder=True)


@pytest.mark.parametrize(
    ("source", "target", "found"),
    [
        (FILE, Entry("/t", folder=True), ("/t", "f")),
        (FILE, Entry("/t/x"), ("/t", "x")),
        (FILE, Entry("/t/new", exists=False), ("/t", "new")),
        (FOLDER, Entry("/t", folder=True), ("/t", "d")),
        (FOLDER, Entry("/t/new", exists=False), ("/t", "new")),
        (FOLDER, Entry("/t/new/", exists=False), ("/t", "new")),
        (CONTENTS, Entry("/t", folder=True), ("/t", ".")),
        (CONTENTS, Entry("/t/new", exists=False), ("/t", "new")),
        (Entry("/l/f", rename="link"), Entry("/t", folder=True), ("/t", "link")),
    ],
)
def test_landing(source: Entry, target: Entry, found: tuple[str, str]) -> None:
    """Into a folder that exists under its own name, else under the target's name; "/." copies contents only."""
    assert paths.landing(source, target) == found


@pytest.mark.parametrize(
    ("source", "target", "words"),
    [
        (FOLDER, Entry("/t/x"), "cannot copy directory"),
        (FILE, Entry("/t/new/", exists=False), "no such directory"),
        (FILE, Entry("", exists=False), "no such directory"),
    ],
)
def test_no_landing(source: Entry, target: Entry, words: str) -> None:
    """What does not fit is refused in docker's words."""
    with pytest.raises(BadValue, match=f"^{words}$"):
        paths.landing(source, target)
