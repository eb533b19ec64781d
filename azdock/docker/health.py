"""Health checks: what --health-* and the probe flags ask for, and which commands are HTTP or TCP checks in disguise."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal
from urllib.parse import urlsplit

from azdock.docker.values import BadValue

EMPTY: Mapping[str, int] = MappingProxyType({})

# what docker does when a check does not say it; seconds, and failures in a row
INTERVAL, TIMEOUT, RETRIES = 30.0, 30.0, 3
_HERE = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})
_SHELLS = frozenset({"sh", "bash", "ash", "dash", "/bin/sh", "/bin/bash", "/bin/ash", "/bin/dash"})
_ANYWAY = re.compile(r"\|\|\s*(?:exit\s+[0-9]+|false|/bin/false|return\s+[0-9]+)\s*;?\s*$")
_SILENCED = re.compile(r"(?:^|\s)(?:[12&]?>>?\s*/dev/null|2>&1|>&2)(?=\s|$)")


@dataclass(frozen=True, slots=True)
class Probe:
    """One check. `kind` http and tcp are done by the platform, exec by azdock when it looks. Times are seconds, 0 for
    the default; `command` is docker's test (("CMD-SHELL", text) or ("CMD", word, ...)), kept to be shown. Without a
    port and a command it is the image's own test."""

    kind: Literal["http", "tcp", "exec"]
    port: int = 0
    path: str = ""
    scheme: Literal["http", "https"] = "http"
    command: tuple[str, ...] = ()
    interval: float = 0.0
    timeout: float = 0.0
    retries: int = 0
    delay: float = 0.0  # before the first check


@dataclass(frozen=True, slots=True)
class Health:
    """The checks of a container. `check` is docker's --health-cmd with the time it may take to start; startup,
    liveness and readiness are Azure's own, given by flags of their own. `disabled` is --no-healthcheck."""

    check: Probe | None = None
    start_period: float = 0.0
    start_interval: float = 0.0
    startup: Probe | None = None
    liveness: Probe | None = None
    readiness: Probe | None = None
    disabled: bool = False


def effective(health: Health | None, test: Sequence[str], settings: Mapping[str, int] = EMPTY) -> Probe | None:
    """The check that holds: --health-cmd, else the image's `test` with the times of --health-*; None without one.

    Its kind is exec for a command that is neither HTTP nor TCP. `settings` are the image's own times, as docker writes
    them: Interval and Timeout in nanoseconds, Retries.
    """
    if health is not None and health.disabled:
        return None
    asked = health.check if health is not None else None
    if asked is not None and (asked.command or asked.port):
        return asked
    command = tuple(test)
    if not command or command == ("NONE",):
        return None
    times = asked or Probe("http")
    by_exec = asked is not None and asked.kind == "exec"
    found = None if by_exec else translate(command)
    return replace(
        found or Probe("exec"),
        command=command,
        interval=times.interval or settings.get("Interval", 0) / 1e9,
        timeout=times.timeout or settings.get("Timeout", 0) / 1e9,
        retries=times.retries or settings.get("Retries", 0),
    )


def parse_probe(text: str) -> Probe:
    """ "http:8080/path,period=5,timeout=1,failures=3,delay=1", "https:...", "tcp:5432" -> Probe. Raises BadValue."""
    place, *options = text.split(",")
    kind, colon, rest = place.partition(":")
    if kind not in ("http", "https", "tcp") or not colon:
        raise BadValue("must begin with http:PORT[/PATH], https:PORT[/PATH] or tcp:PORT")
    number, slash, path = rest.partition("/")
    if not number.isdecimal() or not number.isascii() or not 1 <= int(number) <= 65535:
        raise BadValue(f"invalid port: {number}")
    if kind == "tcp" and slash:
        raise BadValue("a tcp probe has no path")
    times = _options(options)
    if kind == "tcp":
        return replace(times, kind="tcp", port=int(number))
    return replace(times, kind="http", port=int(number), path=f"/{path}", scheme="https" if kind == "https" else "http")


def _options(items: Sequence[str]) -> Probe:
    fields = {"period": "interval", "timeout": "timeout", "failures": "retries", "delay": "delay"}
    found: dict[str, int] = {}
    for item in items:
        name, _, value = item.partition("=")
        if name not in fields:
            raise BadValue(f"unknown option {name}: must be one of {', '.join(fields)}")
        number = value.removesuffix("s") if name != "failures" else value
        if not number.isdecimal() or not number.isascii():
            raise BadValue(f"{name} must be a whole number{'' if name == 'failures' else ' of seconds'}: {value}")
        found[fields[name]] = int(number)
    return Probe(
        "http",
        interval=float(found.get("interval", 0)),
        timeout=float(found.get("timeout", 0)),
        retries=found.get("retries", 0),
        delay=float(found.get("delay", 0)),
    )


