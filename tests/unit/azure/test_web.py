"""The one way to httpx."""

from __future__ import annotations

import subprocess
import sys

import pytest

from azdock.azure import web


@pytest.mark.parametrize(
    ("url", "yes"),
    [("http://127.0.0.1:1/x", True), ("ws://localhost", True), ("http://[::1]:2", True), ("https://azure.com", False),
     ("http://127.0.0.1.evil.com", False), ("", False)],
)  # fmt: skip
def test_loopback(url: str, yes: bool) -> None:
    """Only this machine's own names are this machine."""
    assert web.is_loopback(url) is yes


def test_command_line_of_httpx_stays_out() -> None:
    """httpx's own command line, with rich and click behind it, is not imported."""
    code = "import azdock.azure.web, sys; sys.exit(sys.modules['httpx._main'] is not None or 'rich' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_no_proxy_on_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy of the environment is asked for the cloud, never for this machine."""
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid:1")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid:1")
    with web.client("http://127.0.0.1:1") as local, web.client("https://management.azure.com") as far:
        assert not local.trust_env
        assert far.trust_env
