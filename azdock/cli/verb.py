"""From a dataclass of flags to a Typer command that parses as docker does.

Typer keeps the commands, their parameters and the dispatch; its parser is replaced by pflag's rules (cli/pflag.py),
because values such as --rm=false and docker's wording of errors cannot be had from it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from azdock.catalogue import MANY, Row
from azdock.cli import help, pflag
from azdock.cli.env import Env
from azdock.cli.flags import Flag, flags_of
from azdock.errors import ArgumentCount, UsageError

Body = Callable[[Env, Any, Sequence[str]], int]
GIVEN = "given"  # a field of this name receives the long names and texts of the flags on the command line
ARGS = "args_"


@dataclass(frozen=True, slots=True)
class Verb:
    """What a verb module exports: its flags, whether they may follow arguments, and what it does."""

    flags: Sequence[Flag]
    make: Callable[..., Any]
    body: Body
    interspersed: bool
    takes_given: bool


def verb(declared: type[Any], *, interspersed: bool = True) -> Callable[[Body], Verb]:
    """Turn `body(env, flags, args) -> exit code` into a verb whose flags are the fields of `declared`."""

    def wrap(body: Body) -> Verb:
        takes_given = GIVEN in getattr(declared, "__dataclass_fields__", {})
        return Verb(flags_of(declared), declared, body, interspersed, takes_given)

    return wrap


def command(found: Verb, row: Row, path: str, env: Env) -> TyperCommand:
    """The Typer command of a verb typed as `path` (without the program's name)."""
    flags, typed = list(found.flags), f"azdock {path}"

    given: dict[str, str] = {}

    def callback(**values: Any) -> int:
        args = values.pop(ARGS)
        values = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
        if found.takes_given:
            values[GIVEN] = given
        return found.body(env, found.make(**values), args)

    callback.__signature__ = _signature(flags)  # type: ignore[attr-defined]
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(path, cls=DockerCommand, add_help_option=False, help=row.help)(callback)
    made = typer.main.get_command(app)
    assert isinstance(made, DockerCommand)
    made.attach(found, row, typed, env, given)
    return made


def _signature(flags: Sequence[Flag]) -> inspect.Signature:
    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [
        inspect.Parameter(one.dest, keyword, default=_default(one), annotation=_annotation(one)) for one in flags
    ]
    parameters.append(
        inspect.Parameter(ARGS, keyword, default=[], annotation=Annotated[list[str], typer.Argument(hidden=True)])
    )
    return inspect.Signature(parameters)


def _default(one: Flag) -> Any:
    return list(one.default) if one.repeatable else one.default


def _annotation(one: Flag) -> Any:
    names = [f"--{one.name}", *([f"-{one.short}"] if one.short else [])]
    if one.kind == "bool":
        return Annotated[bool, typer.Option(*names, help=one.help, hidden=one.hidden)]
    option = typer.Option(*names, help=one.help, hidden=one.hidden, parser=_as_is, metavar=one.kind)
    return Annotated[list[str] if one.repeatable else str, option]


def _as_is(value: Any) -> Any:
    """pflag has converted it already."""
    return value


class HelpShown(Exception):
    """The help text was printed; the process ends with 0."""


class DockerCommand(TyperCommand):
    """A Typer command with pflag's parser, docker's help and docker's usage errors."""

    def attach(self, found: Verb, row: Row, typed: str, env: Env, given: dict[str, str]) -> None:
        """Give the command its verb, and a place for the flags that are on the command line; before parsing."""
        self.found, self.row, self.typed, self.env, self.given = found, row, typed, env, given

    def make_parser(self, _ctx: Any) -> Any:
        """The parser Typer asks; it answers with values that need no further conversion."""
        return _Parser(self)

    def read(self, argv: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
        """Values by parameter name, and the arguments. Raises UsageError, ArgumentCount, HelpShown."""
        try:
            parsed = pflag.parse(self.found.flags, argv, interspersed=self.found.interspersed)
        except pflag.FlagError as bad:
            raise UsageError(f"{bad}\n\n{self.usage()}") from bad
        for note in parsed.notes:
            self.env.err.line(note)
        if parsed.help:
            text = help.verb_help(self.row, self.typed.removeprefix("azdock "), self.found.flags, self.env.out.size[1])
            self.env.out.write(text.encode())
            raise HelpShown
        check_arity(self.row, self.typed, len(parsed.args))
        self.given.update(parsed.given)
        named = {one.name: one.dest for one in self.found.flags}
        # Typer wants to see only what was given: the rest has its default already.
        return {named[name]: value for name, value in parsed.values.items() if name in parsed.given}, parsed.args

    def usage(self) -> str:
        """The lines under a usage error."""
        return f"Usage:  {f'{self.typed} {self.row.usage}'.strip()}\n\nRun '{self.typed} --help' for more information"


class _Parser:
    """Stands where Typer expects its own option parser."""

    _opt_prefixes: frozenset[str] = frozenset()

    def __init__(self, command: DockerCommand) -> None:
        self._command = command

    def parse_args(self, args: list[str]) -> tuple[dict[str, Any], list[str], list[Any]]:
        values, rest = self._command.read(args)
        opts = {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
        return {**opts, ARGS: rest}, [], []


def check_arity(row: Row, typed: str, count: int) -> None:
    """Raise ArgumentCount in docker's words when `count` arguments do not fit."""
    least, most = row.least, row.most
    if count >= least and most in (MANY, max(count, most)):
        return
    see = "Run"
    if most == 0:
        wanted = "accepts no arguments"
    elif most == MANY:
        wanted, see = f"requires at least {_arguments(least)}", "See"
    elif least == most:
        wanted = f"requires {_arguments(least)}"
    elif least == 0:
        wanted = f"requires at most {_arguments(most)}"
    else:
        wanted = f"requires at least {least} and at most {_arguments(most)}"
    raise ArgumentCount(
        f"azdock: '{typed}' {wanted}\n\nUsage:  {f'{typed} {row.usage}'.strip()}\n\n"
        f"{see} '{typed} --help' for more information"
    )


def _arguments(count: int) -> str:
    return f"{count} argument{'' if count == 1 else 's'}"
