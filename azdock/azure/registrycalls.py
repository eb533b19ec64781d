"""Calls to registries and to what stands beside them: small answers, little patience, one line each with --debug."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

from azdock import errors
from azdock.azure import web, wirelog
from azdock.azure.web import httpx

CONNECT_SECONDS, READ_SECONDS = 5.0, 10.0
TOTAL_SECONDS = 20.0  # for everything that one image needs
MAX_BYTES = 4 << 20  # of a manifest or configuration, as registries themselves limit them


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. The body is not shown: it may hold a token."""

    status: int
    headers: httpx.Headers
    body: bytes = field(repr=False)


class Calls:
    """An HTTP client whose calls together take at most `seconds`; redirects are answers."""

    def __init__(self, http: httpx.Client, *, debug: bool = False, seconds: float = TOTAL_SECONDS) -> None:
        self._http, self._debug = http, debug
        self._until = time.monotonic() + seconds

    def get(self, url: str, headers: Mapping[str, str]) -> Answer:
        """GET. Raises Unreachable, AzdockError for an answer that is too large."""
        return self._send("GET", url, headers, None)

    def post(self, url: str, form: Mapping[str, str]) -> Answer:
        """POST a form. Raises as get() does."""
        return self._send("POST", url, {}, form)

    def _send(self, method: str, url: str, headers: Mapping[str, str], form: Mapping[str, str] | None) -> Answer:
        begun, status = time.monotonic(), "failed"
        try:
            timeout = httpx.Timeout(min(READ_SECONDS, self._left()), connect=min(CONNECT_SECONDS, self._left()))
            with self._http.stream(method, url, headers=headers, data=form, timeout=timeout) as answer:
                status = str(answer.status_code)
                return Answer(answer.status_code, answer.headers, self._body(answer))
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as broken:
            raise errors.Unreachable(f"no answer from {origin(url)}: {broken or type(broken).__name__}") from broken
        finally:
            if self._debug:
                # Without the query: addresses of blobs are signed there.
                wirelog.line(method, url.partition("?")[0], status, time.monotonic() - begun)

    def _body(self, answer: httpx.Response) -> bytes:
        found = bytearray()
        for part in answer.iter_bytes():
            found += part
            if len(found) > MAX_BYTES:
                raise errors.AzdockError(f"{origin(str(answer.url))} answers with more than {MAX_BYTES} bytes")
            self._left()
        return bytes(found)

    def _left(self) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("it takes too long")
        return left


def document(data: bytes, what: str) -> dict[str, Any]:
    """JSON that must be an object. Raises AzdockError."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as broken:
        raise errors.AzdockError(f"{what} is not JSON") from broken
    if not isinstance(found, dict):
        raise errors.AzdockError(f"{what} is not a JSON object")
    return found


def joined(base: str, url: str) -> str:
    """An absolute URL; "" for one that is none."""
    try:
        return urljoin(base, url)
    except ValueError:
        return ""


def origin(url: str) -> str:
    """Scheme, host and port of a URL; "" for one that has none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}"


def scheme(host: str) -> str:
    """How to speak with `host[:port]`: docker takes registries on this machine to be without TLS."""
    return "http" if web.is_loopback(f"//{host}") else "https"


def is_safe(url: str, home: str) -> bool:
    """True for an address to which a registry at `home` may send us: https, or plain on this machine from here."""
    if not origin(url):
        return False
    return url.startswith("https://") or (url.startswith("http://") and web.is_loopback(url) and web.is_loopback(home))
