"""azdock top: the processes of a container."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from azdock.cli.env import Env
from azdock.cli.verb import verb
from azdock.output.processes import text


@dataclass(frozen=True, slots=True)
class TopFlags:
    """`docker top` has no flags: what follows the container is for ps."""


@verb(TopFlags, interspersed=False)
def command(env: Env, _flags: TopFlags, args: Sequence[str]) -> int:
    """Show the processes of a running container."""
    env.out.write(text(env.top().processes(args[0], args[1:])).encode("utf-8", "replace"))
    return 0
