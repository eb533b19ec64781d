"""azdock start: run containers that exist."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from azdock.cli.env import Env
from azdock.cli.flags import UNSET, flag
from azdock.cli.verb import verb
from azdock.commands import attached, checks, requesting, session, targets
from azdock.commands.feeding import Feed
from azdock.commands.specs import OUTPUTS
from azdock.docker import envvars
from azdock.docker.channels import Attachment
from azdock.docker.invocation import Invocation
from azdock.docker.record import ContainerRecord
from azdock.errors import AzdockError, CannotInvoke, CommandNotFound, DaemonError, Unsupported


@dataclass(frozen=True, slots=True)
class StartFlags:
    """The flags of `docker start`."""

    attach: bool = flag("bool", "Show the container's output and return its exit code", "a")
    checkpoint: str = flag("string", "Refused: Azure keeps no checkpoints")
    checkpoint_dir: str = flag("string", "Refused: Azure keeps no checkpoints")
    data: str | None = flag("string", "Body of a function's invocation (@FILE: a file, -: our input)", default=UNSET)
    detach_keys: str = flag("string", "Keys that detach from the container")
    env: tuple[str, ...] = flag(
        "list", "Variable for one invocation of a function (NAME=VALUE), in a header", "e", check=checks.env
    )
    header: tuple[tuple[str, str], ...] = flag(
        "list", "Header of a function's invocation (NAME: VALUE)", check=checks.header
    )
    interactive: bool = flag("bool", "Pass our standard input on", "i")
    method: str = flag("string", "HTTP method of a function's invocation", check=checks.method)
    route: str = flag("string", "Path that a function's invocation asks for (api/NAME)", check=checks.route)
    slot: str = flag("string", "Deployment slot of a function that is asked")


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

    asked: list[Invocation] = []

    def act(name: str) -> None:
        try:
            record = env.lifecycle().find(name)
            if not env.lifecycle().takes_requests(record):
                _no_request(record, flags)
                env.lifecycle().start(name)
                return
            if not asked:  # several containers get the same
                asked.append(_invocation(env, flags))
            env.lifecycle().start(name, attachment=Attachment(invocation=asked[0]))
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
    found = env.lifecycle().find(name)
    if env.lifecycle().takes_requests(found):
        return _request(env, found, flags)
    _no_request(found, flags)
    spec = found.spec
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


def _request(env: Env, record: ContainerRecord, flags: StartFlags) -> int:
    attachment = Attachment(output=True, invocation=_invocation(env, flags))
    try:
        record = env.lifecycle().start(record.ident.id, wait=False, attachment=attachment)
        code = attached.follow(env, record, OUTPUTS, sig_proxy=False)
    except KeyboardInterrupt:
        attached.gave_up(env, record)
        raise
    if record.spec.auto_remove:
        env.lifecycle().discard(record)
    return code


def _invocation(env: Env, flags: StartFlags) -> Invocation:
    return requesting.invocation(
        env,
        flags.data,
        flags.header,
        reads=flags.interactive,
        route=flags.route,
        method=flags.method,
        variables=envvars.parse_env(flags.env, env.environ),
        slot=flags.slot,
    )


def _no_request(record: ContainerRecord, flags: StartFlags) -> None:
    """Raise Unsupported for flags that only functions have."""
    given = {"data": flags.data is not None, "env": flags.env, "header": flags.header, "method": flags.method}
    given |= {"route": flags.route, "slot": flags.slot}
    for name, value in given.items():
        if value:
            why = f"--{name}: a run of {record.ident.name} is no request"
            raise Unsupported(why, hint="only functions (--backend function) have it")


def _session(env: Env, name: str, interactive: bool, flags: StartFlags) -> int:
    record = env.lifecycle().start(name)
    code = session.hold(env, record, stdin=interactive, detach_keys=flags.detach_keys)
    if code is not None and record.spec.auto_remove:
        env.lifecycle().discard(record)
    return code or 0
