"""The root Typer group: it knows every verb from the catalogue and imports only the one that was typed."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

from typer.core import TyperGroup

from azdock import catalogue
from azdock.catalogue import REFUSED, Row
from azdock.cli import help, pflag
from azdock.cli.env import Env
from azdock.cli.flags import Flag
from azdock.cli.verb import HelpShown, Verb, command
from azdock.errors import ArgumentCount, UnknownVerb, Unsupported, UsageError

GLOBALS = tuple(
    Flag(name, short, kind, {"bool": False, "list": ()}.get(kind, ""), text)
    for short, name, kind, text in catalogue.GLOBAL_FLAGS
)
DAEMON_FLAGS = ("host", "tls", "tlscacert", "tlscert", "tlskey", "tlsverify")


def run(argv: Sequence[str], env: Env) -> int:
    """Parse a command line and run its verb; returns the exit code. Raises AzdockError."""
    root = Group("", env)
    try:
        with root.make_context("azdock", list(argv)) as context:
            return int(root.invoke(context) or 0)
    except HelpShown:
        return 0


def load(row: Row, path: str) -> Verb:
    """Import the module of a verb and take the verb out of it."""
    name, _, attribute = row.module.partition(":")
    module = importlib.import_module(f"azdock.commands.{name}")
    if row.module == REFUSED:
        return module.refuse(row, path)  # type: ignore[no-any-return]
    return getattr(module, attribute or "command")  # type: ignore[no-any-return]


def gaps() -> list[tuple[str, str, str]]:
    """(verb or noun, why azdock refuses it, what to do instead), in alphabetical order."""
    table = importlib.import_module("azdock.commands.refused").GAPS
    return [(name, *table[name]) for name in sorted(table)]


class Group(TyperGroup):
    """The root ("") or a noun such as "container"."""

    def __init__(self, noun: str, env: Env) -> None:
        super().__init__(name=noun or "azdock", add_help_option=False, rich_markup_mode=None)
        self.noun, self.env = noun, env
        self.typed = f"azdock {noun}".strip()

    def list_commands(self, _ctx: Any) -> list[str]:
        """Every word that may follow."""
        return [word for word, _help in catalogue.members(self.noun)]

    def get_command(self, _ctx: Any, cmd_name: str) -> Any:
        """The verb or noun of that name, its module imported now; None when there is none."""
        words = f"{self.noun} {cmd_name}".strip()
        if words in catalogue.NOUNS:
            return Group(words, self.env)
        found = catalogue.find(words)
        if found is None:
            return None
        row, path = found
        self.env.row, self.env.path = row, f"azdock {path}"
        return command(load(row, path), row, path, self.env)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take the flags in front of the next word; the root has docker's global flags, nouns have only --help."""
        rest = self._flags(args)
        if not rest:
            self.env.err.write(self._help().encode())
            raise HelpShown
        if not self.noun and rest[0] == "help":
            raise self._help_topic(rest[1:])
        ctx._protected_args, ctx.args = rest[:1], rest[1:]
        return rest[1:]

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that `args` names. Raises UnknownVerb or UsageError in docker's words."""
        found = self.get_command(ctx, args[0])
        if found is not None:
            return args[0], found, args[1:]
        # docker parses the rest with its own flags before it says that the command is unknown
        self._flags(args, interspersed=True)
        usage = f"\n\nUsage:  {self.typed}" if self.noun else ""
        raise UnknownVerb(
            f"azdock: unknown command: {self.typed} {args[0]}{usage}\n\nRun '{self.typed} --help' for more information"
        )

    def _flags(self, args: list[str], *, interspersed: bool = False) -> list[str]:
        flags = () if self.noun else GLOBALS
        try:
            parsed = pflag.parse(flags, args, interspersed=interspersed)
        except pflag.FlagError as bad:
            words = "[OPTIONS] COMMAND [ARG...]" if not self.noun else "COMMAND"
            raise UsageError(
                f"{bad}\n\nUsage:  {self.typed} {words}\n\nRun '{self.typed} --help' for more information"
            ) from bad
        if parsed.help:
            for note in parsed.notes:
                self.env.err.line(note)
            self.env.out.write(self._help().encode())
            raise HelpShown
        if not self.noun:
            self._apply(parsed)
        return parsed.args

    def _apply(self, parsed: pflag.Parsed) -> None:
        for name in DAEMON_FLAGS:
            if name in parsed.given:
                raise Unsupported(
                    f"--{name}: there is no daemon to talk to, Azure is the engine",
                    hint="choose the Azure to use with --context, or: azdock context use NAME",
                )
        if "config" in parsed.given:
            raise Unsupported("--config: azdock's folder is set by the environment", hint="set AZDOCK_HOME instead")
        if parsed.values["version"] and not parsed.args:
            self.env.out.line(help.version_line())
            raise HelpShown
        self.env.context_flag = parsed.values["context"] or self.env.context_flag
        self.env.debug = parsed.values["debug"] or self.env.debug

    def _help(self) -> str:
        return help.noun_help(self.noun) if self.noun else help.root_help()

    def _help_topic(self, words: list[str]) -> Exception:
        """`azdock help WORDS...` prints that help."""
        if not words:
            self.env.out.write(self._help().encode())
            return HelpShown()
        topic = " ".join(words)
        if topic == "gaps":
            self.env.out.write(help.gaps_help(gaps()).encode())
            return HelpShown()
        if topic in catalogue.NOUNS:
            self.env.out.write(help.noun_help(topic).encode())
            return HelpShown()
        found = catalogue.find(topic)
        if found is None:
            return ArgumentCount(f"unknown help topic: {topic}")
        row, path = found
        text = help.verb_help(row, path, load(row, path).flags, self.env.out.size[1])
        self.env.out.write(text.encode())
        return HelpShown()
