"""azdock run: what is created, shown, returned and cleaned up."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from azdock.cli import terminal
from azdock.docker.channels import LogLine
from azdock.docker.record import Status
from azdock.errors import AzdockError, CannotInvoke, CommandNotFound, NotRunning, Unreachable
from tests.support.fakes import ID, Channel, Reader, Services, Typed, World, azdock, record

OUTPUT = [LogLine("out", b"out\n", 1), LogLine("err", b"err\n", 2)]


def services(code: int = 0, **changes: object) -> Services:
    made = Services(lines_=list(OUTPUT), final=Status(state="exited", run="run1", exit_code=code))
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def done(made: Services) -> list[str]:
    return [call[0] for call in made.calls]


def test_foreground() -> None:
    """The container's output goes to the right streams, its code is ours, it stays without --rm."""
    made = services(code=7)
    result = azdock("run", "busybox", "sh", "-c", "exit 7", world=World(made))
    assert (result.out, result.err, result.code) == ("out\n", "err\n", 7)
    assert "discard" not in done(made)
    assert made.calls[0][1].command == ("sh", "-c", "exit 7")


def test_rm_removes_what_has_ended() -> None:
    """--rm cleans up after the run."""
    made = services()
    azdock("run", "--rm", "busybox", world=World(made))
    assert done(made)[-1] == "discard"


@pytest.mark.parametrize("where", ["start", "finish"])
def test_rm_removes_what_could_not_be_run(where: str) -> None:
    """A program that does not exist leaves nothing behind."""
    made = services(fail={where: CommandNotFound("nosuch: not found")})
    result = azdock("run", "--rm", "busybox", "nosuch", world=World(made))
    assert result.code == 127
    assert done(made)[-1] == "discard"


def test_rm_leaves_what_may_still_run() -> None:
    """When the stream breaks the container may be alive: it is left for the next azdock."""
    made = services(fail={"follow_run": Unreachable("gone")})
    assert azdock("run", "--rm", "busybox", world=World(made)).code == 125
    assert "discard" not in done(made)


def test_detached() -> None:
    """-d prints the id and nothing else, and waits until the container runs."""
    made = services()
    result = azdock("run", "-d", "busybox", world=World(made))
    assert (result.out, result.err, result.code) == (f"{ID}\n", "", 0)
    assert ("start", "web", True) in made.calls


def test_detached_prints_the_id_even_when_the_program_is_missing() -> None:
    """As docker does."""
    made = services(fail={"start": CommandNotFound("no x")})
    result = azdock("run", "-d", "busybox", "x", world=World(made))
    assert (result.out, result.code) == (f"{ID}\n", 127)


@pytest.mark.parametrize(("attach", "out", "err"), [("stdout", "out\n", ""), ("STDERR", "", "err\n")])
def test_attach_selects_streams(attach: str, out: str, err: str) -> None:
    """-a shows only what it names."""
    result = azdock("run", "-a", attach, "busybox", world=World(services()))
    assert (result.out, result.err) == (out, err)


@pytest.mark.parametrize(
    ("argv", "err", "code"),
    [
        (("-d", "-a", "stdout"), "conflicting options: cannot specify both --attach and --detach\n", 1),
        (("-it",), "the input device is not a TTY\n", 1),
        (
            ("--rm", "--restart", "always"),
            "azdock: conflicting options: cannot specify both --restart and --rm\n\n"
            "Run 'azdock run --help' for more information\n",
            125,
        ),
    ],
)
def test_refused_before_anything_is_created(argv: tuple[str, ...], err: str, code: int) -> None:
    """Contradictions are told in docker's words, and nothing exists afterwards."""
    made = services()
    result = azdock("run", *argv, "busybox", world=World(made))
    assert (result.err, result.code) == (err, code)
    assert "create" not in done(made)


def test_cidfile(tmp_path: Path) -> None:
    """The id lands in the file; a second run with the same file is refused."""
    file = tmp_path / "cid"
    azdock("run", "--cidfile", str(file), "busybox", world=World(services()))
    assert file.read_text() == ID
    again = azdock("run", "--cidfile", str(file), "busybox", world=World(services()))
    assert again.code == 125
    assert again.err.startswith(
        "azdock: container ID file found, make sure the other container isn't running or delete"
    )


