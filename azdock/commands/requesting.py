"""What a function is asked, from flags and our standard input."""

from __future__ import annotations

import os
import select
import stat
from collections.abc import Sequence

from azdock.cli.env import Env
from azdock.commands.specs import read_file
from azdock.docker.invocation import Invocation
from azdock.docker.values import BadValue
from azdock.errors import UsageError

PATIENCE = 2.0  # seconds until somebody who waits for us is told that we wait for input


def invocation(
    env: Env,
    data: str | None,
    headers: Sequence[tuple[str, str]],
    *,
    reads: bool,
    route: str = "",
    method: str = "",
    variables: Sequence[str] = (),
    slot: str = "",
) -> Invocation:
    """The request for one run. `data` is --data; without it our standard input is the body where `reads` allows that
    and something is piped into it. Raises UsageError for a file that cannot be read."""
    try:
        body = _body(env, data, reads)
    except BadValue as bad:
        raise UsageError(f"azdock: {bad}") from bad
    return Invocation(route, method, body, tuple(headers), tuple(variables), slot)


def _body(env: Env, data: str | None, reads: bool) -> bytes | None:
    if data is None:
        # an empty pipe is what many a CI gives its commands: no body then
        return (_whole(env) or None) if reads and is_piped(env) else None
    if data == "-":
        return _whole(env)
    return read_file(data[1:]) if data.startswith("@") else data.encode()


def is_piped(env: Env) -> bool:
    """Whether our standard input is a pipe, a socket or a file."""
    try:
        mode = os.fstat(env.inp.fileno()).st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode) or stat.S_ISSOCK(mode)


def _whole(env: Env) -> bytes:
    if not env.inp.terminal and not select.select([env.inp.fileno()], [], [], PATIENCE)[0]:
        env.err.line("azdock: waiting for the end of standard input, the body of the request (--data '' sends none)")
    pieces = []
    while piece := env.inp.read():
        pieces.append(piece)
    return b"".join(pieces)
