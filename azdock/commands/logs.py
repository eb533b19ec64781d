"""azdock logs: what a container printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from azdock.cli.env import Env
from azdock.cli.flags import flag
from azdock.cli.verb import verb
from azdock.docker.channels import LogLine, LogQuery
from azdock.docker.units import parse_time
from azdock.docker.values import BadValue
from azdock.errors import AzdockError

BILLION = 1_000_000_000


@dataclass(frozen=True, slots=True)
class LogsFlags:
    """The flags of `docker logs`."""

    details: bool = flag("bool", "Accepted: Azure adds no details to log lines")
    follow: bool = flag("bool", "Go on showing what is printed", "f")
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
    for line in env.logs().lines(args[0], query):
        data = _stamped(line) if flags.timestamps else line.data
        (env.out if line.stream == "out" else env.err).write(data)
    return 0


def _query(env: Env, flags: LogsFlags) -> LogQuery:
    return LogQuery(
        follow=flags.follow,
        tail=_tail(flags.tail),
        since_ns=_time(env, "since", flags.since),
        until_ns=_time(env, "until", flags.until),
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


def _stamped(line: LogLine) -> bytes:
    return f"{rfc3339_nano(line.time_ns)} ".encode() + line.data


def rfc3339_nano(time_ns: int) -> str:
    """Unix nanoseconds as docker prints them: nine digits and Z."""
    seconds, rest = divmod(time_ns, BILLION)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"
