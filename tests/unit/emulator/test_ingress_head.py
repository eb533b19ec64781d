"""Heads and bodies as the ingress reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azdock.emulator.ingress_head import CHUNKED, UNTIL_CLOSE, BadMessage, Body, answer, request


def asked(*lines: str, first: str = "GET /a?b HTTP/1.1") -> bytes:
    """A request's head."""
    return "\r\n".join((first, *lines)).encode()


def test_a_request_travels_on() -> None:
    """Own headers stay in order, those of the connection go, and three tell where the request came from."""
    head = asked(
        "Host: web.example", "Accept: */*", "Connection: keep-alive, X-Own", "X-Own: 1", "X-Forwarded-For: 1.1.1.1"
    )
    assert request(head).head("2.2.2.2") == (
        b"GET /a?b HTTP/1.1\r\nHost: web.example\r\nAccept: */*\r\nX-Forwarded-For: 1.1.1.1, 2.2.2.2\r\n"
        b"X-Forwarded-Proto: http\r\nX-Forwarded-Host: web.example\r\n\r\n"
    )


def test_an_upgrade_travels_on() -> None:
    """Connection and Upgrade are kept when the client wants another protocol."""
    head = request(asked("Host: x", "Connection: Upgrade", "Upgrade: websocket")).head("::1")
    assert b"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n" in head


@pytest.mark.parametrize(
    ("lines", "length", "keep"),
    [
        (["Host: x"], 0, True),
        (["Host: x", "Connection: close"], 0, False),
        (["Host: x", "Content-Length: 12"], 12, True),
        (["Host: x", "Transfer-Encoding: chunked"], CHUNKED, True),
    ],
)
def test_where_a_request_ends(lines: list[str], length: int, keep: bool) -> None:
    """The body's length and whether the connection lives on are read off the head."""
    found = request(asked(*lines))
    assert (found.length, found.keep) == (length, keep)


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (asked(), 400),
        (asked("Host: x", "Content-Length: 1", "Content-Length: 2"), 400),
        (asked("Host: x", "Content-Length: +1"), 400),
        (asked("Host: x", "Content-Length: 1", "Transfer-Encoding: chunked"), 400),
        (asked("Host: x", "Transfer-Encoding: gzip"), 501),
        (asked("Host: x", " folded"), 400),
        (asked("Host : x"), 400),
        (asked("Host: x", first="GET / HTTP/2.0"), 505),
        (asked("Host: x", first="GET /"), 400),
    ],
)
def test_a_request_that_is_refused(head: bytes, status: int) -> None:
    """What two parsers could read in two ways is not passed on."""
    with pytest.raises(BadMessage) as caught:
        request(head)
    assert caught.value.status == status


@pytest.mark.parametrize(
    ("head", "method", "length", "keep", "plain"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3", b"GET", 3, True, True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3", b"HEAD", 0, True, True),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 3", b"GET", 0, True, True),
        (b"HTTP/1.1 200 OK", b"GET", UNTIL_CLOSE, False, True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", b"GET", CHUNKED, True, True),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 3", b"GET", 3, False, True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close", b"GET", 3, False, False),
    ],
)
def test_where_an_answer_ends(head: bytes, method: bytes, length: int, keep: bool, plain: bool) -> None:
    """An answer's length depends on its status and on what was asked."""
    found = answer(head, method)
    assert (found.length, found.keep, found.plain) == (length, keep, plain)


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=6), st.integers(1, 17), st.binary(max_size=8))
def test_chunks_in_any_pieces(chunks: list[bytes], step: int, after: bytes) -> None:
    """However a chunked body is cut, its end is found and its bytes come out whole."""
    raw = b"".join(b"%x;ext=1\r\n%b\r\n" % (len(one), one) for one in chunks) + b"0\r\nTrailer: x\r\n\r\n"
    body, taken, payload = Body(CHUNKED, unpack=True), 0, b""
    stream = raw + after
    for at in range(0, len(stream), step):
        taken += body.take(stream[at : at + step])
        assert body.payload is not None
        payload += b"".join(body.payload)
        body.payload.clear()
        if body.done:
            break
    assert (body.done, taken, payload) == (True, len(raw), b"".join(chunks))


@pytest.mark.parametrize("raw", [b"xyz\r\n", b"-1\r\n", b"\r\n", b"0x4\r\nabcd\r\n"])
def test_chunks_that_are_none(raw: bytes) -> None:
    """A chunk without a proper size is an error."""
    with pytest.raises(BadMessage):
        Body(CHUNKED).take(raw)
