"""The run shim as process 1 of a container, under every shell that this machine has."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from azdock.backends.shim import Plan
from tests.unit.backends.shells.bench import Shell, make, program

pytestmark = pytest.mark.sandbox

PYTHON = (sys.executable, "-I", "-u", "-c")


@pytest.fixture(params=["dash", "bash", "busybox"])
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Shell:
    """Each shell in turn, as process 1 of a pid namespace of its own."""
    bwrap = program("bwrap")
    box = (bwrap, "--dev-bind", "/", "/", "--proc", "/proc", "--unshare-pid", "--as-pid-1", "--die-with-parent")
    try:
        subprocess.run([*box, "true"], check=True, capture_output=True, timeout=30)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"bubblewrap does not run here: {error}")
    return make(request.param, tmp_path, box, str(tmp_path))


HANDLES = """
import signal, sys, time
def got(number, frame):
    print("got", number)
    sys.exit(7)
signal.signal(NUMBER, got)
print("ready")
time.sleep(30)
"""
FORWARDED = ["HUP", "INT", "QUIT", "USR1", "USR2", "ALRM", "TERM", "CONT", "WINCH", "PIPE", "TSTP"]


@pytest.mark.parametrize("name", FORWARDED)
def test_a_signal_reaches_a_command_that_handles_it(shell: Shell, name: str) -> None:
    """Every signal below 32 but those that have no handler or tell of a fault, INT and QUIT included."""
    number = int(signal.Signals[f"SIG{name}"])
    with shell.start([*PYTHON, HANDLES.replace("NUMBER", str(number))]) as running:
        running.read_until("out", b"ready\n")
        running.signal(number)
        result = running.finish()
    assert (result.code, result.out) == (7, b"ready\ngot %d\n" % number)


def test_int_interrupts_a_command_that_trusts_the_default(shell: Shell) -> None:
    """Python makes INT a KeyboardInterrupt unless it was started with INT ignored, as shells start background jobs."""
    code = "import time\ntry:\n  print('ready'); time.sleep(30)\nexcept KeyboardInterrupt: print('interrupted')"
    with shell.start([*PYTHON, code]) as running:
        running.read_until("out", b"ready\n")
        running.signal(signal.SIGINT)
        assert running.finish().out == b"ready\ninterrupted\n"


def test_a_signal_without_handler_ends_nothing(shell: Shell) -> None:
    """A docker container's process 1 is immune to signals that it does not handle."""
    with shell.start([*PYTHON, "import time; print('ready'); time.sleep(1.5); print('done')"]) as running:
        running.read_until("out", b"ready\n")
        for name in FORWARDED:
            if name != "INT":  # python's own handler
                running.signal(int(signal.Signals[f"SIG{name}"]))
        result = running.finish()
    assert (result.code, result.out) == (0, b"ready\ndone\n")


@pytest.mark.parametrize("name", ["TERM", "USR1"])
def test_with_init_every_signal_is_forwarded(shell: Shell, name: str) -> None:
    """As docker's --init does; death by signal is 128+n."""
    number = int(signal.Signals[f"SIG{name}"])
    with shell.start([*PYTHON, "import time; print('ready'); time.sleep(30)"], Plan(init=True)) as running:
        running.read_until("out", b"ready\n")
        running.signal(number)
        assert running.finish().code == 128 + number


def test_a_blocked_signal_is_forwarded(shell: Shell) -> None:
    """Programs that wait for signals, such as tini, block them instead of handling them."""
    code = """import signal
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
print("ready")
print("got", int(signal.sigwait([signal.SIGTERM])))"""
    with shell.start([*PYTHON, code]) as running:
        running.read_until("out", b"ready\n")
        running.signal(signal.SIGTERM)
        assert running.finish().out == b"ready\ngot 15\n"


def test_many_signals_change_no_exit_code(shell: Shell) -> None:
    """However often the shim's own wait is interrupted."""
    script = "trap 'n=$((n+1))' USR1; echo ready; i=0; while [ $i -lt 20 ]; do sleep 0.03; i=$((i+1)); done; exit 5"
    with shell.start(["sh", "-c", script]) as running:
        running.read_until("out", b"ready\n")
        pid = running.pid
        with contextlib.suppress(ProcessLookupError):
            while running.process.poll() is None:
                os.kill(pid, signal.SIGUSR1)
                time.sleep(0.002)
        assert running.finish().code == 5


def test_a_signal_at_any_moment_changes_no_exit_code(shell: Shell) -> None:
    """Before the command was started, while it runs, right when it ends: it ignores the signal, so nothing happens."""
    seed = random.Random(7)
    for _ in range(25):
        with shell.start(["sh", "-c", "trap '' TERM; exit 5"]) as running:
            with contextlib.suppress(ProcessLookupError):  # it may have ended by now
                for _ in range(3):
                    time.sleep(seed.random() * 0.012)
                    running.signal(signal.SIGTERM)
            result = running.finish()
        assert (result.code, result.end.code) == (5, 5)


def test_what_the_command_left_behind_ends_with_it(shell: Shell) -> None:
    """A background process can neither keep the container nor print behind the end mark, even if the shim lingers."""
    script = "(while :; do echo bg; echo bg >&2; sleep 0.01; done) & sleep 0.2; echo end; exit 4"
    started = time.monotonic()
    result = shell.run(["sh", "-c", script], Plan(linger=2))
    assert result.code == 4
    assert b"end\n" in result.out and b"bg\n" in result.err
    assert time.monotonic() - started < 8


def test_orphans_are_reaped(shell: Shell) -> None:
    """Processes whose parent has ended do not stay as zombies."""
    code = """import os, time
for _ in range(20):
    if os.fork() == 0:
        os.fork() or os._exit(0)
        os._exit(0)
    os.wait()
time.sleep(0.3)
found = [open(f"/proc/{pid}/stat").read() for pid in os.listdir("/proc") if pid.isdigit()]
print(sum(" Z " in stat for stat in found))"""
    assert shell.run([*PYTHON, code]).out == b"0\n"


def test_attached_and_held_input(shell: Shell, tmp_path: Path) -> None:
    """The pipe of process 1 has the name that is agreed."""
    place = tmp_path / ".azdock-stdin"
    data = os.urandom(300_000)
    with shell.start(["cat"], Plan(stdin="attached")) as running:
        wait_for(place)
        writer = threading.Thread(target=place.write_bytes, args=(data,))
        writer.start()
        assert running.finish().out == data
        writer.join()
    with shell.start(["sh", "-c", "read a; read b; echo $a $b"], Plan(stdin="held")) as running:
        wait_for(place)
        place.write_text("one\n")
        time.sleep(0.2)
        place.write_text("two\n")
        assert running.finish().out == b"one two\n"


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 10
    while not path.is_fifo():
        assert time.monotonic() < deadline
        time.sleep(0.01)
