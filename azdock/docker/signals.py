"""Signal names and numbers as `kill -s` and `--stop-signal` accept them."""

from __future__ import annotations

from azdock.docker.values import BadValue

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


def parse_signal(text: str) -> tuple[int, str]:
    """ "TERM", "sigterm" or "15" -> (15, "SIGTERM"). Raises BadValue ("Invalid signal: X")."""
    try:
        number = int(text)
    except ValueError:
        found = _NUMBERS.get(text.upper().removeprefix("SIG"))
        if found is None:
            raise BadValue(f"Invalid signal: {text}") from None
        number = found
    if number not in _BY_NUMBER:
        raise BadValue(f"Invalid signal: {text}")
    return number, f"SIG{_BY_NUMBER[number]}"
