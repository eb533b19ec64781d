"""azdock run: what is created, shown, returned and cleaned up."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from azdock.docker.channels import LogLine
from azdock.docker.record import Status
from azdock.errors import AzdockError, CannotInvoke, CommandNotFound, NotRunning, Unreachable
from tests.support.fakes import ID, Reader, Services, Typed, World, azdock

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


def test_a_terminal_needs_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """-it works when standard input is a terminal."""
    monkeypatch.setattr(Typed, "terminal", property(lambda _self: True))
    made = services()
    assert azdock("run", "-it", "busybox", world=World(made)).code == 0
    assert (made.calls[0][1].tty, made.calls[0][1].stdin_open) == (True, True)
