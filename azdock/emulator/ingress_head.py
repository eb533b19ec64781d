"""HTTP/1.1 heads and bodies as a proxy must read them: who asks for what, and where a message ends.

Source: rfc-editor.org/rfc/rfc9112
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

REMEMBERED = 256  # heads that were read: clients and servers say the same again and again
LIMIT = 65536  # bytes of a head; Envoy's default is 60 KiB
IDEMPOTENT = frozenset((b"GET", b"HEAD", b"OPTIONS", b"TRACE", b"PUT", b"DELETE"))  # RFC 9110, 9.2.2
BODILESS = frozenset((204, 304))
NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
SIZE = re.compile(rb"[0-9A-Fa-f]{1,15}\Z")
# RFC 9110, 7.6.1: what concerns one connection only
HOP = frozenset((b"connection", b"keep-alive", b"proxy-connection", b"upgrade"))
OURS = frozenset((b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host"))


class BadMessage(Exception):
    """A message that cannot be forwarded; `status` is what its sender is told."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Body:
    """A body under way: takes the bytes that belong to it. `length` -1 is chunked, -2 lasts until the sender closes."""

    __slots__ = ("_in_trailer", "_line", "chunked", "done", "left", "payload")

    def __init__(self, length: int, *, unpack: bool = False) -> None:
        self.chunked = length == CHUNKED
        self.left = 0 if self.chunked else length
        self.done = length == 0
        self.payload: list[bytes] | None = [] if unpack and self.chunked else None  # a chunked body's bytes alone
        self._line = b""
        self._in_trailer = False

    def take(self, data: bytes) -> int:
        """How many of these bytes belong to the body. Raises BadMessage for chunks that are none."""
        if self.chunked:
            return self._chunks(data)
        if self.left < 0:
            return len(data)
        taken = min(self.left, len(data))
        self.left -= taken
        self.done = self.left == 0
        return taken

    def _chunks(self, data: bytes) -> int:
        at, end = 0, len(data)
        while at < end and not self.done:
            if self.left:
                step = min(self.left, end - at)
                if self.payload is not None:
                    self.payload.append(data[at : at + min(step, max(0, self.left - 2))])
                self.left -= step
                at += step
                continue
            stop = data.find(b"\n", at)
            line = self._line + (data[at:] if stop < 0 else data[at:stop])
            if len(line) > LIMIT:
                raise BadMessage(400, "chunk header too long")
            if stop < 0:
                self._line = line
                return end
            self._line, at = b"", stop + 1
            self._header(line.strip())
        return at

    def _header(self, line: bytes) -> None:
        if self._in_trailer:
            self.done = not line
            return
        size = line.partition(b";")[0].strip()
        if not SIZE.match(size):
            raise BadMessage(400, "invalid chunk size")
        length = int(size, 16)
        self.left = length + 2 if length else 0  # the line end behind the data
        self._in_trailer = length == 0


CHUNKED, UNTIL_CLOSE = -1, -2


@dataclass(frozen=True, slots=True)
class Request:
    """A request's head. `lines` are its header lines that travel on, `forwarded` the addresses it came through."""

    method: bytes
    target: bytes
    newer: bool  # HTTP/1.1, not 1.0
    host: bytes
    lines: tuple[bytes, ...]
    length: int
    keep: bool
    upgrade: bytes
    forwarded: bytes
    cookies: bytes

    def head(self, client: str) -> bytes:
        """The head as the container gets it, from a client with this address.

        Source: learn.microsoft.com/azure/container-apps/ingress-overview, "HTTP headers".
        """
        chain = self.forwarded + b", " + client.encode() if self.forwarded else client.encode()
        last = b"\r\nConnection: Upgrade\r\nUpgrade: " + self.upgrade if self.upgrade else b""
        lines = b"\r\n".join((b"%b %b HTTP/1.1" % (self.method, self.target), *self.lines))
        added = (chain, self.host, last)
        return lines + b"\r\nX-Forwarded-For: %b\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: %b%b\r\n\r\n" % added


