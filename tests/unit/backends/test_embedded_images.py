"""The image store of the embedded Azure in docker's terms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from azdock.backends import base
from azdock.backends.embedded_images import Store, facts
from azdock.docker.spec import ImageFacts
from azdock.errors import Unsupported
from azdock.settings import Context, Settings


class Calls:
    """Stands for the control calls."""

    def __init__(self, *items: dict[str, Any]) -> None:
        self.items = items
        self.closed = False

    def all(self) -> list[dict[str, Any]]:
        return list(self.items)

    def load(self, path: str) -> list[str]:
        return [path]

    def remove(self, reference: str, force: bool) -> list[tuple[str, str]]:
        return [("Untagged", f"{reference} {force}")]

    def close(self) -> None:
        self.closed = True


def test_images() -> None:
    """The newest image is first; what the store does not tell has its default."""
    old = {"id": "sha256:1", "size": 5, "created": 1.5}
    new = {"id": "sha256:2", "tags": ["a:1"], "digests": ["a@sha256:3"], "size": 6, "created": 2, "labels": {"k": "v"}}
    store = Store(Calls(old, new))  # type: ignore[arg-type]
    assert store.images() == [
        base.Image("sha256:2", ("a:1",), 6, 2.0, ("a@sha256:3",), {"k": "v"}),
        base.Image("sha256:1", (), 5, 1.5),
    ]


def test_calls_are_passed_on() -> None:
    """Loading, removing and closing are the control calls' business."""
    calls = Calls()
    store = Store(calls)  # type: ignore[arg-type]
    assert store.load("p") == ["p"]
    assert store.remove("a", True) == [("Untagged", "a True")]
    store.close()
    assert calls.closed


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"id": "sha256:1"}, ImageFacts(id="sha256:1")),
        (
            {"id": "i", "entrypoint": ["e"], "command": None, "env": ["A=1"], "workdir": "/w", "user": "u",
             "labels": {"k": "v"}, "exposed": ["80/tcp"], "volumes": ["/data"],
             "health": {"Test": ["CMD", "true"], "Interval": 7}},
            ImageFacts("i", ("e",), (), ("A=1",), "/w", "u", {"k": "v"}, ("80/tcp",), ("/data",), ("CMD", "true"),
                       {"Interval": 7}),
        ),
    ],
)  # fmt: skip
def test_facts(found: dict[str, Any], expected: ImageFacts) -> None:
    """An image's configuration, with nothing made up."""
    assert facts(found) == expected


def test_only_the_embedded_has_one(tmp_path: Path) -> None:
    """A context in the cloud refuses with a hint."""
    with pytest.raises(Unsupported, match="keeps no images") as caught:
        base.connect_images(Settings(tmp_path, Context("prod")))
    assert caught.value.hint
