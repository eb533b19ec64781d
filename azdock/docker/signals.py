"""Signal names and numbers as `kill -s` and `--stop-signal` accept them."""

from __future__ import annotations

import re

from azdock.docker.values import BadValue

KILLED = 128 + 9  # the exit code of a command that SIGKILL has ended

_NAMES = [
    "HUP",
    "INT",
    "QUIT",
    "ILL",
    "TRAP",
    "ABRT",
    "BUS",
    "FPE",
    "KILL",
    "USR1",
    "SEGV",
    "USR2",
    "PIPE",
    "ALRM",
    "TERM",
    "STKFLT",
    "CHLD",
    "CONT",
    "STOP",
    "TSTP",
    "TTIN",
    "TTOU",
    "URG",
    "XCPU",
    "XFSZ",
    "VTALRM",
    "PROF",
    "WINCH",
    "IO",
    "PWR",
    "SYS",
]
# Linux numbers, whatever machine azdock runs on: the container is a Linux one.
_NUMBERS: dict[str, int] = {name: number for number, name in enumerate(_NAMES, 1)}
_NUMBERS |= {"IOT": 6, "CLD": 17, "POLL": 29}
_NUMBERS |= {"RTMIN": 34, "RTMAX": 64}
_NUMBERS |= {f"RTMIN+{n}": 34 + n for n in range(1, 16)}
_NUMBERS |= {f"RTMAX-{n}": 64 - n for n in range(1, 15)}
_BY_NUMBER = {number: name for name, number in reversed(_NUMBERS.items())}


class UnsupportedSignal(BadValue):
    """A number that is no Linux signal; docker finds this only after it has found the container."""


def parse_signal(text: str) -> tuple[int, str]:
    """ "TERM", "sigterm" or "15" -> (15, "SIGTERM"). Raises BadValue ("Invalid signal: X") and UnsupportedSignal."""
    number = _number(text)
    if not number:
        raise BadValue(f"Invalid signal: {text}")
    if number not in _BY_NUMBER:
        # Go prints its unsigned number
        raise UnsupportedSignal(f"The linux daemon does not support signal {number % 2**64}")
    return number, f"SIG{_BY_NUMBER[number]}"


def _number(text: str) -> int:
    if re.fullmatch(r"[+-]?[0-9]+", text):
        return int(text)
    return _NUMBERS.get(text.upper().removeprefix("SIG"), 0)
