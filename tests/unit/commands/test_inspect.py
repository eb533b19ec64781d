"""azdock inspect."""

from __future__ import annotations

import json

import pytest

from azdock.backends.base import Image
from azdock.docker.spec import ImageFacts
from azdock.errors import NoSuchImage
from tests.support.fakes import ID, NOON, Services, World, azdock, record

IMAGE = Image("sha256:" + "a" * 64, ("busybox:latest",), 2_000_000, NOON.timestamp())


def world() -> World:
    made = World(Services(records={"web": record()}))

    def inspect(reference: str) -> tuple[Image, ImageFacts]:
        if reference != "busybox":
            raise NoSuchImage(f"No such image: {reference}:latest")
        return IMAGE, ImageFacts(id=IMAGE.id, command=("sh",))

    made.store_.inspect = inspect  # type: ignore[attr-defined]
    return made


def test_container() -> None:
    """docker's shape, and Azure's facts beside it."""
    (found,) = json.loads(azdock("inspect", "web", world=world()).out)
    assert (found["Id"], found["Name"], found["Azure"]["Backend"]) == (ID, "/web", "job")


@pytest.mark.parametrize(
    ("argv", "out", "err", "code"),
    [
        (("-f", "{{.Name}}", "web"), "/web\n", "", 0),
        (("-f", "{{.Os}} {{json .Config.Cmd}}", "busybox"), 'linux ["sh"]\n', "", 0),
        (("--type", "image", "-f", "{{.Os}}", "busybox"), "linux\n", "", 0),
        (("--type", "container", "-f", "{{.Name}}", "web"), "/web\n", "", 0),
        (("--azure", "-f", "{{.name}}", "web"), "job-1\n", "", 0),
        (("x",), "[]\n", "Error: No such object: x\n", 1),
        (("-f", "{{.Id}}", "x"), "\n", "Error: No such object: x\n", 1),
        (("x", "y"), "[]\n", "Error: No such object: x\nError: No such object: y\n", 1),
        (("-f", "{{.Name}}", "web", "x", "web"), "/web\n/web\n", "Error: No such object: x\n", 1),
        (("--type", "image", "web"), "[]\n",
         "Error response from Azure: no such image: web: No such image: web:latest\n", 1),
        (("--type", "bogus", "web"), "",
         'unknown type: "bogus": must be one of "config", "container", "image", "network", "node", "plugin", "secret", '
         '"service", "task", "volume"\n', 1),
        (("-f", "{{.Name", "web"), "", "template parsing error: template: :1: unclosed action\n", 64),
        (("-f", "{{.Nope}}", "web"), "\n",
         'template parsing error: template: :1:2: executing "" at <.Nope>: map has no entry for key "Nope"\n', 1),
    ],
)  # fmt: skip
def test_inspect(argv: tuple[str, ...], out: str, err: str, code: int) -> None:
    """Output first, then the failures, in docker's words."""
    result = azdock("inspect", *argv, world=world())
    assert (result.out, result.err, result.code) == (out, err, code)


def test_nouns() -> None:
    """`container inspect` and `image inspect` look for one kind only."""
    result = azdock("container", "inspect", "x", world=world())
    assert (result.out, result.err) == ("[]\n", "Error response from Azure: No such container: x\n")
    assert azdock("image", "inspect", "-f", "{{.Os}}", "busybox", world=world()).out == "linux\n"
