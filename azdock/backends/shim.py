"""The run shim: a container's command line wrapped into the shell program of run*.sh, and its marks in the log."""

from __future__ import annotations

import base64
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, cast

from azdock.docker.channels import Stream

# Invisible in terminals and in the portal: U+2063 INVISIBLE SEPARATOR, then U+2062 INVISIBLE TIMES (a line of stderr)
# or U+2061 FUNCTION APPLICATION (a mark).
Stdin = Literal["none", "carried", "attached", "held"]
STDERR = "\u2063\u2062"
MARK = "\u2063\u2061"

# Linux takes 128 KiB for one argument (MAX_ARG_STRLEN; SOURCE: execve(2)), and base64 makes 4 bytes of 3.
CARRIED_BYTES = 64 * 1024

NAME = "azdock-run"
# env would take a program with "=" in its name for a variable; nice runs any program.
STEP = ("nice", "-n", "0")
_MARK = re.compile(
    MARK + r"azdock (?P<token>\S+) (?:begin (?P<begin>out|err)(?: (?P<plain>plain))?"
    r"|end (?P<end>out|err) (?P<code>[0-9]{1,3})(?: (?P<failure>missing|invoke|workdir|stdin))?)\r?\n?"
)

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Found by running dash, bash and busybox sh with each name that their manuals mention.
_SHELLS_OWN = frozenset(
    {"_", "BASH", "BASHOPTS", "BASHPID", "BASH_ARGV0", "BASH_COMMAND", "BASH_EXECUTION_STRING", "BASH_SUBSHELL"}
    | {"BASH_VERSINFO", "BASH_VERSION", "COMP_WORDBREAKS", "EPOCHREALTIME", "EPOCHSECONDS", "HISTCMD", "IFS", "LINENO"}
    | {"OLDPWD", "OPTERR", "OPTIND", "POSIXLY_CORRECT", "PPID", "PS1", "PS2", "PS4", "PWD", "RANDOM", "SHELLOPTS"}
    | {"SHLVL", "SRANDOM"}
)

# Run through exec inside a container whose command waits for input: copies its own standard input there. In the
# embedded Azure a container may have the host's processes, and tells which one is its first.
STDIN_SCRIPT = """\
n=0 first=${AZDOCK_FIRST_PROCESS:-1}
while [ $n -lt 50 ]; do
  for pipe in /dev/shm/.azdock-stdin /tmp/.azdock-stdin; do
    [ "$first" = 1 ] || pipe=$pipe-$first
    [ -p "$pipe" ] && exec cat >"$pipe"
  done
  n=$((n + 1)); sleep 0.1
done
echo "azdock: the container's command does not take input" >&2
exit 125
"""

# Run through exec inside a container that waits for its session: becomes the session of its command. It first says
# whether it may, in a frame that ClaimedChannel reads.
SESSION_SCRIPT = """\
n=0 az_folder=${AZDOCK_FOLDER:-/.azdock}
while [ $n -lt 100 ] && [ ! -e "$az_folder/session.sh" ]; do n=$((n + 1)); sleep 0.1; done
[ -e "$az_folder/session.sh" ] && . "$az_folder/session.sh"
printf '\\036azdock none\\037'
exit 125
"""
PATIENCE = 60  # seconds that a container waits for its session


