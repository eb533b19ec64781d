"""argv and a world in, an exit code out; the one place where errors become text."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence

from azdock.cli.env import Env
from azdock.docker.values import BadValue
from azdock.errors import AzdockError, AzureFailure, DaemonError, Exited, UsageError

INTERRUPTED = 128 + signal.SIGINT
PIPE_BROKEN = 128 + signal.SIGPIPE


def main(argv: Sequence[str], env: Env | None = None) -> int:
    """Run one command line; every error a user or Azure can cause is printed in docker's shape."""
    env = env or Env()
    try:
        return _run(argv, env)
    except BrokenPipeError:
        _silence()
        return PIPE_BROKEN


def _run(argv: Sequence[str], env: Env) -> int:
    from azdock.cli import app

    try:
        return app.run(argv, env)
    except Exited as ended:
        return ended.code
    except AzdockError as failed:
        return _failed(failed, env)
    except BadValue as bad:
        return _failed(AzdockError(str(bad)), env)
    except BrokenPipeError:
        raise
    except OSError as failed:
        if failed.errno is None:
            raise
        return _failed(AzdockError(_file_trouble(failed)), env)
    except KeyboardInterrupt:
        return INTERRUPTED


def _failed(failed: AzdockError, env: Env) -> int:
    env.err.line(report(failed, env))
    return failure_code(failed, env)


def _file_trouble(failed: OSError) -> str:
    """One sentence about a file, disk or descriptor that the system refuses: a full disk, a home that is not ours."""
    where = f"{failed.filename}: " if failed.filename else ""
    return f"{where}{(failed.strerror or str(failed)).lower()}"


def describe(failed: AzdockError) -> str:
    """The message as docker words it: what the engine said carries the engine's name."""
    if isinstance(failed, DaemonError):
        return f"Error response from Azure: {failed.message}"
    return failed.message


def report(failed: AzdockError, env: Env) -> str:
    """Everything to print about an error: message, hint, request id with --debug, and for `run` docker's frame."""
    text = describe(failed)
    framed = bool(env.row) and env.row is not None and env.row.module == "run" and not _complete(failed)
    if framed:
        text = f"azdock: {text}"
    if failed.hint:
        text += f"\nhint: {failed.hint}"
    if env.debug and isinstance(failed, AzureFailure) and failed.request_id:
        text += f"\nrequest id: {failed.request_id}"
    if framed:
        text += f"\n\nRun '{env.path} --help' for more information"
    return text


def failure_code(failed: AzdockError, env: Env) -> int:
    """The error's own exit code, else the verb's."""
    if failed.code is not None:
        return failed.code
    return env.row.failure if env.row is not None else 1


def _complete(failed: AzdockError) -> bool:
    """Usage errors bring their own last lines; an error with code 1 comes from docker's client, not from `run`."""
    return isinstance(failed, UsageError) or failed.code == 1


def _silence() -> None:
    """Nobody reads our output any more: keep Python from complaining about that at exit."""
    null = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            os.dup2(null, stream.fileno())
        except (OSError, ValueError, AttributeError):
            continue  # no real file behind it, so nothing will be flushed
