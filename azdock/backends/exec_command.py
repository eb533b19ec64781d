"""Pure: an exec request as the one command string Azure takes.

Azure splits the string by rules that nobody published, so everything but plain words travels as `sh -c` with an
argument free of blanks, quotes and backslashes.
"""

from __future__ import annotations

import base64
import re
import shlex

from azdock.docker.channels import ExecRequest
from azdock.docker.signals import parse_signal

_SAFE = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")

# Set where a container has the host's processes, as it may in the embedded Azure: process 1 is somebody else's there.
FIRST_PROCESS = "${AZDOCK_FIRST_PROCESS:-1}"


def command_string(request: ExecRequest) -> str:
    """What goes into the address of the exec WebSocket for a command that wants the terminal."""
    if not (request.env or request.workdir or request.detach) and _plain(request):
        return " ".join(request.command)
    return shell_string(script(request))


def script(request: ExecRequest) -> str:
    """The shell script behind a request with a terminal that is more than plain words."""
    program = " ".join(shlex.quote(word) for word in request.command)
    items = "".join(f"{shlex.quote(item)} " for item in request.env)
    where = f"cd {shlex.quote(request.workdir)} || exit 126; " if request.workdir else ""
    return f"{where}exec {'env ' if items else ''}{items}{program}"


def needs_shell(request: ExecRequest) -> str:
    """What of a request without a terminal a program alone on Azure's terminal cannot have; "" when nothing."""
    flags = [
        name
        for name, wanted in (
            ("--interactive", request.stdin),
            ("--detach", request.detach),
            ("--env", request.env),
            ("--workdir", request.workdir),
            ("--user", request.user),
        )
        if wanted
    ]
    return flags[0] if flags else "" if _plain(request) else "an argument with blanks or quotes"


def signal_script(signal: str) -> str:
    """What sends a signal (INT, RTMIN+1) to a container's first process; every shell knows its number."""
    number, _ = parse_signal(signal)
    return f"kill -{number} {FIRST_PROCESS}"


def signal_string(signal: str) -> str:
    """The same as a command of its own that needs nothing but a shell."""
    return f"sh -c {signal_script(signal).replace(' ', '${IFS}')}"


def shell_string(text: str) -> str:
    """The command string that runs a script: one word of letters that no splitting rule touches."""
    inner = base64.b64encode(text.encode("utf-8", "surrogateescape")).decode()
    # The unquoted result of $(...) is split at blanks and joined again by eval, so it must not care: a second layer.
    outer = base64.b64encode(f'eval "$(echo {inner}|base64 -d)"'.encode()).decode()
    return f"sh -c eval${{IFS}}$(echo${{IFS}}{outer}|base64${{IFS}}-d)"


def _plain(request: ExecRequest) -> bool:
    return all(_SAFE.fullmatch(word) for word in request.command)
