"""What every backend must do for a container that waits for the session of its command, or say that it cannot."""

from __future__ import annotations

import hashlib
import os
import threading
from dataclasses import replace
from typing import Any

import pytest

from azdock.docker.channels import ExecChannel
from azdock.docker.record import ContainerRecord
from azdock.errors import CannotInvoke, CommandNotFound, Conflict, Unsupported
from tests.support.lab import Lab


def waiting(lab: Lab, *command: str, **spec: Any) -> ContainerRecord:
    """A container that waits for its session; skips a backend that has none."""
    record = lab.record(*command, session=True, at_once=True, foreground=True, **spec)
    record = replace(record, image=lab.backend.image(record.spec.image, "missing"))
    if not lab.stays_up:
        with pytest.raises(Unsupported):
            lab.backend.session(record, (24, 80))
        pytest.skip("this backend has no sessions")
    record = replace(record, handle=lab.backend.create(record))
    record = replace(record, seen=lab.backend.start(record))
    status = lab.backend.started(record)
    assert status.state == "running", status
    return replace(record, seen=status)


def read(channel: ExecChannel) -> dict[str, bytes]:
    """Both streams to their end."""
    found = {"out": b"", "err": b""}
    while (piece := channel.read()) is not None:
        found[piece[0]] += piece[1]
    return found


class Sessions:
    """run -i and run -t."""

    def test_all_bytes_and_the_code(self, lab: Lab) -> None:
        """Input and both outputs are the command's own, byte for byte; its code is everybody's."""
        record = waiting(lab, "sh", "-c", "cat; echo err >&2; exit 7", stdin_open=True)
        data = os.urandom(200_000)
        channel = lab.backend.session(record, (24, 80))
        writer = threading.Thread(target=lambda: (channel.write(data), channel.close_input()))
        writer.start()
        found = read(channel)
        writer.join()
        assert hashlib.sha256(found["out"]).digest() == hashlib.sha256(data).digest()
        assert (found["err"], channel.exit_code) == (b"err\n", 7)
        ended = lab.ended(record).seen
        assert (ended.state, ended.exit_code, ended.exit_known) == ("exited", 7, True)
        assert lab.connect().inventory({})[0].seen.exit_code == 7

    def test_terminal(self, lab: Lab) -> None:
        """With -t the command has a terminal of the size asked for, in the folder and with the variables asked for."""
        script = 'stty size; pwd; echo "$TERM $A"; exit 3'
        record = waiting(lab, "sh", "-c", script, tty=True, stdin_open=True, workdir="/usr", env=("A=x y",))
        channel = lab.backend.session(record, (31, 97))
        assert read(channel)["out"].split() == [b"31", b"97", b"/usr", b"xterm", b"x", b"y"]
        assert channel.exit_code == 3
        assert lab.ended(record).seen.exit_code == 3

    def test_one_session_only(self, lab: Lab) -> None:
        """A second one is refused while the first is under way, and after it."""
        record = waiting(lab, "cat", stdin_open=True)
        channel = lab.backend.session(record, (24, 80))
        other = lab.connect()
        with pytest.raises(Conflict):
            other.session(record, (24, 80))
        channel.close_input()
        assert read(channel)["out"] == b"" and channel.exit_code == 0

    @pytest.mark.parametrize("tty", [True, False])
    @pytest.mark.parametrize(("command", "error"), [("no-program", CommandNotFound), ("/etc/passwd", CannotInvoke)])
    def test_a_command_that_cannot_be_invoked(self, lab: Lab, tty: bool, command: str, error: type[Exception]) -> None:
        """That is told before anything is typed, and the container is as docker leaves it."""
        record = waiting(lab, command, tty=tty, stdin_open=True)
        with pytest.raises(error, match=command):
            lab.backend.session(record, (24, 80))
        ended = lab.ended(record).seen
        assert (ended.state, ended.exit_code) == ("created", 127 if error is CommandNotFound else 126)

    @pytest.mark.parametrize("tty", [True, False])
    def test_a_session_that_dies(self, lab: Lab, tty: bool) -> None:
        """Whoever was attached is gone: the command gets SIGHUP, and Azure itself tells everybody that it is over."""
        record = waiting(lab, "sh", "-c", "echo up; sleep 50", tty=tty, stdin_open=True)
        channel = lab.backend.session(record, (24, 80))
        assert channel.read()
        channel.close()
        assert lab.ended(record).seen.exit_code == 129

    def test_stop_and_kill(self, lab: Lab) -> None:
        """Signals to the container are the command's; stop ends the session with the command's own code."""
        script = "trap 'echo usr' USR1; trap 'exit 5' TERM; echo up; while :; do sleep 0.05; done"
        record = waiting(lab, "sh", "-c", script, stdin_open=True)
        channel = lab.backend.session(record, (24, 80))
        assert channel.read() == ("out", b"up\n")
        lab.backend.kill(record, "USR1")
        assert channel.read() == ("out", b"usr\n")
        status = lab.connect().stop(record, None)
        assert (status.exit_code, status.exit_known) == (5, True)
        assert read(channel)["out"] == b"" and channel.exit_code == 5
