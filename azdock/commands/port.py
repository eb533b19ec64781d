"""azdock port: the published ports of a container."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from azdock.cli.env import Env
from azdock.cli.verb import verb
from azdock.errors import AzdockError


@dataclass(frozen=True, slots=True)
class NoFlags:
    """A verb without flags."""


@verb(NoFlags)
def command(env: Env, _flags: NoFlags, args: Sequence[str]) -> int:
    """Print where each published port is reached; containers that are jobs have none."""
    name, wanted = args[0], args[1] if len(args) > 1 else ""
    if wanted:
        _check(wanted)
    env.listing().inspect(name)
    if wanted:
        raise AzdockError(f"Error: No public port '{wanted}' published for {name}", code=1)
    return 0


def _check(text: str) -> None:
    """Raise AzdockError in docker's words for what is no port."""
    number = text.partition("/")[0]
    if not number.isdecimal() or not number.isascii():
        why = "invalid syntax"
    elif int(number) > 65535:
        why = "value out of range"
    else:
        return
    raise AzdockError(f'Error: invalid port ({number}): strconv.ParseUint: parsing "{number}": {why}', code=1)
