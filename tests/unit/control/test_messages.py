"""What client and control process say to each other."""

from __future__ import annotations

import socket
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azdock import errors
from azdock.control import messages
from azdock.docker.channels import ExecRequest

WORD = st.binary(min_size=1, max_size=20).map(lambda data: data.replace(b"\0", b"x").decode("utf-8", "surrogateescape"))


@given(
    request=st.builds(
        ExecRequest,
        command=st.lists(WORD, min_size=1, max_size=3).map(tuple),
        stdin=st.booleans(),
        detach=st.booleans(),
        env=st.lists(WORD, max_size=2).map(tuple),
        workdir=WORD,
    )
)
def test_requests_arrive(request: ExecRequest) -> None:
    """Every field, and words that are no text."""
    kind, body = messages.request(request)[:1], messages.request(request)[5:]
    assert kind == b"q"
    assert messages.request_of(body) == request


@pytest.mark.parametrize(
    "failed",
    [
        errors.NotRunning("Container x is not running"),
        errors.Throttled("no", hint="wait 600 seconds", status=429),
        errors.CommandNotFound("no such program"),
        errors.AzdockError("odd", code=5),
    ],
)
def test_errors_arrive(failed: errors.AzdockError) -> None:
    """With their class, words, hint and code."""
    found = messages.failure_of(messages.failure(failed)[5:])
    assert (type(found), found.message, found.hint, found.code) == (
        type(failed), failed.message, failed.hint, failed.code,
    )  # fmt: skip


@given(bodies=st.lists(st.binary(max_size=2000), max_size=5))
def test_messages_are_taken_whole(bodies: list[bytes]) -> None:
    """One after another, and None when the other side has left."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        sender = threading.Thread(target=lambda: [ours.sendall(messages.pack("i", body)) for body in bodies])
        sender.start()
        assert [messages.take(theirs) for _ in bodies] == [("i", body) for body in bodies]
        sender.join()
        ours.sendall(messages.pack("i", b"whole")[:-1])
        ours.close()
        assert messages.take(theirs) is None
