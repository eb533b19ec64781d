"""What every backend must do about signals: the container's first process gets them, and its answer is told."""

from __future__ import annotations

import time

import pytest

from azdock.backends import inside_signals
from tests.support.lab import Lab, until

LOOP = "echo up; while :; do sleep 0.05; done"


class Signals:
    """kill with any signal, and stop with a time of its own."""

    @pytest.mark.parametrize("signal", ["INT", "SIGUSR1", "HUP", "TERM"])
    def test_signal_that_is_handled(self, lab: Lab, signal: str) -> None:
        """A program that ends because of a signal does so with its own code, and the sender sees no error."""
        record = lab.up("sh", "-c", f"trap 'echo got; exit 7' {signal.removeprefix('SIG')}; {LOOP}")
        until(lambda: lab.printed(record))
        lab.backend.kill(record, signal)
        ended = lab.ended(record)
        assert (ended.seen.exit_code, ended.seen.exit_known) == (7, True)
        assert lab.printed(record) == b"up\ngot\n"

    def test_signal_that_is_survived(self, lab: Lab) -> None:
        """A program that goes on is left alone."""
        record = lab.up("sh", "-c", f"trap 'echo got' USR2; {LOOP}")
        until(lambda: lab.printed(record))
        lab.backend.kill(record, "USR2")
        until(lambda: b"got" in lab.printed(record))
        assert lab.backend.status(record).state == "running"

    @pytest.mark.parametrize("grace", [600.0, -1.0])
    def test_a_longer_time_to_end(self, lab: Lab, grace: float) -> None:
        """A program that needs longer than Azure gives has the time that was asked for."""
        lab.behave(grace=0.1)
        record = lab.up("sh", "-c", f"trap 'sleep 0.6; exit 5' TERM; {LOOP}")
        until(lambda: lab.printed(record))
        status = lab.backend.stop(record, grace)
        assert (status.state, status.exit_code, status.exit_known) == ("exited", 5, True)

    def test_a_longer_time_is_over_some_day(self, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
        """A deaf program is ended by Azure when the time that was asked for is over."""
        monkeypatch.setattr(inside_signals, "STOP_GRACE", 0.1)
        lab.behave(grace=0.1)
        record = lab.up("sh", "-c", f"trap '' TERM; {LOOP}")
        until(lambda: lab.printed(record))
        began = time.monotonic()
        assert lab.backend.stop(record, 0.6).exit_code == 137
        assert time.monotonic() - began >= 0.6
