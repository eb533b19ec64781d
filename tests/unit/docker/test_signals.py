"""Signal names and numbers."""

from __future__ import annotations

import pytest

from azdock.docker.signals import UnsupportedSignal, parse_signal
from azdock.docker.values import BadValue


@pytest.mark.parametrize(
    ("text", "number", "name"),
    [
        ("TERM", 15, "SIGTERM"),
        ("sigterm", 15, "SIGTERM"),
        ("+15", 15, "SIGTERM"),
        ("09", 9, "SIGKILL"),
        ("IOT", 6, "SIGABRT"),
        ("sigcld", 17, "SIGCHLD"),
        ("POLL", 29, "SIGIO"),
        ("STKFLT", 16, "SIGSTKFLT"),
        ("31", 31, "SIGSYS"),
        ("rtmin", 34, "SIGRTMIN"),
        ("SIGRTMIN+3", 37, "SIGRTMIN+3"),
        ("RTMIN+15", 49, "SIGRTMIN+15"),
        ("RTMAX-14", 50, "SIGRTMAX-14"),
        ("64", 64, "SIGRTMAX"),
    ],
)
def test_accepted(text: str, number: int, name: str) -> None:
    """A signal is known by its name, with or without SIG, in any case, or by its Linux number."""
    assert parse_signal(text) == (number, name)


@pytest.mark.parametrize(
    "text", ["BOGUS", "0", "sigfoo", "RTMAX-15", "RTMIN+16", " 9", "1x", "0x9", "SIGSIGTERM", "UNUSED", "1_0"]
)
def test_invalid(text: str) -> None:
    """What is no signal at all is called so in docker's words."""
    with pytest.raises(BadValue) as bad:
        parse_signal(text)
    assert str(bad.value) == f"Invalid signal: {text}"


@pytest.mark.parametrize(
    ("text", "shown"), [("99", "99"), ("65", "65"), ("32", "32"), ("33", "33"), ("-1", "18446744073709551615")]
)
def test_unsupported(text: str, shown: str) -> None:
    """A number that Linux has no signal for is another mistake, told with Go's unsigned number."""
    with pytest.raises(UnsupportedSignal) as bad:
        parse_signal(text)
    assert str(bad.value) == f"The linux daemon does not support signal {shown}"
