"""azdock images."""

from __future__ import annotations

import pytest

from azdock.backends.base import Image
from tests.support.fakes import NOON, World, azdock

BUSYBOX = Image(
    "sha256:" + "a" * 64, ("docker.io/library/busybox:latest", "busybox:1"), 2_000_000, NOON.timestamp() - 60
)
NAMELESS = Image("sha256:" + "b" * 64, (), 1, NOON.timestamp(), labels={"k": "v"})


def world() -> World:
    made = World()
    made.store_.images = [BUSYBOX, NAMELESS]
    return made


FORMAT = ("--format", "{{.Repository}}:{{.Tag}}")


@pytest.mark.parametrize(
    ("argv", "out"),
    [
        ((), "busybox:latest\nbusybox:1\n<none>:<none>\n"),
        (("busybox",), "busybox:latest\nbusybox:1\n"),
        (("busybox:1",), "busybox:1\n"),
        (("nosuch",), ""),
        (("-f", "dangling=true"), "<none>:<none>\n"),
        (("-f", "reference=busy*"), "busybox:latest\nbusybox:1\n"),
        (("-f", "label=k=v"), "<none>:<none>\n"),
    ],
)
def test_selection(argv: tuple[str, ...], out: str) -> None:
    """One line a reference; names, patterns and filters select."""
    assert azdock("images", *FORMAT, *argv, world=world()).out == out


def test_table() -> None:
    """docker's columns, also under docker's other names."""
    for words in (("images",), ("image", "ls"), ("image", "list")):
        lines = azdock(*words, "busybox", world=world()).out.splitlines()
        assert lines[0].split() == ["REPOSITORY", "TAG", "IMAGE", "ID", "CREATED", "SIZE"]
        assert lines[1].split() == ["busybox", "latest", "a" * 12, "About", "a", "minute", "ago", "2MB"]


def test_quiet() -> None:
    """IDs only."""
    assert azdock("images", "-q", "busybox:1", world=world()).out == "a" * 12 + "\n"


def test_bad_filter() -> None:
    """docker's words."""
    result = azdock("images", "--filter", "bogus=1", world=world())
    assert (result.err, result.code) == ("Error response from Azure: Invalid filter 'bogus'\n", 1)
