"""azdock diff: what changed in a container's file system since it started."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from azdock.cli.env import Env
from azdock.cli.verb import verb

NOTE = (
    "NOTE: from inside a container neither what was deleted nor what the image held can be seen: "
    "a changed file is shown as A, too"
)


@dataclass(frozen=True, slots=True)
class DiffFlags:
    """docker diff has no flags."""


@verb(DiffFlags)
def command(env: Env, _flags: DiffFlags, args: Sequence[str]) -> int:
    """One line for each change, as docker prints it; deletions are missing, which stderr says."""
    found, trouble = env.changes().of(args[0])
    for change in found:
        env.out.line(f"{change.kind} {change.path}")
    for line in trouble:
        env.err.line(f"WARNING: {line}")
    env.err.line(NOTE)
    return 0
