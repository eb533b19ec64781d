"""One verb, many containers: all are tried, every failure is told, one failure makes the exit code 1."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from azdock.cli.env import Env
from azdock.cli.main import report
from azdock.errors import AzdockError


def each(env: Env, names: Sequence[str], act: Callable[[str], object], *, echo: bool = True) -> list[AzdockError]:
    """Call `act` with every name, print each name that worked (with `echo`); returns what failed, already printed."""
    failures = []
    for name in names:
        try:
            act(name)
        except AzdockError as failed:
            env.err.line(report(failed, env))
            failures.append(failed)
            continue
        if echo:
            env.out.line(name)
    return failures


def code(failures: Sequence[AzdockError]) -> int:
    """1 when anything failed."""
    return 1 if failures else 0
