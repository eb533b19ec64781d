"""The --debug wire log: one line per call on stderr, with everything secret taken out."""

from __future__ import annotations

import re
import sys

_SIGNED = re.compile(r"(?i)([?&](?:t|c|s|h|sig|token|code|access_token|command)=)[^&]*")


def redact(url: str) -> str:
    """A URL whose signatures, tokens and commands are replaced."""
    return _SIGNED.sub(r"\1REDACTED", url)


def line(method: str, url: str, status: int | str, seconds: float, request_id: str = "") -> None:
    """Write one call. Headers and bodies are never written: they carry tokens and values of variables."""
    tail = f" {request_id}" if request_id else ""
    sys.stderr.write(f"DEBUG: {method} {redact(url)} -> {status} in {seconds * 1000:.0f} ms{tail}\n")
