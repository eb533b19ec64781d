"""The environment of containers."""

from __future__ import annotations

from pathlib import Path

import pytest

from azdock.emulator.runtimes.base import ContainerRun, ImageConfig, ImageRef
from azdock.emulator.runtimes.environment import container_env, exec_env, hostname
from azdock.emulator.runtimes.rootfs import DEFAULT_PATH


def make(name: str = "h", image: tuple[str, ...] = (), own: tuple[tuple[str, str], ...] = ()) -> ContainerRun:
    """A container to start."""
    ref = ImageRef("r", "i", ImageConfig(env=image))
    return ContainerRun("main", ref, (), (), own, name, 0, 0, Path("/s"), lambda *_: None)


@pytest.mark.parametrize(
    ("image", "own", "changes"),
    [
        ((), (), {}),
        (("PATH=/x", "A=1=2"), (), {"PATH": "/x", "A": "1=2"}),
        (("A=1",), (("A", "2"), ("HOME", "/mine")), {"A": "2", "HOME": "/mine"}),
        (("EMPTY",), (), {"EMPTY": ""}),
    ],
)
def test_container_env(image: tuple[str, ...], own: tuple[tuple[str, str], ...], changes: dict[str, str]) -> None:
    """The container's variables win over the image's, and both over the defaults."""
    base = {"PATH": DEFAULT_PATH, "HOSTNAME": "h", "HOME": "/root"}
    assert container_env(make("h", image, own), "/root") == base | changes


def test_exec_env() -> None:
    """TERM is xterm unless the container has its own."""
    assert exec_env({"A": "1"}) == {"TERM": "xterm", "A": "1"}
    assert exec_env({"TERM": "vt100"}) == {"TERM": "vt100"}


@pytest.mark.parametrize(("name", "expected"), [("a" * 70, "a" * 63), ("a" * 62 + "-b", "a" * 62), ("", "localhost")])
def test_hostname(name: str, expected: str) -> None:
    """A replica's name is cut to a legal host name."""
    assert hostname(make(name)) == expected
