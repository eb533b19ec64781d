"""azdock start: run containers that exist."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from azdock.cli.env import Env
from azdock.cli.flags import flag
from azdock.cli.verb import verb
from azdock.commands import attached, session, targets
from azdock.commands.feeding import Feed
from azdock.commands.specs import OUTPUTS
from azdock.docker.channels import Attachment
from azdock.errors import AzdockError, CannotInvoke, CommandNotFound, DaemonError, Unsupported


@dataclass(frozen=True, slots=True)
class StartFlags:
    """The flags of `docker start`."""

    attach: bool = flag("bool", "Show the container's output and return its exit code", "a")
    checkpoint: str = flag("string", "Refused: Azure keeps no checkpoints")
    checkpoint_dir: str = flag("string", "Refused: Azure keeps no checkpoints")
    detach_keys: str = flag("string", "Keys that detach from the container")
    interactive: bool = flag("bool", "Pass our standard input on", "i")


@verb(StartFlags)
def command(env: Env, flags: StartFlags, args: Sequence[str]) -> int:
    """Start containers; with -a one container, whose exit code is returned."""
    if flags.attach or flags.interactive:
        if len(args) > 1:
            raise AzdockError("you cannot start and attach multiple containers at once")
        _refuse(flags)
        return _attach(env, args[0], flags)
    _refuse(flags)
    failures: list[str] = []

    def act(name: str) -> None:
        try:
            env.lifecycle().start(name)
        except AzdockError:
            failures.append(name)
            raise

    failed = targets.each(env, args, act)
    if failed:
        env.err.line(f"Error: failed to start containers: {', '.join(failures)}")
    return targets.code(failed)


def _refuse(flags: StartFlags) -> None:
    if flags.checkpoint or flags.checkpoint_dir:
        raise Unsupported("--checkpoint: Azure keeps no checkpoints of containers")


def _attach(env: Env, name: str, flags: StartFlags) -> int:
    interactive = flags.interactive
    spec = env.lifecycle().find(name).spec
    if spec.session:
        return _session(env, name, interactive, flags)
    opened = spec.stdin_open
    feed = Feed(env.inp) if opened and interactive else None
    data = feed.whole() if feed is not None else None
    record = env.lifecycle().start(name, wait=False, attachment=Attachment(True, feed is not None, data))
    try:
        code = attached.follow(env, record, OUTPUTS, feed=feed if data is None else None)
    except (CommandNotFound, CannotInvoke) as failed:
        raise DaemonError(failed.message, failed.hint, 1) from failed
    if record.spec.auto_remove:
        env.lifecycle().discard(record)
    return code


def _session(env: Env, name: str, interactive: bool, flags: StartFlags) -> int:
    record = env.lifecycle().start(name)
    code = session.hold(env, record, stdin=interactive, detach_keys=flags.detach_keys)
    if code is not None and record.spec.auto_remove:
        env.lifecycle().discard(record)
    return code or 0
