"""Calls to registries: bounded in time and size, and discreet."""

from __future__ import annotations

import time

import pytest

from azdock.azure import registrycalls
from azdock.azure.registrycalls import Calls, document, is_safe, scheme
from azdock.azure.web import client, httpx
from azdock.errors import AzdockError, Unreachable
from tests.support.registry import Answer, serving, unused_port


def test_nobody_there() -> None:
    """A closed port is Unreachable, at once."""
    url = f"http://127.0.0.1:{unused_port()}"
    with client(url) as http, pytest.raises(Unreachable, match="no answer from"):
        Calls(http).get(f"{url}/v2/", {})


@pytest.mark.parametrize("url", ["http://[::/x", "nonsense://x/", "http://x:99999/"])
def test_impossible_addresses(url: str) -> None:
    """An address that is none is Unreachable too, never a traceback."""
    with client("http://127.0.0.1") as http, pytest.raises(Unreachable):
        Calls(http).get(url, {})


def test_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that lets us wait is given up on."""
    monkeypatch.setattr(registrycalls, "READ_SECONDS", 0.2)

    def late(path: str, given: str) -> Answer:
        time.sleep(0.6)
        return 200, {}, b""

    with serving() as serve:
        host = serve(late)
        with client(f"http://{host}") as http, pytest.raises(Unreachable, match="timed out"):
            Calls(http).get(f"http://{host}/", {})


def test_all_calls_together() -> None:
    """Many calls, each of which is quick enough, end when the time for all of them is over."""
    with client("", httpx.MockTransport(lambda _: httpx.Response(200))) as http:
        calls = Calls(http, seconds=0.1)
        calls.get("https://r.io/", {})
        time.sleep(0.12)
        with pytest.raises(Unreachable, match="too long"):
            calls.get("https://r.io/", {})


def test_too_large() -> None:
    """An endless answer is not read to its end."""
    body = b"x" * (registrycalls.MAX_BYTES + 1)
    http = client("", httpx.MockTransport(lambda _: httpx.Response(200, content=body)))
    with http, pytest.raises(AzdockError, match="more than"):
        Calls(http).get("https://r.io/", {})


def test_debug_tells_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    """--debug writes a line for each call, without query, headers or form."""
    with client("", httpx.MockTransport(lambda _: httpx.Response(200, json={"token": "hidden"}))) as http:
        calls = Calls(http, debug=True)
        calls.get("https://r.io/blob?X-Amz-Signature=hidden", {"Authorization": "Bearer hidden"})
        answer = calls.post("https://r.io/token", {"refresh_token": "hidden"})
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(" -> ")[0] for line in lines] == [
        "DEBUG: GET https://r.io/blob",
        "DEBUG: POST https://r.io/token",
    ]
    assert "hidden" not in f"{lines} {answer!r}"


@pytest.mark.parametrize("data", [b"", b"\xff", b"[]", b'"x"', b"[" * 100_000])
def test_document(data: bytes) -> None:
    """What is no JSON object is an AzdockError."""
    with pytest.raises(AzdockError, match=r"the thing is not (JSON|a JSON object)"):
        document(data, "the thing")


@pytest.mark.parametrize(
    ("url", "home", "safe"),
    [
        ("https://x.io/", "https://r.io/", True),
        ("https://x.io/", "http://127.0.0.1:5000/", True),
        ("http://127.0.0.1/", "http://localhost:5000/", True),
        ("http://x.io/", "https://r.io/", False),
        ("http://x.io/", "http://127.0.0.1:5000/", False),
        ("http://169.254.169.254/", "https://r.io/", False),
        ("http://127.0.0.1/", "https://r.io/", False),
        ("file:///etc/passwd", "https://r.io/", False),
        ("https://[x", "https://r.io/", False),
        ("", "https://r.io/", False),
    ],
)
def test_is_safe(url: str, home: str, safe: bool) -> None:
    """A registry may send us to https only; one on this machine to others on it as well."""
    assert is_safe(url, home) is safe


def test_scheme() -> None:
    """Only this machine's registries are spoken to without TLS."""
    assert [scheme(host) for host in ("localhost", "127.0.0.1:5000", "[::1]:5000")] == ["http"] * 3
    assert scheme("r.io:80") == "https"
