"""Pure: what goes between azdock and its exec agent (exec_agent.sh) over a terminal, as bytes.

To the agent go lines and pieces of input, from it come frames: RS kind N payload US. The far terminal is in canonical
mode, where ^V quotes the next character and ^D hands over what was typed.
"""

from __future__ import annotations

import base64
import re
import secrets
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources

from azdock.docker.channels import ExecRequest

BEGIN, END = b"\x1e", b"\x1f"
BOOTED = "b"  # the kind of the first frame: the terminal is quiet and the agent's text may come
# linux/drivers/tty/n_tty.c: the terminal holds 4095 bytes that nobody has read; more of one piece would be dropped.
PIECE_BYTES = 2048
WINDOW_PIECES = 16
WINDOWS = 8  # more than may be under way, so that each has a name of its own
LINE_BYTES = 1500
_SPECIAL = re.compile(rb"[\x03\x04\x0a\x0d\x0f\x11-\x13\x15-\x17\x1a\x1c\x7f]")
_PLAIN = re.compile(r"[ -~]+")
_FRAME = re.compile(rb"([a-z]) (\d+) (.*)", re.S)
# isig, icrnl and the like would change what is sent, opost what comes back
_QUIET = "stty icanon iexten -opost -echo -isig -ixon -icrnl"


@dataclass(frozen=True, slots=True)
class Frame:
    """One message of the agent: what it is about, the command's number (0: none), and its text."""

    kind: str
    number: int
    payload: bytes


class FrameReader:
    """Finds frames in a terminal's output, however it is cut; what stands between them is `noise`."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.noise = b""

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that are complete now."""
        while data:
            head, end, data = data.partition(END)
            self._parts.append(head)
            if not end:
                return
            whole, self._parts = b"".join(self._parts), []
            noise, _, text = whole.rpartition(BEGIN)
            self.noise = (self.noise + noise)[-1000:]
            if found := _FRAME.fullmatch(text):
                yield Frame(found[1].decode(), int(found[2]), found[3])
            else:
                self.noise = (self.noise + text)[-1000:]

    def rest(self) -> bytes:
        """The noise so far and what no frame has ended: the last words of a far side that is no agent."""
        return self.noise + b"".join(self._parts)


def boot(token: str) -> str:
    """The script of the exec connection: makes the terminal quiet, then becomes the agent whose text is typed."""
    return (
        f"{_QUIET} || {{ printf '\\036h 0 stty\\037'; exit 1; }}; exec 9>&1 2>/dev/null; azdock_token={token}; "
        f"""printf '\\036{BOOTED} 0 \\037'; eval "$(base64 -d)\""""
    )


def new_token() -> str:
    """Names the folder of one agent."""
    return secrets.token_hex(8)


def agent() -> bytes:
    """The agent's text as it is typed: base64, without comments, and the end of input."""
    text = resources.files("azdock.backends").joinpath("exec_agent.sh").read_text(encoding="utf-8")
    lines = (line.strip() for line in text.splitlines())
    code = "\n".join(line for line in lines if line and not line.startswith("#"))
    return base64.encodebytes(code.encode()) + b"\x04"


def script(request: ExecRequest) -> str:
    """The script that becomes the requested command. Variables go through env(1): a shell has names of its own that
    it lets nobody set, and refuses others that an environment may have."""
    where = f"cd -- {shlex.quote(request.workdir)} 2>/dev/null || azdock_fail workdir; " if request.workdir else ""
    if request.user:
        where += f"azdock_user {shlex.quote(request.user)} 2>/dev/null; "
    words = " ".join(shlex.quote(word) for word in request.command)
    if not request.env:
        return f"{where}unset PWD OLDPWD SHLVL; azdock_exec {words}"
    path = "".join(f" {shlex.quote(item[5:])}" for item in request.env[::-1] if item.startswith("PATH="))
    items = " ".join(shlex.quote(item) for item in request.env)
    check = f"azdock_check {shlex.quote(request.command[0])}{path}"
    return f"{where}unset PWD OLDPWD SHLVL; {check}; exec $azdock_as ${{azdock_env:-env}} {items} {words} 9>&-"


def run(number: int, slot: int, request: ExecRequest) -> bytes:
    """The lines that start a command in a slot that is free."""
    flags = ("d" if request.detach else "") + ("i" if request.stdin else "") or "-"
    text = script(request)
    if _PLAIN.fullmatch(text) and len(text) <= LINE_BYTES:
        return f"run {number} {flags} {slot} {text}\n".encode()
    body = base64.b64encode(text.encode("utf-8", "surrogateescape")).decode()
    pieces = [body[at : at + LINE_BYTES] for at in range(0, len(body), LINE_BYTES)]
    return "".join(f"more {piece}\n" for piece in pieces).encode() + f"run {number} {flags} {slot} -\n".encode()


def window(number: int, slot: int, data: bytes, nth: int = 0) -> tuple[bytes, bytes]:
    """The `nth` window of input as it is typed, and the input that has to wait for the next one."""
    now, later = data[: PIECE_BYTES * WINDOW_PIECES], data[PIECE_BYTES * WINDOW_PIECES :]
    pieces = [now[at : at + PIECE_BYTES] for at in range(0, len(now), PIECE_BYTES)]
    typed = b"".join(_SPECIAL.sub(b"\x16\\g<0>", piece) + b"\x04" for piece in pieces)
    return f"data {number} {len(pieces)} {slot} {nth % WINDOWS}\n".encode() + typed, later


def line(*words: object) -> bytes:
    """A line without a payload of its own, such as `ping`."""
    return " ".join(str(word) for word in words).encode() + b"\n"


def about(verb: str, number: int, slot: int) -> bytes:
    """A line about a command: end, drop, hup."""
    return line(verb, number, "-", slot)


def failure(word: str, request: ExecRequest) -> str:
    """Why the command cannot be invoked, in the words of docker's runtime; `word` is the agent's."""
    program = request.command[0]
    return {
        "missing": f'exec: "{program}": executable file not found in $PATH',
        "absent": f'exec: "{program}": stat {program}: no such file or directory',
        "directory": f'exec: "{program}": is a directory',
        "denied": f'exec: "{program}": permission denied',
        "workdir": f'chdir to cwd ("{request.workdir}") set in config.json failed: no such file or directory',
        "nouser": f"unable to find user {request.user.partition(':')[0]}: no matching entries in passwd file",
        "nogroup": f"unable to find group {request.user.partition(':')[2]}: no matching entries in group file",
    }[word]


def refusal(word: str) -> str:
    """Why a container cannot have the user that was asked for; "" when `word` is about something else."""
    return {
        "notroot": "--user: the container runs as an ordinary user, who cannot become another one",
        "nosetuid": "--user: the image has no setuidgid, setpriv or nsenter to become another user with",
    }.get(word, "")
