"""azdock logs: what a container printed."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from azdock.cli.env import Env
from azdock.cli.flags import flag
from azdock.cli.verb import verb
from azdock.docker.channels import LogQuery, LogReader
from azdock.docker.units import parse_time
from azdock.docker.values import BadValue
from azdock.errors import AzdockError
from azdock.output.loglines import as_json, ending_as_json, pieces, plain, prefixed, stamped


@dataclass(frozen=True, slots=True)
class LogsFlags:
    """The flags of `docker logs`."""

    details: bool = flag("bool", "Accepted: Azure adds no details to log lines")
    follow: bool = flag("bool", "Go on showing what is printed", "f")
    format: str = flag("string", 'Show lines as "json", and behind them whether any is missing')
    replica: str = flag("string", "Show lines of one replica only (its name or last letters)")
    since: str = flag("string", "Show lines since a time (2026-01-02T13:23:37Z) or a span ago (42m)")
    tail: str = flag("string", "Number of lines to show from the end", "n", "all")
    timestamps: bool = flag("bool", "Put the time in front of each line", "t")
    until: str = flag("string", "Show lines before a time (2026-01-02T13:23:37Z) or a span ago (42m)")


@verb(LogsFlags)
def command(env: Env, flags: LogsFlags, args: Sequence[str]) -> int:
    """Print the lines asked for, each on the stream it was written to."""
    try:
        query = _query(env, flags)
    except AzdockError:
        env.listing().inspect(args[0])  # docker looks the container up first: "No such container" wins
        raise
    if flags.format not in ("", "json"):
        raise AzdockError(f"--format {flags.format}: log lines can be shown as json only")
    with closing(env.logs().lines(args[0], query)) as reader:
        _print(env, flags, reader)
    if reader.ending.missing:
        env.err.line(f"WARNING: {reader.ending.missing}")
    return 0


def _print(env: Env, flags: LogsFlags, reader: LogReader) -> None:
    """Each line on the stream it was written to; JSON on stdout, with the ending behind the lines."""
    if flags.format:
        for batch in reader.batches():
            env.out.write(b"".join(map(as_json, batch)))
        env.out.write(ending_as_json(reader.ending))
        return
    render = stamped if flags.timestamps else plain
    if reader.together:
        render = prefixed(render)
    for batch in reader.batches():
        for stream, piece in pieces(batch, render):
            (env.out if stream == "out" else env.err).write(piece)


def _query(env: Env, flags: LogsFlags) -> LogQuery:
    return LogQuery(
        follow=flags.follow,
        tail=_tail(flags.tail),
        since_ns=_time(env, "since", flags.since),
        until_ns=_time(env, "until", flags.until),
        replica=flags.replica,
    )


def _tail(text: str) -> int | None:
    """docker takes everything that is no number for "all", a negative number, too."""
    try:
        count = int(text)
    except ValueError:
        return None
    return count if count >= 0 else None


def _time(env: Env, name: str, text: str) -> int | None:
    if not text:
        return None
    try:
        return parse_time(text, env.now())
    except BadValue as bad:
        raise AzdockError(f'invalid value for "{name}": {bad}') from bad
