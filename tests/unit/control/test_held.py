"""Finding the process that holds a session."""

from __future__ import annotations

from pathlib import Path

import pytest

from azdock.control import held
from azdock.control.held import Holders
from azdock.control.place import Place
from azdock.settings import EMBEDDED, Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, context=EMBEDDED)


def test_nobody_holds_it(settings: Settings) -> None:
    """Without a process there is nothing to attach to."""
    assert Holders(settings, {}, print).attach("c" * 64, (24, 80)) is None


def test_none_is_wanted(settings: Settings) -> None:
    """Where no process is wanted none is started."""
    assert Holders(settings, {"AZDOCK_CONTROL_PERSIST": "0"}, print).begin("c" * 64, (24, 80)) is None
    assert not (settings.home / "control").exists()


def test_a_process_that_does_not_start(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not waited for without end, nor without a pause."""
    pauses: list[float] = []
    monkeypatch.setattr(held, "START_SECONDS", 0.2)
    monkeypatch.setattr(held, "spawn", lambda _place, _words, listening, _lock: listening.close())
    sleep = held.time.sleep
    monkeypatch.setattr(held.time, "sleep", lambda seconds: (pauses.append(seconds), sleep(seconds)))
    assert Holders(settings, {}, print).begin("c" * 64, (24, 80)) is None
    assert 1 < len(pauses) <= 11


def test_a_session_that_ends_just_now(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that breaks at once is none."""

    class Broken:
        closed = False

        def sendall(self, _data: bytes) -> None:
            raise BrokenPipeError

        def close(self) -> None:
            self.closed = True

    line = Broken()
    monkeypatch.setattr(Place, "connect", lambda _self: line)
    assert Holders(settings, {}, print).attach("c" * 64, (24, 80)) is None
    assert line.closed
