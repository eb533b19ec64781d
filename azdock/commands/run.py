"""azdock run: create, start, show, wait, clean up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from azdock.cli.env import Env
from azdock.cli.verb import verb
from azdock.commands import attached, creating, publishing, requesting, session
from azdock.commands.feeding import Feed
from azdock.commands.flags import RunFlags
from azdock.docker import keys
from azdock.docker.channels import Attachment
from azdock.docker.invocation import Invocation
from azdock.docker.record import ContainerRecord
from azdock.docker.spec import ContainerSpec
from azdock.errors import AzdockError, CannotInvoke, CommandNotFound, Unsupported


@verb(RunFlags, interspersed=False)
def command(env: Env, flags: RunFlags, args: Sequence[str]) -> int:
    """Run a new container; returns its exit code, or 0 once it runs in the background."""
    spec = creating.spec_of(env, flags, args)
    if flags.detach and flags.attach:
        raise AzdockError("conflicting options: cannot specify both --attach and --detach", code=1)
    if not flags.detach and flags.tty and flags.interactive and not env.inp.terminal:
        raise AzdockError("the input device is not a TTY", code=1)
    if flags.detach_keys:
        keys.parse_detach_keys(flags.detach_keys)
    if flags.sync_back:
        _check_sync_back(spec, flags.detach)
    spec = replace(spec, foreground=not flags.detach, at_once=True, session=_in_session(env, spec, flags.detach))
    record = creating.create(env, flags, spec)
    if flags.detach:
        return _background(env, record, flags)
    if record.spec.session:
        return _session(env, record, flags)
    if env.lifecycle().takes_requests(record):
        return _request(env, record, flags)
    return _foreground(env, record, flags)


def _in_session(env: Env, spec: ContainerSpec, detach: bool) -> bool:
    """Whether the command needs somebody on the other side: a terminal, or keys that are typed."""
    if detach:
        return spec.tty and spec.stdin_open
    return spec.tty or (spec.stdin_open and env.inp.terminal)


def _background(env: Env, record: ContainerRecord, flags: RunFlags) -> int:
    until = flags.wait
    env.out.line(record.ident.id)
    attachment = Attachment(invocation=_asked(env, record, flags))
    try:
        started = env.lifecycle().start(record.ident.id, wait=until != "none", attachment=attachment)
        if until == "healthy":
            started = env.checks().wait(env.lifecycle().healthy(started))
    except AzdockError:
        _clean_up(env, record)
        raise
    publishing.tell(env, started)
    return attached.failed_early(env, started) if until != "none" else 0


def _asked(env: Env, record: ContainerRecord, flags: RunFlags) -> Invocation | None:
    if not env.lifecycle().takes_requests(record):
        return None
    return requesting.invocation(env, flags.data, flags.header, reads=True)


def _request(env: Env, record: ContainerRecord, flags: RunFlags) -> int:
    try:
        asked = _asked(env, record, flags)
        attachment = Attachment(output=True, invocation=asked)
        started = env.lifecycle().start(record.ident.id, wait=False, attachment=attachment)
        code = attached.follow(env, started, record.spec.attach, sig_proxy=False)
    except KeyboardInterrupt:
        attached.gave_up(env, record)
        _clean_up(env, record)
        raise
    except AzdockError:
        _clean_up(env, record)
        raise
    _bring_home(env, record, flags)
    _clean_up(env, record)
    return code


def _session(env: Env, record: ContainerRecord, flags: RunFlags) -> int:
    try:
        started = env.lifecycle().start(record.ident.id)
        code = session.hold(env, started, sig_proxy=flags.sig_proxy, detach_keys=flags.detach_keys)
    except (AzdockError, KeyboardInterrupt):
        _clean_up(env, record)
        raise
    if code is None:
        return 0  # it goes on without us
    _bring_home(env, record, flags)
    _clean_up(env, record)
    return code


def _check_sync_back(spec: ContainerSpec, detach: bool) -> None:
    """Raise Unsupported for what cannot be brought home."""
    if detach:
        raise Unsupported("--sync-back: a run in the background is not waited for", hint="leave -d away")
    if not any(mount.type == "bind" for mount in spec.mounts):
        raise Unsupported("--sync-back: the container mounts no local folder", hint="give one: -v ./dir:/path")


def _bring_home(env: Env, record: ContainerRecord, flags: RunFlags) -> None:
    """Local folders as the run has left them; the container stays if that fails, as its copy is all there is."""
    if flags.sync_back:
        env.volumes().sync_back(record)


def _foreground(env: Env, record: ContainerRecord, flags: RunFlags) -> int:
    feed = Feed(env.inp) if flags.interactive else None
    data = feed.whole() if feed is not None else None
    attachment = Attachment(output=True, stdin=feed is not None, data=data)
    try:
        started = env.lifecycle().start(record.ident.id, wait=False, attachment=attachment)
    except (AzdockError, KeyboardInterrupt):
        _clean_up(env, record)
        raise
    try:
        rest = feed if data is None else None
        code = attached.follow(env, started, record.spec.attach, sig_proxy=flags.sig_proxy, feed=rest)
    except (CommandNotFound, CannotInvoke, Unsupported):
        _clean_up(env, record)
        raise
    _bring_home(env, record, flags)
    _clean_up(env, record)
    return code


def _clean_up(env: Env, record: ContainerRecord) -> None:
    if record.spec.auto_remove:
        env.lifecycle().discard(record)
