"""azdock exec."""

from __future__ import annotations

import pytest

from azdock.docker.channels import ExecRequest
from azdock.errors import NotRunning
from tests.support.fakes import Channel, Services, Typed, World, azdock, record


def services(channel: Channel) -> Services:
    return Services(records={"web": record()}, channel=channel)


def test_streams_and_code() -> None:
    """Output keeps its streams, the command's code is ours; flags behind the container are the command's."""
    made = services(Channel([("out", b"o\n"), ("err", b"e\n")], 9))
    result = azdock("exec", "web", "sh", "-i", "-t", world=World(made))
    assert (result.out, result.err, result.code) == ("o\n", "e\n", 9)
    assert made.calls[-1][2].command == ("sh", "-i", "-t")


def test_request() -> None:
    """Every flag reaches the backend, which refuses what it cannot do."""
    made = services(Channel())
    azdock("exec", "-ie", "A=1", "-w", "/tmp", "-u", "1", "--privileged", "web", "env", world=World(made))
    request: ExecRequest = made.calls[-1][2]
    assert (request.stdin, request.tty, request.env, request.workdir, request.user) == (
        True,
        False,
        ("A=1",),
        "/tmp",
        "1",
    )
    assert set(request.asked) == {"interactive", "env", "workdir", "user", "privileged"}


def test_input() -> None:
    """-i passes standard input on."""
    channel = Channel()
    channel.until_input_ends = True
    azdock("exec", "-i", "web", "cat", world=World(services(channel), stdin=Typed(b"data\n")))
    assert channel.written == b"data\n"


def test_detached() -> None:
    """-d does not wait and prints nothing."""
    channel = Channel(code=None)
    result = azdock("exec", "-d", "web", "sleep", world=World(services(channel)))
    assert (result.out, result.err, result.code) == ("", "", 0)
    assert channel.closed


def test_order_of_checks() -> None:
    """The container is looked for before the terminal is looked at."""
    assert azdock("exec", "-it", "nosuch", "sh").err == "Error response from Azure: No such container: nosuch\n"
    result = azdock("exec", "-it", "web", "sh", world=World(services(Channel())))
    assert (result.err, result.code) == ("the input device is not a TTY\n", 1)


@pytest.mark.parametrize("code", [1])
def test_not_running(code: int) -> None:
    """docker's sentence."""
    made = services(Channel())
    made.fail = {"find": NotRunning("Container abc is not running")}
    result = azdock("exec", "web", "true", world=World(made))
    assert (result.err, result.code) == ("Error response from Azure: Container abc is not running\n", code)