def test_notices_are_warnings() -> None:
    """What azdock rounded or ignored is said on stderr."""
    result = azdock("run", "-d", "busybox", world=World(services(notices=["rounded"])))
    assert result.err == "WARNING: rounded\n"


def test_an_unknown_exit_code_is_named() -> None:
    """When Azure did not tell the code, the stand-in is named."""
    made = services()
    made.final = Status(state="exited", run="run1", exit_code=137, exit_known=False, reason="Stopped")
    result = azdock("run", "busybox", world=World(made))
    assert result.code == 137
    assert "(Stopped); 137 stands in for it" in result.err


def signalled(made: Services, number: signal.Signals, calls: set[str]) -> Services:
    """Services whose run is sent a signal, and ends once one of `calls` was made."""

    def lines() -> Iterator[LogLine]:
        os.kill(os.getpid(), number)
        deadline = time.monotonic() + 5
        while not calls & set(done(made)) and time.monotonic() < deadline:
            time.sleep(0.005)
        yield LogLine("out", b"got it\n", 1)

    made.follow_run = lambda _record: Reader(lines())  # type: ignore[method-assign, assignment]
    return made


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1"])
def test_signals_reach_the_container(name: str) -> None:
    """What azdock is sent while attached goes to the container, whose answer and code are then ours."""
    number = signal.Signals[name]
    made = signalled(services(code=7), number, {"kill"})
    before = signal.getsignal(number)
    result = azdock("run", "busybox", world=World(made))
    assert (result.out, result.err, result.code) == ("got it\n", "", 7)
    assert ("kill", "web", name) in made.calls
    assert "stop" not in done(made)
    assert signal.getsignal(number) == before


@pytest.mark.parametrize("failure", [CannotInvoke("no shell"), NotRunning("no replica yet")])
def test_what_cannot_be_sent_is_a_stop(failure: AzdockError) -> None:
    """An image without a shell, or a container that Azure has not started yet: Azure ends the run."""
    made = signalled(services(code=143, fail={"kill": failure}), signal.SIGTERM, {"stop"})
    assert azdock("run", "busybox", world=World(made)).code == 143
    assert ("stop", "web", None) in made.calls


def test_other_signals_never_end_the_run() -> None:
    """A USR1 that cannot be delivered is told and changes nothing."""
    made = signalled(services(fail={"kill": CannotInvoke("no shell")}), signal.SIGUSR1, {"kill"})
    world = World(made)
    assert azdock("run", "busybox", world=world).code == 0
    assert "stop" not in done(made)
    deadline = time.monotonic() + 5
    while "no shell" not in world.errors.text and time.monotonic() < deadline:
        time.sleep(0.005)
    assert "no shell" in world.errors.text


def test_an_azure_that_cannot_be_reached_is_not_waited_for() -> None:
    """When neither signal nor stop arrives azdock ends as the signal would have ended it."""
    made = services(fail={"kill": Unreachable("gone"), "stop": Unreachable("gone")})

    def lines() -> Iterator[LogLine]:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)
        yield LogLine("out", b"never\n", 1)

    made.follow_run = lambda _record: Reader(lines())  # type: ignore[method-assign, assignment]
    result = azdock("run", "busybox", world=World(made))
    assert (result.out, result.code) == ("", 143)
    assert "gone" in result.err


def test_the_third_signal_leaves_the_container_alone() -> None:
    """As docker's client does, azdock gives up waiting; --rm is left to the next azdock."""
    made = services()

    def lines() -> Iterator[LogLine]:
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGINT)
            yield LogLine("out", b"no\n", 1)

    made.follow_run = lambda _record: Reader(lines())  # type: ignore[method-assign, assignment]
    result = azdock("run", "--rm", "busybox", world=World(made))
    assert (result.err, result.code) == ("\ngot 3 SIGTERM/SIGINTs, forcefully exiting\n", 1)
    assert "discard" not in done(made)


