"""The session of a container's command: the shim that waits for it, and the script that is it, under every shell."""

from __future__ import annotations

import contextlib
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from azdock.backends.shim import SESSION_SCRIPT, Plan
from tests.unit.backends.shells.bench import Running, Shell, make

PLAN = Plan(session=True, again=0)
READY = b"\x1eazdock ready\x1f"
PYTHON = (sys.executable, "-I", "-c")
BEGUN: list[subprocess.Popen[bytes]] = []


@pytest.fixture(params=["dash", "bash", "busybox"])
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Shell:
    """Each shell in turn."""
    return make(request.param, tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder that outlives the container."""
    made = tmp_path / "notes"
    made.mkdir()
    return made


@pytest.fixture(autouse=True)
def hung_up() -> Iterator[None]:
    """Sessions are hung up at the end."""
    yield
    while BEGUN:
        talk = BEGUN.pop()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(talk.pid, signal.SIGKILL)
        talk.wait(10)
        for pipe in (talk.stdin, talk.stdout, talk.stderr):
            if pipe is not None:
                pipe.close()


@contextlib.contextmanager
def container(shell: Shell, folder: Path, command: list[str], plan: Plan = PLAN) -> Iterator[Running]:
    """A container that waits for its session."""
    with shell.start(command, plan, {"AZDOCK_FOLDER": str(folder)}) as running:
        running.read_until("out", b"begin out\n")
        yield running


def session(shell: Shell, folder: Path) -> subprocess.Popen[bytes]:
    """A session that begins, in a process of its own as exec makes it."""
    environment = shell.environment({"AZDOCK_FOLDER": str(folder), "GIVEN": "1"})
    made = subprocess.Popen(
        [str(shell.folder / "sh"), "-c", SESSION_SCRIPT],
        env=environment,
        start_new_session=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    BEGUN.append(made)
    return made


@pytest.mark.parametrize("code", [0, 3, 255])
def test_the_code_is_told_on_both_sides(shell: Shell, folder: Path, code: int) -> None:
    """Input and both outputs are the command's own, its code is the session's and the container's."""
    with container(shell, folder, ["sh", "-c", f"cat; echo err >&2; exit {code}"]) as running:
        talk = session(shell, folder)
        out, err = talk.communicate(b"in\0put\n", timeout=20)
        assert (talk.returncode, out, err) == (code, READY + b"in\0put\n", b"err\n")
        result = running.finish()
    assert (result.code, result.end.code, result.out) == (code, code, b"")


def test_environment_and_folder(shell: Shell, folder: Path, tmp_path: Path) -> None:
    """The command has the container's variables, carried ones too, nothing of the shell's, and its own folder."""
    plan = Plan(session=True, again=0, workdir=str(tmp_path / "a b"), variables=("x.y=1", "TERM=xterm"))
    code = "import os, sys; print(sorted({*os.environ} - {'LC_CTYPE'}), os.getcwd(), os.environ['TERM'], sys.argv[1:])"
    with container(shell, folder, [*PYTHON, code, "it's", ""], plan):
        out, _ = session(shell, folder).communicate(timeout=20)
    names = ["AZDOCK_FOLDER", "GIVEN", "HOME", "PATH", "TERM", "x.y"]
    assert out.removeprefix(READY).decode() == f"{names} {tmp_path}/a b xterm [\"it's\", '']\n"


def test_terminal(shell: Shell, folder: Path) -> None:
    """On a terminal the command is in the foreground: Ctrl-C interrupts it, and the session tells its code."""
    main, far = pty.openpty()
    script = "import time, os; print(os.isatty(0), flush=True); time.sleep(30)"
    with container(shell, folder, [*PYTHON, script]) as running:
        environment = shell.environment({"AZDOCK_FOLDER": str(folder)})
        lead = "import fcntl, os, sys, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0)"
        become = f"{lead}; os.execv(sys.argv[1], sys.argv[1:])"
        argv = [*PYTHON, become, str(shell.folder / "sh"), "-c", SESSION_SCRIPT]
        talk = subprocess.Popen(argv, env=environment, stdin=far, stdout=far, stderr=far)
        os.close(far)
        seen = b""
        while b"True" not in seen:
            seen += os.read(main, 1000)
        os.write(main, b"\x03")
        assert talk.wait(10) in (130, 1)
        result = running.finish()
    os.close(main)
    assert result.code == talk.returncode


def test_only_one_session(shell: Shell, folder: Path) -> None:
    """A second one is told that it is taken, while the first goes on, and after its end."""
    with container(shell, folder, ["cat"]) as running:
        first = session(shell, folder)
        assert first.stdout is not None and first.stdout.read(len(READY)) == READY
        assert session(shell, folder).communicate(timeout=10)[0] == b"\x1eazdock taken\x1f"
        assert first.communicate(b"x", timeout=10)[0] == b"x"
        assert running.finish().code == 0
    assert session(shell, folder).communicate(timeout=10)[0] == b"\x1eazdock taken\x1f"


@pytest.mark.parametrize(
    ("command", "code", "word"), [("no-such-program", 127, "missing"), ("/etc/passwd", 126, "invoke")]
)
def test_a_command_that_cannot_be_invoked(shell: Shell, folder: Path, command: str, code: int, word: str) -> None:
    """Both sides tell why, and nothing else is printed."""
    with container(shell, folder, [command]) as running:
        talk = session(shell, folder)
        assert talk.communicate(timeout=10) == (f"\x1eazdock {word}\x1f".encode(), b"")
        result = running.finish()
    assert (talk.returncode, result.code, result.end.failure) == (code, code, word)


def test_nobody_comes(shell: Shell, folder: Path) -> None:
    """A container whose session does not come ends with 130, and takes none any more."""
    with container(shell, folder, ["true"], Plan(session=True, again=0, patience=1)) as running:
        assert running.finish().code == 130
    assert session(shell, folder).communicate(timeout=10)[0] == b"\x1eazdock taken\x1f"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGHUP])
