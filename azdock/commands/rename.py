"""azdock rename: give a container another name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from azdock.cli.env import Env
from azdock.cli.main import describe
from azdock.cli.verb import verb
from azdock.docker.values import BadValue
from azdock.errors import AzdockError, DaemonError


@dataclass(frozen=True, slots=True)
class RenameFlags:
    """`docker rename` has no flags."""


@verb(RenameFlags)
def command(env: Env, _flags: RenameFlags, args: Sequence[str]) -> int:
    """Rename a container; prints nothing."""
    old, new = args
    try:
        env.lifecycle().rename(old, new.removeprefix("/"))
    except (AzdockError, BadValue) as failed:
        error = failed if isinstance(failed, AzdockError) else DaemonError(str(failed))
        env.err.line(describe(error))
        raise AzdockError(f"Error: failed to rename container named {old}", error.hint, error.code) from failed
    return 0
