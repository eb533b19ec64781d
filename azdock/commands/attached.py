"""Being attached to a run: its output is ours, our signals stop it, its exit code becomes ours."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from azdock.cli.env import Env
from azdock.cli.main import describe
from azdock.docker.record import ContainerRecord, Status
from azdock.errors import AzdockError

FORWARDED = (signal.SIGINT, signal.SIGTERM)


def follow(env: Env, record: ContainerRecord, attach: Sequence[str], *, sig_proxy: bool = True) -> int:
    """Print what the run `record.seen.run` prints until it ends; returns its exit code.

    Raises CommandNotFound and CannotInvoke when its program could not be run.
    """
    with _stopping(env, record, sig_proxy):
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


@contextmanager
def _stopping(env: Env, record: ContainerRecord, sig_proxy: bool) -> Iterator[None]:
    """SIGINT and SIGTERM stop the container, as far as Azure can: it has no way to send any other signal to a job.

    The stream then ends by itself. A second signal ends azdock at once and leaves the container alone.
    """
    if not sig_proxy or threading.current_thread() is not threading.main_thread():
        yield
        return
    stopper = threading.Thread(target=_stop, args=(env.twin(), record.ident.id), daemon=True)

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        if stopper.ident is not None:
            raise KeyboardInterrupt
        stopper.start()

    before = {number: signal.signal(number, on_signal) for number in FORWARDED}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(env: Env, id: str) -> None:
    try:
        env.lifecycle().stop(id, None)
    except AzdockError as failed:
        env.err.line(describe(failed))
