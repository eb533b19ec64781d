"""azdock stop: end containers politely."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from azdock.cli.env import Env
from azdock.cli.flags import flag
from azdock.cli.verb import verb
from azdock.commands import targets
from azdock.errors import Unsupported


@dataclass(frozen=True, slots=True)
class StopFlags:
    """The flags of `docker stop` and `docker restart`."""

    signal: str = flag("string", "Refused: Azure always sends SIGTERM", "s")
    timeout: int | None = flag("int", "Seconds until the container is killed; Azure knows no fewer than 30", "t")
    time: int | None = flag("int", "The old name of --timeout", hidden=True)

    def seconds(self) -> int | None:
        """The grace that was asked for. Raises Unsupported for a signal of the user's choice."""
        if self.signal and self.signal.upper().removeprefix("SIG") not in ("TERM", "15"):
            raise Unsupported(
                "--signal: Azure stops a job with SIGTERM and lets nobody choose another signal",
                hint="azdock kill --signal sends what can be sent",
            )
        return self.timeout if self.timeout is not None else self.time


@verb(StopFlags)
def command(env: Env, flags: StopFlags, args: Sequence[str]) -> int:
    """Stop containers and print their names."""
    seconds = flags.seconds()
    return targets.code(targets.each(env, args, lambda name: env.lifecycle().stop(name, seconds)))
