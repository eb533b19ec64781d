"""The wire log shows nothing secret."""

from __future__ import annotations

import pytest

from azdock.azure import wirelog


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://x/a?api-version=1", "http://x/a?api-version=1"),
        ("http://x/s?t=1&c=2&s=3&h=4&api-version=1", "?t=REDACTED&c=REDACTED&s=REDACTED&h=REDACTED&api-version=1"),
        ("ws://x/exec?command=echo+s3cret", "ws://x/exec?command=REDACTED"),
        ("http://x/?Token=a&sig=b", "http://x/?Token=REDACTED&sig=REDACTED"),
    ],
)
def test_redaction(url: str, shown: str) -> None:
    """Signatures, tokens and commands go; the rest of the address stays."""
    assert wirelog.redact(url).endswith(shown)


def test_line(capsys: pytest.CaptureFixture[str]) -> None:
    """One line a call, with the request id when there is one."""
    wirelog.line("GET", "http://x/a", 200, 0.0123, "r1")
    wirelog.line("GET", "http://x/a", "closed", 1)
    assert capsys.readouterr().err == (
        "DEBUG: GET http://x/a -> 200 in 12 ms r1\nDEBUG: GET http://x/a -> closed in 1000 ms\n"
    )
