"""Pure: an exec request as the one command string Azure takes, and input as its terminal takes it.

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
# Printed by the far side: the terminal is quiet now and input may come; the program does not exist.
READY, MISSING = b"\x1eready\x1e", b"\x1emissing\x1e"
_MARK = r"printf '\036%s\036'"
# linux/drivers/tty/n_tty.c: a line in canonical mode holds 4095 bytes, the rest is dropped.
LINE_BYTES = 1024
_QUIET = "stty -opost -echo -isig -ixon -icrnl 2>/dev/null"

# Set where a container has the host's processes, as it may in the embedded Azure: process 1 is somebody else's there.
FIRST_PROCESS = "${AZDOCK_FIRST_PROCESS:-1}"


def command_string(request: ExecRequest) -> str:
    """What goes into the address of the exec WebSocket."""
    plain = request.tty and not (request.env or request.workdir or request.detach)
    if plain and all(_SAFE.fullmatch(word) for word in request.command):
        return " ".join(request.command)
    return f"sh -c {_portable(script(request))}"


def script(request: ExecRequest) -> str:
    """The shell script behind a request that is more than plain words."""
    program = " ".join(shlex.quote(word) for word in request.command)
    exports = "".join(f"export {shlex.quote(item)}; " for item in request.env)
    where = f"cd {shlex.quote(request.workdir)} || exit 126; " if request.workdir else ""
    known = f"command -v {shlex.quote(request.command[0])} >/dev/null 2>&1 || {{ {_MARK % 'missing'}; exit 127; }}; "
    if request.detach:
        return f"{exports}{where}{known}trap '' HUP; {program} </dev/null >/dev/null 2>&1 &"
    if request.tty:
        return f"{exports}{where}exec {program}"
    source = "" if request.stdin else " </dev/null"
    # Through cat, so that the program does not see a terminal on its output; its exit code goes around it.
    piped = (
        f"{{ {{ {{ {{ {program}{source} 2>&1 3>&- 4>&-; echo $? >&3; }} | cat >&4; }} 3>&1; }} | "
        "{ read code; exit $code; }; } 4>&1"
    )
    return f"{_QUIET}; {_MARK % 'ready'}; {exports}{where}{known}{piped}"


def signal_string(signal: str) -> str:
    """The command that sends a signal (INT, RTMIN+1) to a container's first process; every shell knows its number."""
    number, _ = parse_signal(signal)
    return f"sh -c {_portable(f'kill -{number} {FIRST_PROCESS}')}"


class InputEncoder:
    """Input for a terminal in canonical mode without echo: control characters are quoted with ^V."""

    _QUOTED = re.compile(rb"[\x00-\x09\x0b-\x1f\x7f\xff]")

    def __init__(self) -> None:
        self._pending = 0  # bytes of an unfinished line that the terminal has not handed over

    def data(self, chunk: bytes) -> bytes:
        """A piece of input; ^D within a long line hands over what the terminal would drop beyond its 4095 bytes."""
        return b"".join(self._line(line) for line in chunk.splitlines(keepends=True))

    def end(self) -> bytes:
        """End of input: the first ^D hands over an unfinished line, the next one says that there is no more."""
        return b"\x04\x04" if self._pending else b"\x04"

    def _line(self, line: bytes) -> bytes:
        out = []
        while line:
            piece, line = line[: LINE_BYTES - self._pending], line[LINE_BYTES - self._pending :]
            out.append(self._QUOTED.sub(lambda found: b"\x16" + found[0], piece))
            self._pending = 0 if piece.endswith(b"\n") else self._pending + len(piece)
            if self._pending == LINE_BYTES:
                out.append(b"\x04")
                self._pending = 0
        return b"".join(out)


def _portable(text: str) -> str:
    """A script as one word of letters that no splitting rule touches: `sh -c` evaluates it to the script."""
    inner = base64.b64encode(text.encode("utf-8", "surrogateescape")).decode()
    # The unquoted result of $(...) is split at blanks and joined again by eval, so it must not care: a second layer.
    outer = base64.b64encode(f'eval "$(echo {inner}|base64 -d)"'.encode()).decode()
    return f"eval${{IFS}}$(echo${{IFS}}{outer}|base64${{IFS}}-d)"
