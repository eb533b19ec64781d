"""azdock wait: block until containers have ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from azdock.cli.env import Env
from azdock.cli.verb import verb
from azdock.commands import targets


@dataclass(frozen=True, slots=True)
class WaitFlags:
    """`docker wait` has no flags."""


@verb(WaitFlags)
def command(env: Env, _flags: WaitFlags, args: Sequence[str]) -> int:
    """Print the exit code of each container once it has ended."""

    def act(name: str) -> None:
        env.out.line(str(env.lifecycle().wait(name)))

    return targets.code(targets.each(env, args, act, echo=False))
