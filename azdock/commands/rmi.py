"""azdock rmi: remove images from the embedded store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from azdock.cli.env import Env
from azdock.cli.flags import flag
from azdock.cli.verb import verb
from azdock.commands import targets
from azdock.errors import NotFound, Unsupported


@dataclass(frozen=True, slots=True)
class RmiFlags:
    """The flags of `docker rmi`."""

    force: bool = flag("bool", "Remove it although containers use it; a missing one is no failure", "f")
    no_prune: bool = flag("bool", "Accepted: the store keeps no untagged parents")
    platform: tuple[str, ...] = flag("strings", "Refused: the store keeps one platform of an image")


@verb(RmiFlags)
def command(env: Env, flags: RmiFlags, args: Sequence[str]) -> int:
    """Remove images and tell what was untagged and deleted."""
    if flags.platform:
        raise Unsupported("--platform: the embedded store keeps one platform of an image")

    def act(name: str) -> None:
        for change, what in env.images().remove(name, flags.force):
            env.out.line(f"{change}: {what}")

    failures = targets.each(env, args, act, echo=False)
    return targets.code([one for one in failures if not (flags.force and isinstance(one, NotFound))])
