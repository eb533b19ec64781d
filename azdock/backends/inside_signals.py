"""Signals to a container: Azure sends SIGTERM and SIGKILL at a stop and no other, exec sends the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from azdock import errors
from azdock.azure import retry
from azdock.docker.record import Status

if TYPE_CHECKING:
    from azdock.docker.channels import ExecChannel

# SOURCE: learn.microsoft.com/azure/container-apps/application-lifecycle-management: SIGTERM, 30 seconds, SIGKILL.
STOP_GRACE = 30.0


def deliver(channel: ExecChannel, signal: str) -> None:
    """Wait for the command that sends `signal`. Raises AzureFailure when it says that it could not."""
    output = b""
    while (piece := channel.read()) is not None:
        output += piece[1]
    channel.close()
    if channel.exit_code != 0:
        text = output.decode(errors="replace").strip()
        raise errors.AzureFailure(f"the signal {signal} was not delivered: {text}")


def is_longer(grace: float | None) -> bool:
    """Whether a grace period in seconds is longer than Azure's; a negative one has no end, as docker has it."""
    return grace is not None and (grace < 0 or grace > STOP_GRACE)


def outlives(
    status: Callable[[], Status], grace: float, sleep: Callable[[float], None], clock: Callable[[], float]
) -> bool:
    """Whether a run still runs when only Azure's own part of `grace` is left; returns as soon as it has ended."""
    deadline = float("inf") if grace < 0 else clock() + grace - STOP_GRACE
    pause = retry.backoff(0.05, 1.5)
    while status().state == "running":
        if clock() >= deadline:
            return True
        sleep(pause())
    return False
