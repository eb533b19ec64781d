"""A session begins when the container lets it, and is its command's channel then."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from azdock.backends.session_channel import claimed
from azdock.docker.record import ContainerRecord, Ident
from azdock.docker.spec import ContainerSpec
from azdock.errors import AzdockError, CannotInvoke, CommandNotFound, Conflict, NotRunning
from tests.support.fakes import Channel

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
RECORD = ContainerRecord(Ident("ab" * 32, "web"), ContainerSpec("i", ("nope",)), NOON, "app", {})


@pytest.mark.parametrize("cuts", [1, 5, 100])
def test_ready(cuts: int) -> None:
    """However the answer is cut, what follows it is the command's output, and what a terminal says before is not."""
    text = b"\r\nnoise\x1eazdock ready\x1fhel\x1elo"
    pieces = [("out", text[at : at + cuts]) for at in range(0, len(text), cuts)]
    over: list[str] = []
    channel = claimed(Channel([*pieces, ("err", b"e")], 7), RECORD, lambda: over.append("over"))
    found = {"out": b"", "err": b""}
    while (piece := channel.read()) is not None:
        assert over == []
        found[piece[0]] += piece[1]
    assert (found, channel.exit_code, over) == ({"out": b"hel\x1elo", "err": b"e"}, 7, ["over"])


@pytest.mark.parametrize(
    ("word", "error", "text"),
    [
        ("taken", Conflict, "under way elsewhere, or over"),
        ("none", Conflict, "does not wait for a session"),
        ("missing", CommandNotFound, 'exec: "nope": executable file not found in $PATH'),
        ("invoke", CannotInvoke, 'exec: "nope": permission denied'),
        ("workdir", CannotInvoke, "working directory"),
    ],
)
def test_refused(word: str, error: type[AzdockError], text: str) -> None:
    """A session that may not begin is an error in docker's words, and its connection is closed."""
    inner = Channel([("out", f"\x1eazdock {word}\x1f".encode())], 125)
    with pytest.raises(error, match=text.replace("$", r"\$")):
        claimed(inner, RECORD, lambda: None)
    assert inner.closed


def test_no_answer() -> None:
    """A container that goes away before it has answered."""
    with pytest.raises(NotRunning, match="sh: not found"):
        claimed(Channel([("out", b"sh: not found\r\n")], 1), RECORD, lambda: None)
