"""azdock create: a container that does not run yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from azdock.cli.env import Env
from azdock.cli.verb import verb
from azdock.commands import creating
from azdock.commands.flags import CreateFlags


@verb(CreateFlags, interspersed=False)
def command(env: Env, flags: CreateFlags, args: Sequence[str]) -> int:
    """Create a container and print its ID."""
    spec = creating.spec_of(env, flags, args)
    env.out.line(creating.create(env, flags, replace(spec, session=spec.tty)).ident.id)
    return 0