def test_a_session_that_dies(shell: Shell, folder: Path, number: int) -> None:
    """The container ends with 129 when the session's own shell is gone without a code."""
    with container(shell, folder, ["sleep", "40"]) as running:
        talk = session(shell, folder)
        assert talk.stdout is not None and talk.stdout.read(len(READY)) == READY
        talk.send_signal(number)
        talk.wait(10)
        assert running.finish().code == 129


def test_signals_reach_the_command(shell: Shell, folder: Path) -> None:
    """What is sent to the container reaches the command if it handles it, as in docker, and else nothing."""
    script = "import signal, sys, time; signal.signal(15, lambda *_: sys.exit(7)); print('up', flush=True)"
    script += "; time.sleep(30)"
    with container(shell, folder, [*PYTHON, script]) as running:
        talk = session(shell, folder)
        assert talk.stdout is not None
        seen = b""
        while b"up" not in seen:
            seen += os.read(talk.stdout.fileno(), 100)
        time.sleep(0.5)
        running.signal(signal.SIGUSR1)
        running.signal(signal.SIGTERM)
        assert talk.wait(10) == 7
        assert running.finish().code == 7


def test_asked_to_end_before_the_session(shell: Shell, folder: Path) -> None:
    """A container that still waits ends at once."""
    with container(shell, folder, ["true"]) as running:
        running.signal(signal.SIGTERM)
        assert running.finish().code == 143


def test_the_end_is_not_forgotten(shell: Shell, folder: Path) -> None:
    """The container that Azure makes after the session's end takes no other one; it tells the code and waits."""
    with container(shell, folder, ["sh", "-c", "exit 4"]) as running:
        session(shell, folder).communicate(timeout=10)
        assert running.finish().code == 4
    with shell.start(["true"], PLAN, {"AZDOCK_FOLDER": str(folder)}) as again:
        again.read_until("out", b"end out 4\n")
        assert session(shell, folder).communicate(timeout=10)[0] == b"\x1eazdock taken\x1f"
        time.sleep(0.1)
        again.signal(signal.SIGTERM)
        assert again.finish().code == 4


def test_a_container_without_a_session(shell: Shell, folder: Path) -> None:
    """One that does not wait for a session, or whose shim cannot be read, is told apart."""
    quick = SESSION_SCRIPT.replace("-lt 100", "-lt 1")
    environment = shell.environment({"AZDOCK_FOLDER": str(folder)})
    done = subprocess.run(
        [str(shell.folder / "sh"), "-c", quick], env=environment, capture_output=True, timeout=20, check=False
    )
    assert (done.returncode, done.stdout) == (125, b"\x1eazdock none\x1f")
