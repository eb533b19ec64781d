"""Being attached to a run: its output is ours, our input and signals reach it, its exit code becomes ours."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext

from azdock.cli.env import Env
from azdock.cli.terminal import Detached
from azdock.commands.feeding import Feed, feeding
from azdock.commands.forwarding import forwarding
from azdock.commands.leaving import leaving
from azdock.docker.channels import Attachment
from azdock.docker.record import ContainerRecord, Status
from azdock.errors import CannotInvoke, CommandNotFound
from azdock.output.loglines import pieces, plain, prefixed

NOT_READY = 125  # of a container that Azure has given up on, though its program runs


def follow(
    env: Env,
    record: ContainerRecord,
    attach: Sequence[str],
    *,
    sig_proxy: bool = True,
    feed: Feed | None = None,
    leave: bytes = b"",
) -> int:
    """Print what the run `record.seen.run` prints until it ends; returns its exit code, or 0 after the keys `leave`.

    `feed` is standard input that the run waits for. Raises CommandNotFound and CannotInvoke when its program could
    not be run, and what forwarding and feeding raise.
    """
    try:
        # A terminal whose lines go to the container is the container's, keys and all.
        with leaving(env, leave if feed is None else b""):
            status = _once(env, record, attach, sig_proxy, feed)
    except Detached:
        env.err.line("read escape sequence")
        return 0
    if isinstance(status, Status):
        name_fallback(env, record, status)
        return status.exit_code
    # The image has no shell for the run shim: the same once more without it.
    return follow(env, status, attach, sig_proxy=sig_proxy)


def _once(
    env: Env, record: ContainerRecord, attach: Sequence[str], sig_proxy: bool, feed: Feed | None
) -> Status | ContainerRecord:
    """The final status of the run, or the record of another run that has taken its place."""
    with (
        forwarding(env, record) if sig_proxy else nullcontext(),
        feeding(env, record, feed) if feed is not None else nullcontext(),
    ):
        reader = env.logs().follow_run(record)
        render = prefixed(plain) if reader.together else plain
        for batch in reader.batches():
            for stream, piece in pieces(batch, render):
                if stream == "out" and "stdout" in attach:
                    env.out.write(piece)
                elif stream == "err" and "stderr" in attach:
                    env.err.write(piece)
        if reader.ending.missing:
            env.err.line(f"WARNING: {reader.ending.missing}")
        try:
            return env.lifecycle().finish(record, reader.ending)
        except (CommandNotFound, CannotInvoke):
            other = env.lifecycle().again(record, Attachment(output=True))
            if other is None:
                raise
            return other


def name_fallback(env: Env, record: ContainerRecord, status: Status) -> None:
    """Say so when the exit code is not the container's own, and why Azure ended the run, if it did."""
    if status.exit_code and (line := env.explain().first_line(record, status)):
        env.err.line(f"azdock: {line}")
    if not status.exit_known:
        reason = f" ({status.reason})" if status.reason else ""
        env.err.line(
            f"azdock: Azure did not tell the container's exit code{reason}; {status.exit_code} stands in for it"
        )


def gave_up(env: Env, record: ContainerRecord) -> None:
    """Say what Ctrl-C means for a run that is a request: Azure cannot take a request back."""
    if not record.spec.auto_remove:
        name = record.ident.name
        env.err.line(f"azdock: the invocation may go on; azdock stop {name} ends the app with everything in flight")


def failed_early(env: Env, record: ContainerRecord) -> int:
    """Say why a container that should stay up does not, and return its exit code; 0 when it is up, or was to end."""
    status = record.seen
    code = NOT_READY if status.state == "created" and status.error else status.exit_code
    if status.state == "running" or not code or not env.lifecycle().stays_up(record):
        return 0
    why = env.explain().first_line(record, status) or status.error or f"it ended with exit code {code}"
    env.err.line(f"azdock: container {record.ident.name} does not run: {why}")
    env.err.line(f"hint: azdock explain {record.ident.name}")
    return code
