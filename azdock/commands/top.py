"""azdock top: the processes of a container."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from azdock.cli.env import Env
from azdock.cli.flags import flag
from azdock.cli.verb import verb
from azdock.output.processes import text


@dataclass(frozen=True, slots=True)
class TopFlags:
    """`docker top` has none of its own: what follows the container is for ps."""

    replica: str = flag("string", "Replica whose processes are shown (its name or last letters)")


@verb(TopFlags, interspersed=False)
def command(env: Env, flags: TopFlags, args: Sequence[str]) -> int:
    """Show the processes of a running container."""
    env.out.write(text(env.top().processes(args[0], args[1:], flags.replica)).encode("utf-8", "replace"))
    return 0
