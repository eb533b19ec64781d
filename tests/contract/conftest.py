"""Fixtures of the contract tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from azdock.backends.base import BACKENDS
from tests.support.emulator import Emulator
from tests.support.lab import Lab


# Functions answer requests: what they do is asked in test_gap_analysis_functions.py and test_function_aca.py.
@pytest.fixture(params=sorted(name for name, kind in BACKENDS.items() if not kind.by_request))
def lab(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lab]:
    """A backend in a home of its own, against an emulator of its own."""
    home = tmp_path / "home"
    emulator = Emulator(home / "emulator").start()
    made = Lab(emulator, home, request.param)
    yield made
    made.close()
    emulator.stop()
