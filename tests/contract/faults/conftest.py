"""Machines for the fault tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.machine import Machine, machine


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine with a running emulator for a whole module; a test leaves no container behind."""
    with machine(tmp_path_factory.mktemp("shared") / "home") as made:
        made.start()
        yield made


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Machine]:
    """A machine for one test, on which nothing was ever run."""
    with machine(tmp_path / "home") as made:
        yield made
