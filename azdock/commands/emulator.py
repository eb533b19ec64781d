"""azdock emulator: the embedded Azure. The one file of the client that may import azdock.emulator, when used."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from azdock import settings
from azdock.cli.env import Env
from azdock.cli.flags import flag
from azdock.cli.verb import verb
from azdock.errors import AzdockError, UsageError

RUNTIMES = ("auto", "sandbox", "engine")
FOLLOW_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class NoFlags:
    """A verb without flags."""


@dataclass(frozen=True, slots=True)
class StartFlags:
    """What can be chosen when the embedded Azure starts."""

    fast: bool = flag("bool", "Skip Azure's delays (default)")
    foreground: bool = flag("bool", "Stay in the foreground until interrupted")
    nasty: bool = flag("bool", "Lose replicas at once, cut log streams, deliver logs late")
    port: int = flag("int", "Port on the loopback interface; 0 takes a free one", default=0)
    realistic: bool = flag("bool", "Be as slow as Azure: provisioning, replicas, late logs")
    runtime: str = flag("string", "How containers run: auto, sandbox or engine", default="auto")
    tls: bool = flag("bool", "Listen with TLS, too, under a certificate authority of its own")


@dataclass(frozen=True, slots=True)
class StatusFlags:
    """The form of the answer."""

    format: str = flag("string", "text or json", default="text")


@dataclass(frozen=True, slots=True)
class SetFlags:
    """The form of what is printed."""

    format: str = flag("string", "text or json", default="text")


@dataclass(frozen=True, slots=True)
class LogsFlags:
    """Which part of the log."""

    follow: bool = flag("bool", "Go on showing what is written", "f")


@verb(StartFlags)
def start(env: Env, flags: StartFlags, _args: Sequence[str]) -> int:
    """Start the embedded Azure; one that runs already is left alone."""
    if flags.runtime not in RUNTIMES:
        raise UsageError(f"--runtime {flags.runtime}: must be one of {', '.join(RUNTIMES)}")
    if flags.fast + flags.realistic + flags.nasty > 1:
        raise UsageError("conflicting options: specify only one of --fast, --nasty and --realistic")
    if not 0 <= flags.port <= 65535:
        raise UsageError(f"--port {flags.port}: must be between 0 and 65535")
    from azdock.emulator import daemon

    manner = "nasty" if flags.nasty else "realistic" if flags.realistic else "fast"
    options = daemon.Options(port=flags.port, tls=flags.tls, runtime=flags.runtime, manner=manner)
    with _told():
        if flags.foreground:
            return daemon.serve(_home(env), options)
        facts = daemon.start(_home(env), options)
    env.out.line(str(facts["url"]))
    return 0


@verb(NoFlags)
def stop(env: Env, _flags: NoFlags, _args: Sequence[str]) -> int:
    """Stop the embedded Azure; what was created in it stays for the next start."""
    from azdock.emulator import daemon

    with _told():
        if not daemon.stop(_home(env)):
            env.err.line("the embedded Azure does not run")
    return 0


@verb(StatusFlags)
def status(env: Env, flags: StatusFlags, _args: Sequence[str]) -> int:
    """Print where it listens and what it uses; exit code 1 when it does not run."""
    from azdock.emulator import daemon

    if flags.format not in ("text", "json"):
        raise UsageError(f"--format {flags.format}: must be text or json")
    facts = daemon.status(_home(env))
    if facts is None:
        raise AzdockError("the embedded Azure does not run", hint="azdock emulator start")
    env.out.line(json.dumps(facts, indent=2) if flags.format == "json" else _text(facts))
    return 0


@verb(LogsFlags)
def logs(env: Env, flags: LogsFlags, _args: Sequence[str]) -> int:
    """Print the log."""
    from azdock.emulator import daemon

    for piece in _read(daemon.log_file(_home(env)), flags.follow):
        env.out.write(piece)
    return 0


@verb(NoFlags)
def reset(env: Env, _flags: NoFlags, _args: Sequence[str]) -> int:
    """Stop it and delete everything in it, images included."""
    from azdock.emulator import daemon

    with _told():
        daemon.reset(_home(env))
    return 0


@verb(NoFlags)
def token(env: Env, _flags: NoFlags, _args: Sequence[str]) -> int:
    """Print an access token, for curl and the like."""
    from azdock.emulator import daemon

    if daemon.status(_home(env)) is None:
        raise AzdockError("the embedded Azure does not run", hint="azdock emulator start")
    with _told():
        env.out.line(daemon.token(_home(env)))
    return 0


@verb(SetFlags)
def set(env: Env, flags: SetFlags, args: Sequence[str]) -> int:
    """Change how it behaves from now on, and print all behaviours when nothing is to be changed."""
    from azdock.emulator import daemon, switches

    if flags.format not in ("text", "json"):
        raise UsageError(f"--format {flags.format}: must be text or json")
    if daemon.status(_home(env)) is None:
        raise AzdockError("the embedded Azure does not run", hint="azdock emulator start")
    with _told():
        found = switches.behaviour(_home(env), switches.parse(args))
    if flags.format == "json":
        env.out.line(json.dumps(found, indent=2))
    elif not args:
        env.out.line("\n".join(f"{name}={_word(value)}" for name, value in found.items()))
    return 0


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


@contextmanager
def _told() -> Iterator[None]:
    """The daemon knows nothing of the client's errors; what it says is for the user all the same."""
    from azdock.emulator.daemon import DaemonError

    try:
        yield
    except DaemonError as failed:
        raise AzdockError(str(failed), code=1) from failed


def _home(env: Env) -> Path:
    return settings.home(env.environ)


def _text(facts: dict[str, Any]) -> str:
    widest = max(len(name) for name in facts) + 1
    lines = [(f"{name}:", "" if value is None else value) for name, value in facts.items()]
    return "\n".join(f"{name.ljust(widest)} {value}".rstrip() for name, value in lines)


def _read(path: Path, follow: bool) -> Iterator[bytes]:
    try:
        file = open(path, "rb")  # noqa: SIM115 (closed below, after the last piece)
    except FileNotFoundError:
        raise AzdockError("the embedded Azure has no log yet", hint="azdock emulator start") from None
    with file:
        while True:
            while piece := file.read(65536):
                yield piece
            if not follow:
                return
            time.sleep(FOLLOW_SECONDS)
