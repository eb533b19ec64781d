"""azdock rm: remove containers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from azdock.cli.env import Env
from azdock.cli.flags import flag
from azdock.cli.verb import verb
from azdock.commands import targets
from azdock.errors import NotFound, Unsupported


@dataclass(frozen=True, slots=True)
class RmFlags:
    """The flags of `docker rm`."""

    force: bool = flag("bool", "Stop the container first if it runs", "f")
    link: bool = flag("bool", "Refused: Azure has no links", "l")
    volumes: bool = flag("bool", "Remove the container's anonymous volumes, too", "v")


@verb(RmFlags)
def command(env: Env, flags: RmFlags, args: Sequence[str]) -> int:
    """Remove containers and print their names; with -f a missing one is told, but no failure."""
    if flags.link:
        raise Unsupported("--link: Azure has no links between containers")
    failures = targets.each(
        env, args, lambda name: env.lifecycle().remove(name, force=flags.force, volumes=flags.volumes)
    )
    return targets.code([one for one in failures if not (flags.force and isinstance(one, NotFound))])
