"""azdock exec: a command in a container that runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from azdock.cli import terminal
from azdock.cli.env import Env
from azdock.cli.flags import flag
from azdock.cli.verb import verb
from azdock.commands import checks, specs
from azdock.docker import envvars, keys
from azdock.docker.channels import ExecRequest
from azdock.docker.spec import EMPTY
from azdock.docker.values import BadValue
from azdock.errors import AzdockError, DaemonError


@dataclass(frozen=True, slots=True)
class ExecFlags:
    """The flags of `docker exec`."""

    detach: bool = flag("bool", "Leave the command running in the background", "d")
    detach_keys: str = flag("string", "Keys that leave the command running")
    env: tuple[str, ...] = flag("list", "Set an environment variable", "e", check=checks.env)
    env_file: tuple[str, ...] = flag("list", "Read environment variables from a file")
    interactive: bool = flag("bool", "Pass our standard input on", "i")
    privileged: bool = flag("bool", "Give the command all capabilities")
    replica: str = flag("string", "Replica to run the command in (its name or last letters)")
    tty: bool = flag("bool", "Give the command a terminal", "t")
    user: str = flag("string", "User (and group) to run as (NAME|UID[:GROUP|GID])", "u")
    workdir: str = flag("string", "Working directory of the command", "w")
    given: Mapping[str, str] = field(default_factory=lambda: EMPTY)


@verb(ExecFlags, interspersed=False)
def command(env: Env, flags: ExecFlags, args: Sequence[str]) -> int:
    """Run a command in a container; returns the command's exit code."""
    variables = _environment(env, flags)
    try:
        leave = keys.parse_detach_keys(flags.detach_keys)
    except BadValue as bad:  # docker's engine finds this mistake, not its client
        raise DaemonError(str(bad)) from bad
    exec = env.exec()
    # without a terminal there is one thing less to find out before the command may run
    record = exec.find(args[0]) if flags.tty else None
    # only now: docker says "No such container" before it looks at the terminal
    if flags.tty and flags.interactive and not flags.detach and not env.inp.terminal:
        raise AzdockError("the input device is not a TTY", code=1)
    request = ExecRequest(
        command=tuple(args[1:]),
        tty=flags.tty,
        stdin=flags.interactive and not flags.detach,
        detach=flags.detach,
        env=variables,
        workdir=flags.workdir,
        user=flags.user,
        replica=flags.replica,
        size=env.out.size,
        asked=dict(flags.given),
    )
    channel = exec.open(record, request) if record is not None else exec.begin(args[0], request)
    if flags.detach:
        while channel.read() is not None:
            pass  # it says only whether the command began
        channel.close()
        return 0
    return terminal.drive(env, channel, tty=flags.tty, stdin=flags.interactive, detach_keys=leave) or 0


def _environment(env: Env, flags: ExecFlags) -> tuple[str, ...]:
    lines: list[str] = []
    for name in flags.env_file:
        lines += envvars.parse_env_file(specs.read_file(name), name, env.environ)
    return (*lines, *envvars.parse_env(flags.env, env.environ))
