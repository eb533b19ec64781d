"""The hooks through which waiting and warnings reach the user."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from azdock.azure import progress


@pytest.fixture(autouse=True)
def nobody_listens() -> Iterator[None]:
    progress.listen()
    yield
    progress.listen()


def test_warnings_are_never_lost(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a listener a warning goes to stderr, once."""
    progress.warn("w")
    progress.warn("w")
    assert capsys.readouterr().err == "WARNING: w\n"


def test_listener() -> None:
    """A listener gets warnings and the beginning and end of each wait."""
    heard: list[object] = []

    @contextmanager
    def wait(reason: str, seconds: float) -> Iterator[None]:
        heard.append((reason, seconds))
        yield
        heard.append("over")

    progress.listen(waiting=wait, warning=heard.append)
    progress.warn("w")
    with progress.waiting("busy", 2.0):
        heard.append("asleep")
    assert heard == ["w", ("busy", 2.0), "asleep", "over"]


def test_nobody_waits() -> None:
    """Without a listener waiting is silent."""
    with progress.waiting("busy", 2.0):
        pass
