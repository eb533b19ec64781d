"""A run of a function: the request that makes it run, and how its answer becomes an exit code."""

from __future__ import annotations

from dataclasses import dataclass

EXIT_HEADER = "X-Azdock-Exit-Code"  # an answer may say with which code the run has ended
TIMED_OUT = 124  # as coreutils' timeout
FAILED = 1


@dataclass(frozen=True, slots=True)
class Invocation:
    """One request to a function app.

    `route` is the path behind the address ("api/echo"; "" is the container's own, else that of its one function),
    `method` "" lets azdock choose, `data` None is no body. `headers` are (name, value) pairs; `env` is "NAME=value" for
    this invocation alone; `slot` "" is production.
    """

    route: str = ""
    method: str = ""
    data: bytes | None = None
    headers: tuple[tuple[str, str], ...] = ()
    env: tuple[str, ...] = ()
    slot: str = ""


def exit_code(status: int, header: str | None) -> int:
    """The exit code of a run that was answered with an HTTP status and, maybe, a value of EXIT_HEADER: that value where
    it is a number from 0 to 255, else 0 for 2xx and 1 for everything else."""
    if header is not None and header.strip().isdecimal() and int(header) <= 255:
        return int(header)
    return 0 if 200 <= status < 300 else FAILED
