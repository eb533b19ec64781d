"""Asking before much is deleted, as docker's client asks."""

from __future__ import annotations

from azdock.cli.env import Env
from azdock.cli.streams import Out


def confirmed(env: Env, warning: str, out: Out | None = None) -> bool:
    """Print `warning` and docker's question, on stdout unless `out` says otherwise; True for y, in either case. Any
    other answer, or none, is no."""
    out = out or env.out
    out.write(f"{warning}\nAre you sure you want to continue? [y/N] ".encode())
    answer = b""
    while not answer.endswith(b"\n"):
        piece = env.inp.read(1)
        if not piece:
            break
        answer += piece
    if answer.strip().lower() == b"y":
        return True
    if not answer.endswith(b"\n"):
        out.write(b"\n")
    return False
