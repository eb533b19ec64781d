"""azdock attach: be attached to a container that runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from azdock.cli.env import Env
from azdock.cli.flags import flag
from azdock.cli.verb import verb
from azdock.commands import attached, session
from azdock.commands.feeding import Feed
from azdock.commands.specs import OUTPUTS
from azdock.docker import keys
from azdock.errors import AzdockError, Unsupported


@dataclass(frozen=True, slots=True)
class AttachFlags:
    """The flags of `docker attach`."""

    detach_keys: str = flag("string", "Keys that leave the container running")
    no_stdin: bool = flag("bool", "Do not pass our standard input on")
    sig_proxy: bool = flag("bool", "Pass signals on to the container", default=True)


@verb(AttachFlags)
def command(env: Env, flags: AttachFlags, args: Sequence[str]) -> int:
    """Show everything the container's run has printed and prints; returns its exit code, or 0 once detached."""
    leave = keys.parse_detach_keys(flags.detach_keys)
    record = env.listing().inspect(args[0])
    if env.lifecycle().takes_requests(record):
        raise Unsupported(
            "the answer of an invocation goes to whoever sent the request, and to nobody else",
            hint=f"azdock logs -f {record.ident.name}; azdock start -a {record.ident.name} is an invocation of yours",
        )
    if record.seen.state == "paused":
        raise AzdockError("You cannot attach to a paused container, unpause it first", code=1)
    if not record.seen.alive:
        raise AzdockError("You cannot attach to a stopped container, start it first", code=1)
    if record.spec.session:
        _check_terminal(env, record.spec.tty, flags.no_stdin)
        code = session.hold(
            env, record, stdin=not flags.no_stdin, sig_proxy=flags.sig_proxy, detach_keys=flags.detach_keys
        )
        if code is not None and record.spec.auto_remove:
            env.lifecycle().discard(record)
        return code or 0
    feed = Feed(env.inp) if record.spec.stdin_open and not flags.no_stdin else None
    return attached.follow(env, record, OUTPUTS, sig_proxy=flags.sig_proxy, feed=feed, leave=leave)


def _check_terminal(env: Env, tty: bool, no_stdin: bool) -> None:
    if tty and not no_stdin and not env.inp.terminal:
        raise AzdockError("the input device is not a TTY", code=1)
