"""Detach key sequences: "ctrl-p,ctrl-q", "a,b"."""

from __future__ import annotations

from azdock.docker.values import BadValue

_CONTROL = "@abcdefghijklmnopqrstuvwxyz[\\]^_"
DEFAULT = b"\x10\x11"


def parse_detach_keys(text: str) -> bytes:
    """The bytes that a comma list of keys stands for; "" is docker's ctrl-p,ctrl-q. Raises BadValue."""
    if not text:
        return DEFAULT
    codes = bytearray()
    for key in text.split(","):
        if len(key) == 1:
            codes += key.encode()
        elif key.startswith("ctrl-") and len(key) == 6 and key[5] in _CONTROL:
            codes.append(_CONTROL.index(key[5]))
        else:
            raise BadValue(f"Unknown character: '{key}'")
    return bytes(codes)
