"""azdock stats: what containers use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from azdock.cli.env import Env
from azdock.cli.flags import flag
from azdock.cli.verb import verb
from azdock.errors import AzdockError, UsageError
from azdock.output.format import FormatError, render_list
from azdock.output.usage import usage_row, usage_view

if TYPE_CHECKING:
    from azdock.services.stats import Row

# docker/cli, cli/command/container/stats.go: to the corner, then each line over the one before, then clear the rest
HOME, REST_OF_LINE, REST_OF_SCREEN = "\033[H", "\033[K", "\033[J"
SECOND = 1.0


@dataclass(frozen=True, slots=True)
class StatsFlags:
    """The flags of `docker stats`."""

    all: bool = flag("bool", "Show all containers, not only those that run", "a")
    format: str = flag("string", "Print with a template: table, table TEMPLATE, json or TEMPLATE")
    no_stream: bool = flag("bool", "Show one result and end")
    no_trunc: bool = flag("bool", "Shorten nothing")
    replica: str = flag("string", "Show one replica of a container (its name or last letters), not all added up")


@verb(StatsFlags)
def command(env: Env, flags: StatsFlags, args: Sequence[str]) -> int:
    """Show the usage of containers, once or every second until interrupted."""
    if flags.replica and len(args) != 1:
        raise UsageError("--replica needs the one container that it belongs to")
    with env.stats().watch(args, all=flags.all, replica=flags.replica) as watch:
        while True:
            if not (flags.no_stream and watch.empty):
                env.pause(SECOND)
            text = _text(watch.rows(), flags)
            env.out.write((_over(text) if env.out.terminal and not flags.no_stream else text).encode())
            if flags.no_stream:
                return 0


def _text(rows: Sequence[Row], flags: StatsFlags) -> str:
    aged = any(one.usage.age is not None for one in rows)
    shown = [usage_row(one.asked, one.record, one.usage, aged=aged, no_trunc=flags.no_trunc) for one in rows]
    try:
        return render_list(usage_view(aged=aged), shown, flags.format)
    except FormatError as bad:
        raise AzdockError(str(bad)) from bad


def _over(text: str) -> str:
    """The text written over what stands on the screen."""
    return HOME + "".join(f"{line}{REST_OF_LINE}\n" for line in text.splitlines()) + REST_OF_SCREEN
