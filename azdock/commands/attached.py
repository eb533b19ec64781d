"""Being attached to a run: its output is ours, our signals reach it, its exit code becomes ours."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext

from azdock.cli.env import Env
from azdock.commands.forwarding import forwarding
from azdock.docker.record import ContainerRecord, Status


def follow(env: Env, record: ContainerRecord, attach: Sequence[str], *, sig_proxy: bool = True) -> int:
    """Print what the run `record.seen.run` prints until it ends; returns its exit code.

    Raises CommandNotFound and CannotInvoke when its program could not be run, and what forwarding raises.
    """
    with forwarding(env, record) if sig_proxy else nullcontext():
        for line in env.logs().follow_run(record):
            if line.stream == "out" and "stdout" in attach:
                env.out.write(line.data)
            elif line.stream == "err" and "stderr" in attach:
                env.err.write(line.data)
        status = env.lifecycle().finish(record)
    name_fallback(env, status)
    return status.exit_code


def name_fallback(env: Env, status: Status) -> None:
    """Say so when the exit code is not the container's own."""
    if not status.exit_known:
        reason = f" ({status.reason})" if status.reason else ""
        env.err.line(
            f"azdock: Azure did not tell the container's exit code{reason}; {status.exit_code} stands in for it"
        )