@dataclass(frozen=True, slots=True)
class Plan:
    """How a command is wrapped.

    `linger` is how many seconds after its start the container stays readable when its command has ended before,
    `refused` the same for a command that could not be run. `workdir` is made and entered first; "" keeps the image's.
    `init` forwards every signal to the command, also those that docker's process 1 would ignore. `stdin`: none is the
    null device, carried is `data`, attached is a named pipe that the command waits for until somebody writes to it and
    that ends with the first writer, held one that never ends. `variables` are NAME=value whose names a shell cannot
    hold.

    Where Azure runs a container again whatever its code (an app), `again` is how often docker's policy lets the command
    run again, -1 until it succeeds, None always; then the container waits to be removed. `park` makes it wait without
    running the command at all, which will run without the shim if it is `bare`. `session` says that the command runs in
    a session (SESSION_SCRIPT), which the container awaits for `patience` seconds and ends with.
    """

    linger: int = 0
    refused: int = 0
    workdir: str = ""
    init: bool = False
    stdin: Stdin = "none"
    data: bytes = b""
    variables: tuple[str, ...] = ()
    again: int | None = None
    park: bool = False
    bare: bool = False
    session: bool = False
    patience: int = PATIENCE


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark in the log. `code` is the command's exit code (end only). `failure` is why the command could not be
    invoked: "missing" (no such program), "invoke" (cannot be executed), "workdir", "stdin" (its input cannot be given),
    else "". There is no begin mark then.

    `plain` says that stderr carries no prefix, as the container has nowhere to make a pipe.
    """

    kind: Literal["begin", "end"]
    stream: Stream
    token: str
    code: int = 0
    failure: str = ""
    plain: bool = False


def wrap(argv: Sequence[str], plan: Plan) -> list[str]:
    """The whole command line of the container, beginning with /bin/sh.

    Raises ValueError for an empty `argv`, for more than CARRIED_BYTES of data, and for a variable that is no
    NAME=value.
    """
    if not argv and not plan.bare:
        raise ValueError("there is no command to run")
    if len(plan.data) > CARRIED_BYTES:
        raise ValueError(f"{len(plan.data)} bytes of input are more than the {CARRIED_BYTES} that a job can carry")
    for item in plan.variables:
        if item.find("=") < 1:
            raise ValueError(f"not a variable: {item!r}")
    before = [*plan.variables, *(STEP if argv and "=" in argv[0] else ())]
    options = [item for pair in _options(plan, len(before)) for item in pair]
    if plan.session:
        options += ["--session", _session(plan, before, argv), "--patience", str(plan.patience)]
    return ["/bin/sh", "-c", _program(plan), NAME, *options, "--", *before, *argv]


def unwrap(command: Sequence[str]) -> tuple[Plan, tuple[str, ...]] | None:
    """The plan and the command line behind a wrapped one; None for anything else."""
    known = (*command[:2], *command[3:5]) == ("/bin/sh", "-c", NAME, "--mark")
    if not known or "--" not in command[4::2]:
        return None
    end = 4 + 2 * command[4::2].index("--")
    options = dict(zip(command[4:end:2], command[5:end:2], strict=True))
    try:
        count = int(options.get("--before", "0"))
        before, argv = tuple(command[end + 1 :][:count]), tuple(command[end + 1 :][count:])
        return _plan(options, before[: -len(STEP)] if argv and "=" in argv[0] else before), argv
    except ValueError:
        return None


def must_carry(name: str) -> bool:
    """Whether a variable of this name reaches the command only through Plan.variables: shells drop it or change it."""
    return name in _SHELLS_OWN or not _IDENTIFIER.fullmatch(name)


def split(text: str) -> tuple[str, Mark | None]:
    """A record's text before a mark, and the mark; a mark may follow an unfinished last line."""
    at = text.rfind(MARK + "azdock ")
    found = _MARK.fullmatch(text, at) if at >= 0 else None
    if found is None:
        return text, None
    part = found.groupdict(default="")
    mark = Mark(
        kind="end" if part["end"] else "begin",
        stream=cast(Stream, part["end"] or part["begin"]),
        token=part["token"],
        code=int(part["code"] or 0),
        failure=part["failure"],
        plain=bool(part["plain"]),
    )
    return text[:at], mark


def stream_of(text: str) -> tuple[Stream, str]:
    """The stream a whole record (or the first part of a long line) was written to, and its text without prefix."""
    if text.startswith(STDERR):
        return "err", text[len(STDERR) :]
    return "out", text


def _options(plan: Plan, before: int) -> Iterator[tuple[str, str]]:
    yield "--mark", MARK
    yield "--prefix", STDERR
    if plan.linger:
        yield "--linger", str(plan.linger)
    if plan.refused:
        yield "--refused", str(plan.refused)
    if plan.workdir:
        yield "--workdir", plan.workdir
    if plan.init:
        yield "--init", "1"
    if plan.stdin != "none":
        yield "--stdin", plan.stdin
    if plan.data:
        yield "--data", base64.b64encode(plan.data).decode()
    if before:
        yield "--before", str(before)
    if plan.again is not None:
        yield "--again", str(plan.again)
    if plan.park:
        yield "--park", "1"
    if plan.bare:
        yield "--bare", "1"


def _plan(options: Mapping[str, str], variables: tuple[str, ...]) -> Plan:
    return Plan(
        linger=int(options.get("--linger", "0")),
        refused=int(options.get("--refused", "0")),
        workdir=options.get("--workdir", ""),
        init="--init" in options,
        stdin=cast('Literal["none", "carried", "attached", "held"]', options.get("--stdin", "none")),
        data=base64.b64decode(options.get("--data", "")),
        variables=variables,
        again=int(options["--again"]) if "--again" in options else None,
        park="--park" in options,
        bare="--bare" in options,
        session="--session" in options,
        patience=int(options.get("--patience", PATIENCE)),
    )


def _program(plan: Plan) -> str:
    """The shell program: the functions that a run needs, then run.sh, which calls them."""
    if plan.park:
        return "\n".join(map(_text, ("run_rest.sh", "run_park.sh")))
    again = ("run_rest.sh", "run_again.sh") if plan.again is not None else ()
    wants = "run_init.sh" if plan.init else "run_first.sh"
    stdin = ("run_stdin.sh",) if plan.stdin != "none" else ()
    launch = ("run_session.sh",) if plan.session else ("run_refuse.sh", *stdin, "run_stderr.sh", "run_launch.sh")
    return "\n".join(map(_text, (*again, wants, "run_signals.sh", *launch, "run.sh")))


def _session(plan: Plan, before: Sequence[str], argv: Sequence[str]) -> str:
    """The script that SESSION_SCRIPT finds in the container: the command with all it needs."""
    settings = f"az_before={len(before)} az_workdir={shlex.quote(plan.workdir)}\nset -- {shlex.join([*before, *argv])}"
    return "\n".join((settings, _text("run_refuse.sh"), _text("run_within.sh")))


@cache
def _text(name: str) -> str:
    """A part without its comments, which need not travel with every job."""
    lines = Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if line and not line.lstrip().startswith("#"))