def _fields(lines: list[bytes]) -> list[tuple[bytes, bytes, bytes]]:
    """Header lines as (lower-case name, value, line). Raises BadMessage for a name that is none."""
    found = []
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or not NAME.match(name):
            raise BadMessage(400, "invalid header line")
        found.append((name.lower(), value.strip(b" \t"), line))
    return found


def _length(value: bytes, known: int | None) -> int:
    if not value.isdigit() or (known is not None and known != int(value)):
        raise BadMessage(400, "invalid Content-Length")
    return int(value)


@lru_cache(REMEMBERED)
def request(head: bytes) -> Request:
    """Read a request's head, without its empty line. Raises BadMessage."""
    first, *lines = head.split(b"\r\n")
    words = first.split(b" ")
    if len(words) != 3 or not NAME.match(words[0]) or words[2] not in (b"HTTP/1.1", b"HTTP/1.0"):
        raise BadMessage(505 if len(words) == 3 and words[2].startswith(b"HTTP/") else 400, "invalid request line")
    method, target, version = words
    kept: list[bytes] = []
    host = upgrade = forwarded = cookies = options = b""
    length: int | None = None
    chunked = False
    for name, value, line in _fields(lines):
        if name in OURS:
            if name == b"x-forwarded-for":
                forwarded = forwarded + b", " + value if forwarded else value
            continue
        if name == b"host":
            host = value
        elif name == b"content-length":
            length = _length(value, length)
        elif name == b"transfer-encoding":
            if value.lower() != b"chunked" or chunked:
                raise BadMessage(501, "unsupported Transfer-Encoding")
            chunked = True
        elif name == b"cookie":
            cookies = cookies + b"; " + value if cookies else value
        elif name == b"upgrade":
            upgrade = value
        elif name == b"connection":
            options = options + b"," + value.lower() if options else value.lower()
        if name not in HOP:
            kept.append(line)
    if chunked and length is not None:
        raise BadMessage(400, "both Content-Length and Transfer-Encoding")
    newer = version == b"HTTP/1.1"
    if newer and not host:
        raise BadMessage(400, "no Host header")
    named = {word.strip() for word in options.split(b",")} if options else set()
    if target.startswith((b"http://", b"https://")):  # RFC 9112, 3.2.2: the absolute form names the host
        host, _, rest = target.partition(b"://")[2].partition(b"/")
        target = b"/" + rest
    for option in named - HOP - {b"close", b"", b"te"}:
        kept = [line for line in kept if line.partition(b":")[0].lower() != option]
    return Request(
        method=method, target=target, newer=newer, host=host, lines=tuple(kept),
        length=CHUNKED if chunked else length or 0,
        keep=b"close" not in named if newer else b"keep-alive" in named,
        upgrade=upgrade if b"upgrade" in named else b"", forwarded=forwarded, cookies=cookies,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """A response's head: its status, where its body ends, and whether the connection may be used again."""

    status: int
    length: int
    keep: bool
    lines: tuple[bytes, ...]  # the status line and the header lines that travel on
    plain: bool  # nothing in it concerns the connection: it may travel on as it came


@lru_cache(REMEMBERED)
def answer(head: bytes, method: bytes) -> Answer:
    """Read a response's head, without its empty line, to a request with this method. Raises BadMessage."""
    first, *lines = head.split(b"\r\n")
    version, status = first[:9], first[9:12]
    if version not in (b"HTTP/1.1 ", b"HTTP/1.0 ") or not status.isdigit():
        raise BadMessage(502, "invalid status line")
    code = int(status)
    kept = [first]
    options = b""
    length: int | None = None
    chunked = False
    for name, value, line in _fields(lines):
        if name == b"content-length":
            length = _length(value, length)
        elif name == b"transfer-encoding":
            chunked = value.lower() == b"chunked"
        elif name == b"connection":
            options += value.lower()
        if name not in HOP or (code == 101 and name != b"keep-alive"):
            kept.append(line)
    keep = b"close" not in options if version == b"HTTP/1.1 " else b"keep-alive" in options
    size = CHUNKED if chunked else UNTIL_CLOSE if length is None else length
    if method == b"HEAD" or code in BODILESS or code < 200:
        size = 0
    return Answer(code, size, keep and size != UNTIL_CLOSE, tuple(kept), len(kept) == len(lines) + 1)
