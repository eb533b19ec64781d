"""The command line a record stands for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from azdock.docker.record import ContainerRecord, Ident, Status
from azdock.docker.spec import ContainerSpec, ImageFacts

IMAGE = ImageFacts(entrypoint=("/init",), command=("serve",))


@pytest.mark.parametrize(
    ("entrypoint", "command", "argv"),
    [
        (None, (), ("/init", "serve")),
        (None, ("x",), ("/init", "x")),
        (("sh",), (), ("sh",)),
        (("sh",), ("-c", "x"), ("sh", "-c", "x")),
        ((), ("x",), ("x",)),
        ((), (), ()),
    ],
)
def test_argv(entrypoint: tuple[str, ...] | None, command: tuple[str, ...], argv: tuple[str, ...]) -> None:
    """Arguments replace CMD; another ENTRYPOINT drops CMD."""
    spec = ContainerSpec("img", command, entrypoint)
    record = ContainerRecord(Ident("1" * 64, "a"), spec, datetime(2024, 1, 1, tzinfo=UTC), "job", {}, IMAGE)
    assert record.argv == argv


@pytest.mark.parametrize(
    ("state", "terminal"), [("created", False), ("running", False), ("paused", False), ("exited", True), ("dead", True)]
)
def test_terminal(state: str, terminal: bool) -> None:
    """Only exited and dead are the end of a run."""
    assert Status(state).terminal is terminal  # type: ignore[arg-type]
