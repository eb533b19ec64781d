"""The line that is shown while Azure makes us wait."""

from __future__ import annotations

import pytest

from azdock.azure import progress
from azdock.cli.waiting import Waits
from tests.support.fakes import Memory, World


class Clock:
    """Seconds that pass when told."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_only_on_a_terminal() -> None:
    """A pipe gets nothing."""
    err, clock = Memory(), Clock()
    with Waits(err, clock).show("Azure is busy", 9):
        clock.now += 9
    assert err.data == b""


def test_line_is_gone_after_the_wait() -> None:
    """A long wait is one line with its reason, erased when work goes on; a short one shows nothing."""
    err, clock = Memory(terminal=True), Clock()
    waits = Waits(err, clock)
    with waits.show("Azure is busy", 0.1):
        clock.now += 0.1
    assert err.data == b""
    clock.now += 1
    with waits.show("Azure is busy", 2):
        assert err.text.startswith("\r\x1b[2K") and err.text.endswith(" Azure is busy (1s)")
    assert err.text.endswith("\r\x1b[2K")


def test_rows_of_waits() -> None:
    """Waits close together count as one, a later one begins anew, and an error does not leave the line behind."""
    err, clock = Memory(terminal=True), Clock()
    waits = Waits(err, clock)
    for _ in range(3):
        with waits.show("slow", 1):
            clock.now += 1
    assert "(2s)" in err.text
    clock.now += 60
    err.data = b""
    with pytest.raises(KeyboardInterrupt), waits.show("slow", 1):
        raise KeyboardInterrupt
    assert err.data == b""


def test_env_listens() -> None:
    """Warnings of the Azure side reach the error stream of the verb once services are used."""
    world = World()
    world._listen()
    try:
        progress.warn("lines may be missing")
        progress.warn("lines may be missing")
    finally:
        progress.listen()
        world.typed.close()
    assert world.errors.text == "WARNING: lines may be missing\n"
