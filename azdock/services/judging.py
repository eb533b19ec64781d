"""What a status or a gap means for what comes next, where every change of a container asks the same."""

from __future__ import annotations

from azdock.backends.base import Gap
from azdock.docker.record import Status
from azdock.errors import CannotInvoke, CommandNotFound, Unsupported


def is_up(status: Status) -> bool:
    """Whether there is something to stop: a process, or the next attempt at one."""
    return status.alive or status.state in ("restarting", "paused")


def can_stop(status: Status) -> bool:
    """Whether there is something to stop: a run, or a function app that waits for requests."""
    return is_up(status) or status.serving


def refuse(gaps: list[Gap]) -> None:
    """Raise Unsupported for the first gap that cannot be passed over with a warning."""
    for gap in gaps:
        if gap.action == "refuse":
            raise Unsupported(f"--{gap.flag}: {gap.reason}", hint=gap.alternative)


def check_invoked(status: Status) -> None:
    """Raise CommandNotFound or CannotInvoke for a run whose program could not be run."""
    if status.state == "created" and status.exit_code:
        kind = CommandNotFound if status.exit_code == 127 else CannotInvoke
        raise kind(f"failed to start container: {status.error or status.reason}")
