"""azdock attach: what is shown, what is passed on, how it ends."""

from __future__ import annotations

from dataclasses import replace

import pytest

from azdock.docker.channels import Ending, LogLine
from azdock.docker.record import Status
from azdock.docker.spec import ContainerSpec
from tests.support.fakes import Channel, Reader, Services, Typed, World, azdock, record

LINES = [LogLine("out", b"one\n", 1), LogLine("err", b"two\n", 2)]


def services(**changes: object) -> Services:
    made = Services(lines_=LINES, final=Status(state="exited", run="run1", exit_code=5))
    made.records["web"] = record("web", **changes)
    return made


def test_output_and_exit_code() -> None:
    """Everything the run printed comes on the stream it was written to; its exit code is ours."""
    result = azdock("attach", "web", world=World(services()))
    assert (result.out, result.err, result.code) == ("one\n", "two\n", 5)


@pytest.mark.parametrize("state", ["created", "exited"])
def test_stopped(state: str) -> None:
    """Nothing can be attached to what does not run."""
    made = services(seen=Status(state=state))  # type: ignore[arg-type]
    result = azdock("attach", "web", world=World(made))
    assert (result.err, result.code) == ("You cannot attach to a stopped container, start it first\n", 1)


def test_missing() -> None:
    """docker's sentence for a container that does not exist."""
    result = azdock("attach", "nosuch", world=World(Services()))
    assert (result.err.partition("hint")[0], result.code) == (
        "Error response from Azure: No such container: nosuch\n",
        1,
    )


def test_input_reaches_a_container_made_with_i() -> None:
    """What we are given goes to the run, then its end."""
    made = services(spec=ContainerSpec(image="busybox", stdin_open=True))
    made.channel = Channel()
    made.channel.until_input_ends = True
    lines = iter(LINES)

    def slowly() -> object:
        import time

        yield next(lines)
        end = time.monotonic() + 5
        while not made.channel.input_closed and time.monotonic() < end:
            time.sleep(0.005)

    made.lines_ = slowly()  # type: ignore[assignment]
    azdock("attach", "web", world=World(made, Typed(b"hello")))
    assert (made.channel.written, made.channel.input_closed) == (b"hello", True)


def test_no_stdin() -> None:
    """--no-stdin keeps our input to ourselves."""
    made = services(spec=ContainerSpec(image="busybox", stdin_open=True))
    azdock("attach", "--no-stdin", "web", world=World(made, Typed(b"hello")))
    assert "stdin" not in [call[0] for call in made.calls]


def test_missing_lines_are_told() -> None:
    """A log that may have holes is never shown as whole."""
    made = services()
    made.ending = Ending(missing="lines may be missing")
    assert azdock("attach", "web", world=World(made)).err == "two\nWARNING: lines may be missing\n"


def test_bad_keys() -> None:
    """docker's word for keys that do not exist."""
    assert azdock("attach", "--detach-keys", "ctrl-!", "web", world=World(services())).code == 1


def test_replicas_side_by_side() -> None:
    """Whose line it is stands in front of it."""
    reader = Reader([LogLine("out", b"one\n", 1, "a"), LogLine("err", b"two\n", 2, "b")])
    reader.together = True
    made = Services(records={"web": record()}, final=Status(state="exited", run="run1"))
    made.follow_run = lambda _record: reader  # type: ignore[method-assign, assignment]
    result = azdock("attach", "web", world=World(made))
    assert (result.out, result.err) == ("a | one\n", "b | two\n")


def test_a_function_has_nothing_to_attach_to() -> None:
    """Refused with what works instead."""
    services = Services(records={"fn": replace(record("fn"), backend="function")})
    result = azdock("attach", "fn", world=World(services))
    assert "the answer of an invocation goes to whoever sent the request" in result.err
    assert "hint: azdock logs -f fn" in result.err
    assert result.code == 125
