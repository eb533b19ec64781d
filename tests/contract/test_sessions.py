"""Sessions as a user has them: a real azdock on a real terminal, a real emulator, and what is left afterwards."""

from __future__ import annotations

import fcntl
import hashlib
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.machine import IMAGE, LIMIT, Machine, machine, until


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with machine(tmp_path_factory.mktemp("sessions") / "home") as made:
        made.start()
        yield made


@pytest.fixture(autouse=True)
def held(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions are held by processes of their own, as by default."""
    monkeypatch.setenv("AZDOCK_CONTROL_PERSIST", "30")


class Terminal:
    """An azdock on a terminal of its own; what it shows is in `seen`."""

    def __init__(self, made: Machine, *argv: str) -> None:
        self.master, slave = pty.openpty()
        self.size(40, 120)
        self.seen = b""
        self.process = made.begin(*argv, stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
        os.close(slave)

    def size(self, rows: int, cols: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def expect(self, text: str) -> None:
        """Wait until something is shown that was not before."""
        deadline = time.monotonic() + LIMIT
        while text.encode() not in self.seen:
            assert time.monotonic() < deadline, (text, self.seen)
            self._take(0.1)
        self.seen = self.seen.partition(text.encode())[2]

    def end(self) -> int:
        """The exit code, once it has ended."""
        deadline = time.monotonic() + LIMIT
        while self.process.poll() is None:
            assert time.monotonic() < deadline, self.seen
            self._take(0.1)
        self._take(0.1)
        os.close(self.master)
        return self.process.returncode

    def _take(self, seconds: float) -> None:
        if select.select([self.master], [], [], seconds)[0]:
            try:
                self.seen += os.read(self.master, 65536)
            except OSError:
                return  # the other side is closed


def test_a_shell(shared: Machine) -> None:
    """A shell that echoes, takes Ctrl-C and a new size, gives azdock its exit code, and leaves nothing with --rm."""
    shell = Terminal(shared, "run", "-it", "--rm", "-e", "PS1=READY>", IMAGE, "sh")
    shell.expect("READY>")
    shell.type("echo $((6*7))\r")
    shell.expect("42")
    shell.type("stty size\r")
    shell.expect("40 120")
    shell.size(24, 80)
    os.kill(shell.process.pid, signal.SIGWINCH)
    time.sleep(0.3)
    shell.type("stty size\r")
    shell.expect("24 80")
    shell.type("sleep 100; echo sl''ept\r")
    time.sleep(0.3)
    shell.type("\x03")
    shell.expect("READY>")
    shell.type("exit 3\r")
    assert shell.end() == 3
    assert b"slept" not in shell.seen
    assert shared.names() == []


def test_leaving_and_coming_back(shared: Machine) -> None:
    """The detach keys leave the session, attach finds it as it was, and its end is known afterwards."""
    first = Terminal(shared, "run", "-it", "--name", "kept", "-e", "PS1=READY>", IMAGE, "sh")
    first.expect("READY>")
    first.type("x=remembered; echo set\r")
    first.expect("set\r\n")
    first.type("\x10\x11")
    first.expect("read escape sequence")
    assert first.end() == 0
    assert shared.run("exec", "kept", "echo", "beside").check().out == "beside\n"
    again = Terminal(shared, "attach", "kept")
    again.expect("READY>")
    again.type("echo it is $x\r")
    again.expect("it is remembered")
    again.type("exit 5\r")
    assert again.end() == 5
    assert shared.run("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", "kept").out == "exited 5\n"
    shared.run("rm", "kept").check()


def test_a_killed_azdock(shared: Machine) -> None:
    """What a killed azdock leaves behind is removed by the next one."""
    shell = Terminal(shared, "run", "-it", "--rm", "--name", "lost", "-e", "PS1=READY>", IMAGE, "sh")
    shell.expect("READY>")
    shell.process.kill()
    shell.end()
    until(lambda: shared.names() == [])


def test_a_terminal_that_is_closed(shared: Machine) -> None:
    """So is a session whose terminal went away."""
    shell = Terminal(shared, "run", "-it", "--rm", "--name", "closed", "-e", "PS1=READY>", IMAGE, "sh")
    shell.expect("READY>")
    os.close(shell.master)
    until(lambda: shell.process.poll() is not None)
    until(lambda: shared.names() == [])


def test_output_on_a_terminal(shared: Machine) -> None:
    """-t alone: lines end as on a terminal, and the exit code is the command's."""
    result = shared.run("run", "-t", "--rm", IMAGE, "sh", "-c", "echo out; test -t 1 && exit 21")
    assert (result.out, result.code) == ("out\n", 21)  # the carriage return is lost in text mode


@pytest.mark.parametrize("backend", ["job", "app"])
def test_a_pipe(shared: Machine, backend: str, tmp_path: Path) -> None:
    """A pipe goes in byte for byte, and its end, too."""
    data = os.urandom(3_000_000)
    (tmp_path / "in").write_bytes(data)
    with (tmp_path / "in").open("rb") as file:
        process = shared.begin("run", "-i", "--rm", "--backend", backend, IMAGE, "sha256sum", stdin=file)
        out, err = process.communicate(timeout=LIMIT)
    assert (out.split()[0], process.returncode) == (hashlib.sha256(data).hexdigest(), 0), err
    assert shared.names() == []


def test_without_processes_in_the_background(shared: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where none is wanted the session is azdock's own."""
    monkeypatch.setenv("AZDOCK_CONTROL_PERSIST", "0")
    shell = Terminal(shared, "run", "-it", "--rm", "-e", "PS1=READY>", IMAGE, "sh")
    shell.expect("READY>")
    assert not list((shared.home / "control").glob("*.sock"))
    shell.type("exit 4\r")
    assert shell.end() == 4


def test_a_session_is_one(shared: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who cannot reach the process that holds it, as from another machine, is told that it is under way."""
    shell = Terminal(shared, "run", "-it", "--rm", "--name", "mine", "-e", "PS1=READY>", IMAGE, "sh")
    shell.expect("READY>")
    for path in (shared.home / "control").glob("*.sock"):
        path.unlink()
    monkeypatch.setenv("AZDOCK_CONTROL_PERSIST", "0")
    other = Terminal(shared, "attach", "mine")
    other.expect("the session of container mine is under way elsewhere, or over")
    assert other.end() == 1
    shell.type("exit\r")
    assert shell.end() == 0
