"""The session of a container: its own command, on our terminal or with our input."""

from __future__ import annotations

from contextlib import nullcontext

from azdock.cli import terminal
from azdock.cli.env import Env
from azdock.commands.forwarding import forwarding
from azdock.docker import keys
from azdock.docker.channels import Ending
from azdock.docker.record import ContainerRecord


def hold(
    env: Env, record: ContainerRecord, *, stdin: bool = True, sig_proxy: bool = True, detach_keys: str = ""
) -> int | None:
    """Take part in the session of a container that waits for it; returns the exit code of its command, or None when
    the user has left it. Raises Conflict when it is under way elsewhere."""
    spec = record.spec
    channel = env.exec().session(record, env.out.size)
    stdin = stdin and spec.stdin_open
    leave = getattr(channel, "leave", None)  # only a session that another process holds can be left
    # On a terminal Ctrl-C is a byte like others; docker's client, too, forwards signals only without one.
    with forwarding(env, record) if sig_proxy and not spec.tty else nullcontext():
        code = terminal.drive(
            env,
            channel,
            tty=spec.tty,
            stdin=stdin,
            detach_keys=keys.parse_detach_keys(detach_keys) if leave else b"",
            leave=leave,
        )
    if code is None:
        return None
    if not spec.auto_remove:
        env.lifecycle().finish(record, Ending(exit_code=code))
    return code
