"""azdock cp: copy files between this machine and a container."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from azdock.cli.env import Env
from azdock.cli.flags import UNSET, flag
from azdock.cli.verb import verb
from azdock.docker import paths, units
from azdock.errors import AzdockError, Exited
from azdock.output.progress import Progress
from azdock.services.copy import Copied, Copy

STREAM = "-"


@dataclass(frozen=True, slots=True)
class CpFlags:
    """The flags of `docker cp`."""

    archive: bool = flag("bool", "Keep the numbers of users and groups", "a")
    follow_link: bool = flag("bool", "Follow a symbolic link that SRC_PATH is", "L")
    quiet: bool | None = flag("bool", "Print no progress; without a terminal none is printed anyway", "q", UNSET)


@verb(CpFlags)
def command(env: Env, flags: CpFlags, args: Sequence[str]) -> int:
    """Copy one way or the other."""
    for end, text in zip(("source", "destination"), args, strict=True):
        if not text:
            raise AzdockError(f"{end} can not be empty")
    (from_container, source), (to_container, target) = paths.split(args[0]), paths.split(args[1])
    if from_container and to_container:
        raise AzdockError("copying between containers is not supported")
    if not from_container and not to_container:
        raise AzdockError("must specify at least one container source")
    quiet = not env.out.terminal if flags.quiet is None else flags.quiet
    header = f"Copying {'from' if from_container else 'to'} container"
    with _tidy_ending(), _showing(env, header, quiet or target == STREAM) as show:
        copy = env.copy(show)
        if from_container:
            done = _out_of(env, copy, flags, from_container, source, target)
        else:
            done = _into(env, copy, flags, source, to_container, target)
    for warning in done.warnings:
        env.err.line(f"WARNING: {warning}")
    if not quiet and target != STREAM:
        env.err.line(f"Successfully copied {units.human_size(done.size)} to {done.where}")
    return 0


def _out_of(env: Env, copy: Copy, flags: CpFlags, container: str, source: str, target: str) -> Copied:
    if target == STREAM:
        return copy.archive_out_of(container, source, env.out.write, follow=flags.follow_link)
    place = paths.absolute(target, str(Path.cwd()))
    return copy.out_of(container, source, place, follow=flags.follow_link, owners=flags.archive)


def _into(env: Env, copy: Copy, flags: CpFlags, source: str, container: str, target: str) -> Copied:
    if source == STREAM:
        return copy.archive_into(container, target, env.inp.read, owners=flags.archive)
    place = paths.absolute(source, str(Path.cwd()))
    return copy.into(container, target, place, follow=flags.follow_link, owners=flags.archive)


@contextmanager
def _showing(env: Env, header: str, quiet: bool) -> Iterator[Callable[[int], None]]:
    """What shows how many bytes have been carried."""
    terminal = env.err.terminal and not quiet
    with Progress(lambda text: env.err.write(text.encode()), terminal, columns=env.err.size[1]) as line:
        line.step("Preparing to copy...")
        yield lambda carried: line.step(f"{header} - {units.human_size(carried)}")


@contextmanager
def _tidy_ending() -> Iterator[None]:
    """SIGTERM and SIGHUP end the copy like Ctrl-C: temporary files in the container are removed first."""

    def leave(number: int, _frame: FrameType | None) -> None:
        raise Exited(128 + number)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
