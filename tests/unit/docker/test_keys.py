"""Detach keys."""

from __future__ import annotations

import pytest

from azdock.docker.keys import parse_detach_keys
from azdock.docker.values import BadValue


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("", b"\x10\x11"),
        ("ctrl-p,ctrl-q", b"\x10\x11"),
        ("x", b"x"),
        ("A", b"A"),
        ("a,b", b"ab"),
        ("ctrl-@", b"\x00"),
        ("ctrl-[", b"\x1b"),
        ("ctrl-\\", b"\x1c"),
        ("ctrl-^", b"\x1e"),
        ("ctrl-_", b"\x1f"),
        ("DEL", b"\x7f"),
    ],
)
def test_accepted(text: str, codes: bytes) -> None:
    """Single characters and docker's names stand for one byte each."""
    assert parse_detach_keys(text) == codes


@pytest.mark.parametrize(
    "text", ["xy", "ctrl-A", "CTRL-a", "ctrl-1", "ctrl-aa", "ctrl-", ",", "a,,b", "é", "a,é", " a"]
)
def test_refused(text: str) -> None:
    """Anything else is refused with the whole text, as docker's engine does."""
    with pytest.raises(BadValue) as bad:
        parse_detach_keys(text)
    assert str(bad.value) == f"Invalid escape keys ({text}) provided"
