"""azdock kill: send a signal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from azdock.cli.env import Env
from azdock.cli.flags import flag
from azdock.cli.verb import verb
from azdock.commands import targets


@dataclass(frozen=True, slots=True)
class KillFlags:
    """The flags of `docker kill`."""

    signal: str = flag("string", "Signal to send", "s")


@verb(KillFlags)
def command(env: Env, flags: KillFlags, args: Sequence[str]) -> int:
    """Send KILL, or the signal asked for, and print the names."""
    signal = flags.signal or "KILL"
    return targets.code(targets.each(env, args, lambda name: env.lifecycle().kill(name, signal)))
