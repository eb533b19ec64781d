"""The line of a slow operation."""

from __future__ import annotations

import re

import pytest

from azdock.output.progress import Progress


class Clock:
    """Seconds that pass when told."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_line_comes_and_goes() -> None:
    """A slow step is shown with the seconds since the beginning, and nothing is left of it at the end."""
    written: list[str] = []
    clock = Clock()
    with Progress(written.append, True, clock=clock) as progress:
        progress.step("Asking")
        assert written == []
        clock.now += 2
        progress.step("Starting the run")
        assert re.fullmatch(r"\r\x1b\[2K[⠀-⣿] Starting the run \(2s\)", written[-1])
    assert written[-1] == "\r\x1b[2K"


def test_no_terminal() -> None:
    """Without a terminal not a byte is written."""
    written: list[str] = []
    with Progress(written.append, False, patience=0) as progress:
        progress.step("Starting")
    assert written == []


def test_quick_operations_are_silent() -> None:
    """What is done before the line would appear leaves no trace."""
    written: list[str] = []
    with Progress(written.append, True, clock=Clock()) as progress:
        progress.step("Starting")
    assert written == []


def test_narrow_terminal() -> None:
    """The line never fills the terminal's width, as it would wrap."""
    written: list[str] = []
    with Progress(written.append, True, columns=20, patience=0, clock=Clock()) as progress:
        progress.step("a very long step indeed")
        assert re.fullmatch(r"\r\x1b\[2K[⠀-⣿] a very long… \(0s\)", written[-1])


def test_clear() -> None:
    """Other output may take the line's place; a second clear writes nothing."""
    written: list[str] = []
    with Progress(written.append, True, patience=0, clock=Clock()) as progress:
        progress.step("Starting")
        progress.clear()
        progress.clear()
        assert written.count("\r\x1b[2K") == 1


def test_gone_after_a_failure() -> None:
    """An error that passes through leaves no line behind."""
    written: list[str] = []
    with pytest.raises(ValueError, match="boom"), Progress(written.append, True, patience=0, clock=Clock()) as progress:
        progress.step("Starting")
        raise ValueError("boom")
    assert written[-1] == "\r\x1b[2K"
