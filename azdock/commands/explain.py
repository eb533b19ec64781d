"""azdock explain: why a container ended, or does not start, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from azdock.cli.env import Env
from azdock.cli.flags import flag
from azdock.cli.verb import verb
from azdock.errors import UsageError
from azdock.output import explanation


@dataclass(frozen=True, slots=True)
class ExplainFlags:
    """The flags of explain, a verb of azdock's own."""

    format: str = flag("string", "Print as text, or as json")


@verb(ExplainFlags)
def command(env: Env, flags: ExplainFlags, args: Sequence[str]) -> int:
    """Print cause, evidence and next command; 0 whatever the cause is."""
    if flags.format not in ("", "text", "json"):
        raise UsageError(f'invalid argument "{flags.format}" for "--format" flag: must be text or json')
    record, found = env.explain().explain(args[0])
    shown = explanation.document(record, found) if flags.format == "json" else explanation.text(found)
    env.out.write(shown.encode("utf-8", "replace"))
    return 0
