"""Parsing as Go's pflag does it, error texts included.

SOURCE: github.com/spf13/pflag, flag.go, bool.go, int.go, duration.go; docker/cli, opts/.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from azdock.cli.flags import Flag

HELP = Flag("help", kind="bool", default=False, help="Print usage", hidden=True)
DEPRECATED_H = "Flag shorthand -h has been deprecated, use --help"
TRUE, FALSE = frozenset({"1", "t", "T", "true", "TRUE", "True"}), frozenset({"0", "f", "F", "false", "FALSE", "False"})


class FlagError(ValueError):
    """A flag that pflag refuses; the text is pflag's."""


@dataclass(slots=True)
class Parsed:
    """`values` has every flag by name, `given` the text of those on the command line, `args` what is no flag."""

    values: dict[str, Any]
    given: dict[str, str] = field(default_factory=dict)
    args: list[str] = field(default_factory=list)
    help: bool = False
    notes: list[str] = field(default_factory=list)


def parse(flags: Sequence[Flag], argv: Sequence[str], *, interspersed: bool = True) -> Parsed:
    """Split a command line. Without `interspersed` everything after the first argument is an argument.

    Raises FlagError at the first flag that cannot be set.
    """
    return _Parser(flags, interspersed).run(list(argv))


class _Parser:
    def __init__(self, flags: Sequence[Flag], interspersed: bool) -> None:
        known = [HELP, *(one for one in flags if one.name != HELP.name)]
        self._names = {one.name: one for one in known}
        self._shorts = {one.short: one for one in known if one.short}
        self._interspersed = interspersed
        self._out = Parsed({one.name: one.default for one in flags})
        self._lists: dict[str, list[Any]] = {}

    def run(self, argv: list[str]) -> Parsed:
        rest = iter(argv)
        for word in rest:
            if word == "--":
                self._out.args.extend(rest)
            elif len(word) > 1 and word.startswith("-"):
                (self._long if word.startswith("--") else self._shorthands)(word, rest)
            else:
                self._out.args.append(word)
                if not self._interspersed:
                    self._out.args.extend(rest)
        self._out.values.update({name: tuple(items) for name, items in self._lists.items()})
        self._out.help = bool(self._out.values.pop(HELP.name, False)) or self._out.help
        return self._out

    def _long(self, word: str, rest: Iterator[str]) -> None:
        name, equals, value = word[2:].partition("=")
        if not name or name[0] == "-":
            raise FlagError(f"bad flag syntax: {word}")
        one = self._names.get(name)
        if one is None:
            raise FlagError(f"unknown flag: --{name}")
        if not equals:
            value = "true" if one.kind == "bool" else self._next(rest, f"flag needs an argument: --{name}")
        self._set(one, value)

    def _shorthands(self, word: str, rest: Iterator[str]) -> None:
        letters = word[1:]
        while letters:
            letter, after = letters[0], letters[1:]
            one = self._shorts.get(letter)
            if one is None and letter == "h":
                self._out.help = True
                self._out.notes.append(DEPRECATED_H)
                one = HELP
            if one is None:
                raise FlagError(f"unknown shorthand flag: {letter!r} in -{letters}")
            if after.startswith("=") and len(after) > 1:
                value, letters = after[1:], ""
            elif one.kind == "bool":
                value, letters = "true", after
            elif after:
                value, letters = after, ""
            else:
                value = self._next(rest, f"flag needs an argument: {letter!r} in -{letters}")
                letters = ""
            self._set(one, value)

    @staticmethod
    def _next(rest: Iterator[str], complaint: str) -> str:
        value = next(rest, None)
        if value is None:
            raise FlagError(complaint)
        return value

    def _set(self, one: Flag, text: str) -> None:
        try:
            value = convert(one, text)
        except ValueError as bad:
            raise FlagError(f'invalid argument "{_quoted(text)}" for "{one.title}" flag: {bad}') from bad
        if one.repeatable:
            self._lists.setdefault(one.name, []).extend(value if one.kind == "strings" else [value])
            before = self._out.given.get(one.name)
            self._out.given[one.name] = text if before is None else f"{before},{text}"
            return
        self._out.values[one.name] = value
        if value == one.default:
            # --init=false asks for nothing that would not have been so anyway
            self._out.given.pop(one.name, None)
        else:
            self._out.given[one.name] = text


def _quoted(text: str) -> str:
    """The inside of Go's %q for what people type."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")


def convert(one: Flag, text: str) -> Any:
    """One text as the flag's value. Raises ValueError with Go's or docker's words."""
    if one.check is not None:
        return one.check(text)
    return KINDS.get(one.kind, str)(text)


def _bool(text: str) -> bool:
    if text in TRUE:
        return True
    if text in FALSE:
        return False
    raise ValueError(f'strconv.ParseBool: parsing "{_quoted(text)}": invalid syntax')


def _integer(low: int, high: int, function: str) -> Callable[[str], int]:
    def read(text: str) -> int:
        try:
            value = _go_integer(text)
        except ValueError:
            raise ValueError(f'strconv.{function}: parsing "{_quoted(text)}": invalid syntax') from None
        if low == 0 and text[:1] in "+-":
            raise ValueError(f'strconv.{function}: parsing "{_quoted(text)}": invalid syntax')
        if not low <= value <= high:
            raise ValueError(f'strconv.{function}: parsing "{_quoted(text)}": value out of range')
        return value

    return read


def _go_integer(text: str) -> int:
    """strconv.ParseInt with base 0: prefixes 0x, 0o, 0b, a leading 0 means octal, underscores only with a prefix."""
    digits = text[1:] if text[:1] in ("+", "-") else text
    if text != text.strip() or not digits[:1].isalnum():
        raise ValueError(text)
    if digits[0] == "0" and digits[1:2].isdigit():
        return int(digits, 8) * (-1 if text[0] == "-" else 1)
    return int(text, 0)


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f'strconv.ParseFloat: parsing "{_quoted(text)}": invalid syntax') from None


def _duration(text: str) -> float:
    from azdock.docker.units import parse_duration

    return parse_duration(text)


def _bytes(text: str) -> int:
    from azdock.docker.units import parse_memory

    return parse_memory(text)


def _cpus(text: str) -> int:
    from azdock.docker.units import parse_cpus

    return parse_cpus(text)


def _filter(text: str) -> str:
    if text and "=" not in text:
        raise ValueError("bad format of filter (expected name=value)")
    return text


def _comma_list(text: str) -> list[str]:
    return text.split(",") if text else []


_INT64 = _integer(-(2**63), 2**63 - 1, "ParseInt")
KINDS: dict[str, Callable[[str], Any]] = {
    "bool": _bool,
    "int": _INT64,
    "uint": _integer(0, 2**64 - 1, "ParseUint"),
    "uint16": _integer(0, 2**16 - 1, "ParseUint"),
    "uint32": _integer(0, 2**32 - 1, "ParseUint"),
    "float": _float,
    "duration": _duration,
    "bytes": _bytes,
    "decimal": _cpus,
    "filter": _filter,
    "strings": _comma_list,
}
