"""azdock ps: list containers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from azdock.cli.env import Env
from azdock.cli.flags import flag
from azdock.cli.verb import verb
from azdock.docker import filters
from azdock.docker.record import ContainerRecord
from azdock.docker.values import BadValue
from azdock.errors import AzdockError, DaemonError
from azdock.output import containers
from azdock.output.format import FormatError, check, render_list

_ID = re.compile("[0-9a-f]{12}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class PsFlags:
    """The flags of `docker ps`."""

    all: bool = flag("bool", "Show all containers, not only those that run", "a")
    filter: tuple[str, ...] = flag("filter", "Show what matches (status=exited, name=web, label=a=b)", "f")
    format: str = flag("string", "Print with a template: table, table TEMPLATE, json or TEMPLATE")
    last: int = flag("int", "Show the n newest containers, in any state", "n", -1)
    latest: bool = flag("bool", "Show the newest container, in any state", "l")
    no_trunc: bool = flag("bool", "Shorten nothing")
    quiet: bool = flag("bool", "Print IDs only", "q")
    size: bool = flag("bool", "Show sizes, which Azure does not tell: always 0", "s")


@verb(PsFlags)
def command(env: Env, flags: PsFlags, _args: Sequence[str]) -> int:
    """List containers, newest first."""
    if flags.quiet and flags.format:
        env.err.line("WARNING: Ignoring custom format, because both --format and --quiet are set.")
    view = containers.container_view(size=flags.size)
    try:
        check(view, flags.format)
        wanted = _named_networks(env, filters.parse(flags.filter))
        last = 1 if flags.latest else max(flags.last, 0)
        records = env.listing().ps(all=flags.all, last=last, filters=wanted, look=lambda found: _checked(env, found))
        now = env.now()
        rows = [containers.container_row(one, now, no_trunc=flags.no_trunc, size=flags.size) for one in records]
        text = render_list(view, rows, flags.format, quiet=flags.quiet)
    except BadValue as bad:
        raise DaemonError(str(bad)) from bad
    except FormatError as bad:
        raise AzdockError(str(bad)) from bad
    env.out.write(text.encode())
    return 0


def _named_networks(env: Env, wanted: filters.Filters) -> filters.Filters:
    """The filters with networks by name: a container remembers the name that was typed, docker finds by id as well."""
    asked = wanted.wanted.get("network", ())
    if not any(_ID.fullmatch(one) for one in asked):
        return wanted
    known = env.networks().matching({})
    names = tuple(next((net.name for net in known if net.id.startswith(one)), one) for one in asked)
    return filters.Filters({**wanted.wanted, "network": (*asked, *names)})


def _checked(env: Env, records: Sequence[ContainerRecord]) -> list[ContainerRecord]:
    """The containers with the health of those that azdock checks itself."""
    if all(one.spec.health is None for one in records):
        return list(records)
    return env.checks().every(records)
