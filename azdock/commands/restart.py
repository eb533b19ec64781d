"""azdock restart: stop, then start."""

from __future__ import annotations

from collections.abc import Sequence

from azdock.cli.env import Env
from azdock.cli.verb import verb
from azdock.commands import targets
from azdock.commands.stop import StopFlags


@verb(StopFlags)
def command(env: Env, flags: StopFlags, args: Sequence[str]) -> int:
    """Restart containers and print their names."""
    seconds = flags.seconds()
    return targets.code(targets.each(env, args, lambda name: env.lifecycle().restart(name, seconds)))