# ---- commands
def translate(test: Sequence[str]) -> Probe | None:
    """The HTTP or TCP check that a command of curl, wget or nc to this very container is; None for any other command.

    curl without --fail is content with any answer, so it is a TCP check.
    """
    words = _words(tuple(test))
    if not words:
        return None
    program = words[0].rpartition("/")[2]
    reader = {"curl": _curl, "wget": _wget, "nc": _nc, "ncat": _nc, "netcat": _nc}.get(program)
    found = reader(words[1:]) if reader else None
    return replace(found, command=tuple(test)) if found is not None else None


def _words(test: tuple[str, ...]) -> list[str]:
    """The command's words; [] when a shell is needed to know them."""
    form, rest = test[0] if test else "", test[1:]
    if form == "CMD" and not (len(rest) == 3 and rest[0] in _SHELLS and rest[1] in ("-c", "-lc")):
        return list(rest)
    if form not in ("CMD", "CMD-SHELL") or not rest:
        return []
    text = _SILENCED.sub(" ", _ANYWAY.sub("", rest[-1].strip()))
    try:
        words = _tokens(text)
    except ValueError:
        return []
    return [] if any(set(word) <= set("();<>|&") or set(word) & set("$`\n") for word in words) else words


def _tokens(text: str) -> list[str]:
    reader = shlex.shlex(text, posix=True, punctuation_chars=True)
    reader.whitespace_split, reader.commenters = True, ""
    return list(reader)


def _split(words: Sequence[str], valued: str, known: Mapping[str, bool]) -> tuple[set[str], list[str]] | None:
    """The options and the arguments; `valued` are letters and `known` long names that take a value. None for an unknown
    long option."""
    options: set[str] = set()
    arguments: list[str] = []
    rest = iter(words)
    for word in rest:
        if word.startswith("--"):
            name, equals, _ = word[2:].partition("=")
            if name not in known:
                return None
            options.add(name)
            if known[name] and not equals:
                next(rest, None)
        elif word.startswith("-") and len(word) > 1:
            for at, letter in enumerate(word[1:], 1):
                options.add(letter)
                if letter in valued:
                    if at == len(word) - 1:
                        next(rest, None)
                    break
        else:
            arguments.append(word)
    return options, arguments


_CURL = {
    **dict.fromkeys(("fail", "silent", "show-error", "location", "insecure", "head", "fail-with-body"), False),
    **dict.fromkeys(("max-time", "connect-timeout", "output", "retry", "ipv4", "ipv6"), True),
    **dict.fromkeys(("ipv4", "ipv6", "no-progress-meter", "verbose"), False),
}
_WGET = {
    **dict.fromkeys(("quiet", "spider", "no-verbose", "no-check-certificate", "server-response"), False),
    **dict.fromkeys(("tries", "timeout", "output-document", "retry-connrefused"), True),
}
_NC = {"wait": True, "zero": False}


def _curl(words: Sequence[str]) -> Probe | None:
    found = _split(words, "omw", _CURL)
    if found is None or len(found[1]) != 1 or not found[0] <= {*_CURL, *"fsSLkIomw46v"}:
        return None
    probe = _web(found[1][0])
    if probe is not None and not found[0] & {"f", "fail", "fail-with-body"}:
        return Probe("tcp", probe.port)
    return probe


def _wget(words: Sequence[str]) -> Probe | None:
    # -nv is one option of wget, not two letters
    found = _split([word for word in words if word != "-nv"], "OtT", _WGET)
    if found is None or len(found[1]) != 1 or not found[0] <= {*_WGET, *"qOtTS"}:
        return None
    return _web(found[1][0])


def _nc(words: Sequence[str]) -> Probe | None:
    found = _split(words, "w", _NC)
    if found is None or len(found[1]) != 2 or not found[0] <= {*_NC, *"zvwn4"} or not found[0] & {"z", "zero"}:
        return None
    host, port = found[1]
    if host.strip("[]") not in _HERE or not port.isdecimal() or not 1 <= int(port) <= 65535:
        return None
    return Probe("tcp", int(port))


def _web(address: str) -> Probe | None:
    """The check of a URL of this container; None for one of somebody else."""
    try:
        parts = urlsplit(address if "://" in address else f"http://{address}")
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or parts.hostname not in _HERE or parts.username:
        return None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if parts.scheme == "https":
        return Probe("http", port or 443, path, "https")
    return Probe("http", port or 80, path)
