"""azdock port: where the published ports of a container are reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from azdock.cli.env import Env
from azdock.cli.verb import verb
from azdock.docker import inspect_network, ports
from azdock.docker.record import ContainerRecord
from azdock.errors import AzdockError


@dataclass(frozen=True, slots=True)
class NoFlags:
    """A verb without flags."""


@verb(NoFlags)
def command(env: Env, _flags: NoFlags, args: Sequence[str]) -> int:
    """Print the address of every published port, or of one, as curl takes it."""
    name, wanted = args[0], args[1] if len(args) > 1 else ""
    if wanted:
        _check(wanted)
    record = env.listing().inspect(name)
    public = inspect_network.public(record)
    if not wanted:
        for one in public:
            env.out.line(f"{one.key} -> {one.address}")
        return 0
    key = wanted if "/" in wanted else f"{wanted}/tcp"
    found = [one.address for one in public if one.key == key]
    if not found:
        raise AzdockError(
            f"Error: No public port '{wanted}' published for {name}", hint=_hint(record, name, key), code=1
        )
    for address in found:
        env.out.line(address)
    return 0


def _hint(record: ContainerRecord, name: str, key: str) -> str:
    """What to type for a port that only its network reaches."""
    number, _, protocol = key.partition("/")
    inside = any(one.key == key for one in ports.exposed(record.spec, record.image))
    return f"azdock port-forward {name} {number}" if inside and protocol == "tcp" and record.seen.alive else ""


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
