"""Detach key sequences: "ctrl-p,ctrl-q", "a,b"."""

from __future__ import annotations

from azdock.docker.values import BadValue

_CONTROL = "@abcdefghijklmnopqrstuvwxyz[\\]^_"
_NAMED = {f"ctrl-{key}": code for code, key in enumerate(_CONTROL)} | {"DEL": 127}
DEFAULT = b"\x10\x11"


def parse_detach_keys(text: str) -> bytes:
    """The bytes that a comma list of keys stands for; "" is docker's ctrl-p,ctrl-q.

    Raises BadValue in the words of docker's engine. Upper case means the letter itself and is wrong behind "ctrl-".
    """
    if not text:
        return DEFAULT
    codes = bytearray()
    for key in text.split(","):
        if len(key) == 1 and key.isascii():
            codes += key.encode()
        elif key in _NAMED:
            codes.append(_NAMED[key])
        else:
            raise BadValue(f"Invalid escape keys ({text}) provided")
    return bytes(codes)
