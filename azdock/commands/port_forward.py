"""azdock port-forward: ports of this machine lead into a container."""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from azdock.cli.env import Env
from azdock.cli.flags import flag
from azdock.cli.verb import verb
from azdock.docker.values import BadValue
from azdock.errors import AzdockError, UsageError


@dataclass(frozen=True, slots=True)
class ForwardFlags:
    """The flags of port-forward."""

    address: str = flag("string", "Address of this machine to listen on", default="127.0.0.1")


@dataclass(frozen=True, slots=True)
class Pair:
    """A port here (0: any that is free) and one in the container."""

    local: int
    remote: int


@verb(ForwardFlags)
def command(env: Env, flags: ForwardFlags, args: Sequence[str]) -> int:
    """Forward connections until interrupted."""
    try:
        pairs = [parse(text) for text in args[1:]]
    except BadValue as bad:
        raise UsageError(f"azdock: {bad}\n\nRun '{env.path} --help' for more information") from bad
    forward = env.forward(args[0])
    with ExitStack() as stack, selectors.DefaultSelector() as selector:
        for pair in pairs:
            listening = stack.enter_context(_listen(flags.address, pair))
            selector.register(listening, selectors.EVENT_READ, pair)
        forward.check()
        for key in selector.get_map().values():
            host, port = key.fileobj.getsockname()[:2]  # type: ignore[union-attr]
            env.out.line(f"Forwarding from {host}:{port} -> {key.data.remote}")
        while True:
            for key, _ in selector.select():
                client, _ = key.fileobj.accept()  # type: ignore[union-attr]
                threading.Thread(target=forward.carry, args=(client, key.data.remote), daemon=True).start()


def parse(text: str) -> Pair:
    """[LOCAL:]REMOTE; ":REMOTE" is any local port. Raises BadValue."""
    local, colon, remote = text.rpartition(":")
    numbers = [local or ("0" if colon else remote), remote]
    if not all(one.isdecimal() and one.isascii() and int(one) <= 65535 for one in numbers) or int(remote) == 0:
        raise BadValue(f"invalid port: {text}: it must be [LOCAL:]REMOTE")
    return Pair(int(numbers[0]), int(remote))


def _listen(address: str, pair: Pair) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((address, pair.local))
        made.listen(128)
    except OSError as failed:
        made.close()
        raise AzdockError(f"cannot listen on {address}:{pair.local}: {failed.strerror}", code=1) from failed
    return made
