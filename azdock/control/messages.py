"""What client and control process say to each other: messages of a kind, a length and a body, one command a connection.

To the control process: q the request, i input, z end of input. From it: k "it will be run now", o and e output, w a
warning, f an error, x the exit code; and the connection ends. A request that was not answered by k has not been run.
"""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from azdock import errors
from azdock.docker.channels import ExecRequest

_HEAD = struct.Struct("!cI")


def pack(kind: str, body: bytes = b"") -> bytes:
    """One message."""
    return _HEAD.pack(kind.encode(), len(body)) + body


def take(source: socket.socket) -> tuple[str, bytes] | None:
    """The next message; None when the other side is gone, also in the middle of one."""
    head = _exactly(source, _HEAD.size)
    if head is None:
        return None
    kind, length = _HEAD.unpack(head)
    body = _exactly(source, length)
    return None if body is None else (kind.decode("latin-1"), body)


def request(asked: ExecRequest) -> bytes:
    """The message that asks for a command."""
    fields = asdict(replace(asked, asked={}))  # the default cannot be copied
    del fields["asked"]  # what was typed; nobody behind the command line needs it
    return pack("q", json.dumps(fields).encode())


def request_of(body: bytes) -> ExecRequest:
    """The request in such a message."""
    fields = json.loads(body)
    lists = {name: tuple(fields[name]) for name in ("command", "env", "size")}
    return ExecRequest(**{**fields, **lists})


def failure(failed: errors.AzdockError) -> bytes:
    """The message for an error."""
    fields = {"kind": type(failed).__name__, "message": failed.message, "hint": failed.hint, "code": failed.code}
    return pack("f", json.dumps(fields).encode())


def failure_of(body: bytes) -> errors.AzdockError:
    """The error in such a message, of the class it had."""
    fields: Mapping[str, Any] = json.loads(body)
    kind = getattr(errors, fields["kind"], errors.AzdockError)
    found: errors.AzdockError = kind(fields["message"], hint=fields["hint"], code=fields["code"])
    return found


def _exactly(source: socket.socket, count: int) -> bytes | None:
    parts = []
    while count:
        try:
            part = source.recv(min(count, 1 << 20))
        except ConnectionResetError:
            return None
        if not part:
            return None
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
