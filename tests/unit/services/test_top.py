"""top over exec."""

from __future__ import annotations

from typing import Any

import pytest

from azdock.docker.channels import Stream
from azdock.errors import AzdockError, CommandNotFound, DaemonError, NotRunning
from azdock.services.top import Top
from tests.support.fakes import Channel, Services, record
from tests.unit.docker.test_processes import TEXT


class Broken(Channel):
    """A channel of a container without that program."""

    def read(self) -> tuple[Stream, bytes] | None:
        raise CommandNotFound("no sh")


def top(channel: Channel) -> tuple[Top, Services]:
    services: Any = Services(records={"web": record()}, channel=channel)
    return Top(services), services


def test_processes() -> None:
    """What the script prints on stdout, in pieces, becomes the listing; stderr does not disturb it."""
    data = TEXT.encode()
    made, services = top(Channel([("out", data[:100]), ("err", b"grep: /proc/5: gone\n"), ("out", data[100:])]))
    assert made.processes("web", ["-o", "pid"]).rows == (("1",), ("7",))
    request = services.calls[-1][2]
    assert request.command[:2] == ("sh", "-c") and not request.stdin and not request.tty


def test_options_are_checked_before_anything_runs() -> None:
    """But after the container: docker says first that there is none."""
    made, services = top(Channel())
    with pytest.raises(DaemonError, match="unknown user-defined format"):
        made.processes("web", ["-o", "nosuch"])
    assert [call[0] for call in services.calls] == ["find"]
    with pytest.raises(DaemonError, match="No such container"):
        made.processes("nosuch", ["-o", "nosuch"])


def test_not_running() -> None:
    """docker's sentence comes through."""
    made, services = top(Channel())
    services.fail["find"] = NotRunning("Container x is not running")
    with pytest.raises(NotRunning):
        made.processes("web", [])


@pytest.mark.parametrize("channel", [Broken(), Channel([("out", b"sh: grep: not found\n")])])
def test_images_with_nothing_to_look_with(channel: Channel) -> None:
    """An image without sh or grep is told so."""
    with pytest.raises(AzdockError, match="azdock top"):
        top(channel)[0].processes("web", [])
