"""azdock completion: the generated scripts, and the container names they ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from azdock.cli import completion
from azdock.cli.env import Env
from azdock.cli.verb import verb
from azdock.errors import AzdockError


@dataclass(frozen=True, slots=True)
class CompletionFlags:
    """No flags."""


@verb(CompletionFlags)
def command(env: Env, _flags: CompletionFlags, args: Sequence[str]) -> int:
    """Print the script of a shell."""
    text = completion.answer(args[0], env.environ)
    if text is None:
        raise AzdockError(f"azdock completion knows {', '.join(completion.SHELLS)}, not {args[0]}")
    env.out.write(text.encode())
    return 0
