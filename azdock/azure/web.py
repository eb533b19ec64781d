"""One way to httpx: without its command line, and without certificates where none are needed."""

from __future__ import annotations

import ssl
import sys
from urllib.parse import urlsplit

# httpx imports its own command line (rich, click) when those are installed; None makes that import fail at once.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]

import httpx as httpx  # noqa: E402

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
# Reads of ordinary calls; streams set their own.
TIMEOUT = httpx.Timeout(60.0, connect=10.0)


def is_loopback(url: str) -> bool:
    """True for a URL whose host is this machine."""
    return (urlsplit(url).hostname or "") in LOOPBACK


def client(base_url: str, transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """A client with a connection pool. For plain http on loopback no certificate store is loaded and no proxy asked."""
    if transport is not None:
        return httpx.Client(transport=transport, timeout=TIMEOUT)
    if base_url.startswith("http://") and is_loopback(base_url):
        # An empty trust store: an https address would be refused instead of trusted blindly.
        return httpx.Client(verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), trust_env=False, timeout=TIMEOUT)
    return httpx.Client(timeout=TIMEOUT)
