"""Short sh programs in a running container."""

from __future__ import annotations

from typing import Any

import pytest

from azdock.errors import CommandNotFound, NotRunning, Unreachable, Unsupported
from azdock.services.shell import Shell
from tests.support.box import Box
from tests.support.fakes import Channel


def shell(box: Any) -> Shell:
    return Shell(box, "box", "it does not run")


def test_run() -> None:
    """Output, errors and code come apart; arguments reach the script whole; input ends."""
    program, output = shell(Box()).run('cat; echo "$2" >&2; exit 3', "a b", "c'd", input=b"in\0put")
    assert (output, program.error, program.code) == (b"in\0put", "c'd", 3)


def test_input_that_nobody_reads() -> None:
    """A program that ends early does not leave the writer hanging."""
    program, _ = shell(Box()).run("exit 4", input=b"x" * 1_000_000)
    assert program.code == 4


def test_start() -> None:
    """Output comes while the program runs; leaving early ends it."""
    with shell(Box()).start("echo one; sleep 60") as program:
        assert next(iter(program)) == b"one\n"


def test_lost_connection() -> None:
    """A program whose code is not known was lost, whatever it had printed."""
    box = Box(spoil={0: lambda inner: _replaced(inner, Channel([("out", b"part")], None))})
    with pytest.raises(Unreachable):
        shell(box).run("true")


def _replaced(inner: Any, channel: Channel) -> Channel:
    inner.close()
    return channel


class Shellless(Channel):
    """A container without sh."""

    def read(self) -> Any:
        raise CommandNotFound("sh: not found")


def test_no_shell() -> None:
    """One sentence, docker's code for a copy that fails."""
    with pytest.raises(Unsupported, match="has no shell") as failed:
        shell(Box(spoil={0: lambda inner: _replaced(inner, Shellless())})).run("true")
    assert failed.value.code == 1


@pytest.mark.parametrize("late", [False, True])
def test_not_running(late: bool) -> None:
    """The refusal's own sentence, also when only the first command finds out that the container has ended."""

    def ended(inner: Any) -> Any:
        inner.close()
        raise NotRunning("Container abc is not running")

    with pytest.raises(Unsupported, match=r"^it does not run$") as failed:
        shell(Box(running=late, spoil={0: ended})).run("true")
    assert failed.value.code == 1
    assert "azdock start box" in failed.value.hint