def test_everything_given_is_asked_of_the_backend() -> None:
    """Flags that mean something reach the backend's gaps; those that repeat a default do not."""
    made = services()
    azdock("run", "--gpus", "all", "--init=false", "-p", "80:80", "--name", "n", "busybox", world=World(made))
    _, spec, name, pull, backend = made.calls[0]
    assert dict(spec.asked) == {"gpus": "all", "publish": "80:80", "name": "n"}
    assert (name, pull, backend) == ("n", "missing", "")


def session_services(code: int = 0, **changes: object) -> Services:
    made = services(code, **changes)
    made.channel = Channel([("out", b"x\r\n")], code=code)
    return made


@pytest.fixture
def typing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard input is a terminal, whose mode nothing changes."""
    monkeypatch.setattr(Typed, "terminal", property(lambda _self: True))
    monkeypatch.setattr(terminal, "_raw", lambda _descriptor: nullcontext())


@pytest.mark.usefixtures("typing")
def test_a_terminal_needs_a_terminal() -> None:
    """-it works when standard input is a terminal: the command runs in a session, whose code is ours."""
    made = session_services(code=3)
    result = azdock("run", "-it", "--rm", "busybox", world=World(made))
    assert (result.out, result.err, result.code) == ("x\r\n", "", 3)
    spec = made.calls[0][1]
    assert (spec.tty, spec.stdin_open, spec.session, spec.at_once) == (True, True, True, True)
    assert done(made)[-3:] == ["start", "session", "discard"]


@pytest.mark.usefixtures("typing")
def test_leaving_a_session() -> None:
    """After the detach keys the container goes on, also one that is to go when it has ended."""
    made = session_services()
    made.channel = Channel(code=None)
    made.channel.until_input_ends = True
    made.channel.leave = made.channel.close
    result = azdock("run", "-it", "--rm", "busybox", world=World(made, Typed(b"\x10\x11")))
    assert (result.err, result.code) == ("read escape sequence\n", 0)
    assert "discard" not in done(made)


def test_a_terminal_without_input() -> None:
    """-t alone is a session, too; without --rm its end is noted."""
    made = session_services(code=21)
    assert azdock("run", "-t", "busybox", world=World(made)).code == 21
    assert done(made)[-2:] == ["session", "finish"]


@pytest.mark.parametrize(
    ("argv", "session"), [(("-d",), False), (("-dt",), False), (("-dit",), True), (("-i",), False), (("-t",), True)]
)
def test_what_is_a_session(argv: tuple[str, ...], session: bool) -> None:
    """A command needs a session when somebody is, or may come, on the other side of a terminal."""
    made = session_services()
    azdock("run", *argv, "busybox", world=World(made))
    assert made.calls[0][1].session is session


@pytest.mark.usefixtures("typing")
def test_typed_input_without_a_terminal() -> None:
    """-i is a session when its input is typed."""
    made = session_services()
    azdock("run", "-i", "busybox", world=World(made, Typed(b"")))
    assert made.calls[0][1].session is True


@pytest.mark.parametrize(
    ("argv", "waits", "healthy"),
    [((), True, False), (("--wait", "none"), False, False), (("--wait", "healthy"), True, True)],
)
def test_what_a_run_in_the_background_waits_for(argv: tuple[str, ...], waits: bool, healthy: bool) -> None:
    """Until it runs, until it is healthy, or for nothing."""
    made = services()
    azdock("run", "-d", *argv, "busybox", world=World(made))
    assert ("start", "web", waits) in made.calls
    assert ("healthy" in done(made)) is healthy


def test_a_container_that_does_not_stay_up() -> None:
    """One that should serve and has ended is a failure, with its code, its cause and what to type next."""
    made = services(first_line_="it exited with code 3")
    ended = Status(state="exited", run="r1", exit_code=3)

    def start(_name: str, **_: object) -> object:
        return replace(record("web"), backend="app", seen=ended)

    made.start = start  # type: ignore[method-assign, assignment]
    result = azdock("run", "-d", "-p", "80", "busybox", world=World(made))
    assert result.code == 3
    assert result.err == "azdock: container web does not run: it exited with code 3\nhint: azdock explain web\n"
