"""Help text as docker lays it out. Loads nothing but the catalogue: root help must cost next to nothing."""

from __future__ import annotations

import sys

from azdock import __version__, catalogue
from azdock.catalogue import COMMON, PLAIN, REFUSED, Row

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from azdock.cli.flags import Flag

Line = tuple[str, str, str, str, str]  # shorthand, name, kind, help, default as shown
RUN_FOR_MORE = "Run '{} COMMAND --help' for more information on a command.\n"


def version_line() -> str:
    """What `azdock --version` prints; the build is the Python it runs on."""
    return f"azdock version {__version__}, build {sys.implementation.cache_tag}"


def root_help() -> str:
    """`azdock --help`."""
    rows = catalogue.every()
    working = [row for row in rows if row.module != REFUSED and " " not in row.paths[-1]]
    common = [(row.paths[-1], row.help) for row in working if row.section == COMMON]
    plain = sorted((row.paths[-1], row.help) for row in working if row.section == PLAIN)
    nouns_at_work = {path.partition(" ")[0] for row in rows if row.module != REFUSED for path in row.paths}
    nouns = sorted(pair for pair in catalogue.NOUNS.items() if pair[0] in nouns_at_work)
    refused = sorted(
        {path.partition(" ")[0] for row in rows if row.module == REFUSED for path in row.paths[-1:]} - nouns_at_work
    )
    return "".join(
        (
            "Usage:  azdock [OPTIONS] COMMAND\n\nDocker's command line with Azure as the engine\n",
            _section("Common Commands:", common),
            _section("Management Commands:", nouns),
            _section("Commands:", plain),
            "\nCommands of docker's that azdock refuses (azdock help gaps says why):\n",
            _paragraph(", ".join(refused)),
            "\nGlobal Options:\n",
            flag_lines([(short, name, kind, text, "") for short, name, kind, text in catalogue.GLOBAL_FLAGS], 79),
            "\n",
            RUN_FOR_MORE.format("azdock"),
        )
    )


def noun_help(noun: str) -> str:
    """`azdock container --help`."""
    return (
        f"Usage:  azdock {noun} COMMAND\n\n{catalogue.NOUNS[noun]}\n"
        + _section("Commands:", catalogue.members(noun))
        + "\n"
        + RUN_FOR_MORE.format(f"azdock {noun}")
    )


def verb_help(row: Row, path: str, flags: Sequence[Flag], columns: int) -> str:
    """`azdock ps --help`; `path` is the verb as it was typed, `columns` the width of the terminal."""
    text = f"Usage:  {f'azdock {path} {row.usage}'.strip()}\n\n{row.help}\n"
    spellings = row.spellings()
    if len(spellings) > 1:
        text += "\nAliases:\n  " + ", ".join(f"azdock {one}" for one in spellings) + "\n"
    shown = [(one.short, one.name, one.kind, one.help, _default(one)) for one in flags if not one.hidden]
    if shown:
        text += "\nOptions:\n" + flag_lines(sorted(shown, key=lambda line: line[1]), columns - 1)
    return text


def gaps_help(table: Sequence[tuple[str, str, str]]) -> str:
    """`azdock help gaps`: the verbs that azdock refuses, why, and what to do instead."""
    text = "Commands of docker's that azdock checks, then refuses:\n"
    for name, why, instead in table:
        text += f"\n  {name}\n      {why}\n" + (f"      instead: {instead}\n" if instead else "")
    return text + "\nA flag that Azure cannot honour is refused with its reason before anything is created.\n"


def flag_lines(lines: Sequence[Line], columns: int) -> str:
    """A table of flags, wrapped at `columns` as pflag does (SOURCE: spf13/pflag, flag.go, FlagUsagesWrapped)."""
    heads = []
    for short, name, kind, _text, _shown in lines:
        head = f"  -{short}, --{name}" if short else f"      --{name}"
        heads.append(head if kind == "bool" else f"{head} {kind}")
    widest = max(len(head) for head in heads)
    out = ""
    for head, (_short, _name, _kind, text, shown) in zip(heads, lines, strict=True):
        body = _wrap(widest + 3, columns, f"{text} {shown}".strip())
        out += f"{head.ljust(widest)}   {body}".rstrip() + "\n"
    return out


def _default(one: Flag) -> str:
    if one.shows:
        return f"(default {one.shows})"
    if one.default in (None, "", False, ()) or one.default == 0:
        return ""
    text = f'"{one.default}"' if isinstance(one.default, str) else str(one.default).lower()
    return f"(default {text})"


def _wrap(indent: int, columns: int, text: str) -> str:
    slop = 5
    width = columns - indent - slop
    if width < 24 - slop:
        return text
    pieces = []
    while width + slop <= len(text):
        cut = max(text.rfind(" ", 0, width), text.rfind("\n", 0, width))
        newline = text.rfind("\n", 0, width)
        if cut <= 0:
            break
        cut = newline if 0 < newline < cut else cut
        pieces.append(text[:cut])
        text = text[cut + 1 :]
    pieces.append(text)
    return ("\n" + " " * indent).join("\n".join(pieces).split("\n"))


def _section(title: str, entries: Sequence[tuple[str, str]]) -> str:
    if not entries:
        return ""
    widest = max(10, *(len(name) for name, _text in entries))
    return f"\n{title}\n" + "".join(f"  {name.ljust(widest)}  {text}\n" for name, text in entries)


def _paragraph(text: str) -> str:
    lines = [""]
    for word in text.split(" "):
        if len(lines[-1]) + len(word) > 76:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + word
    return "".join(f"  {line}\n" for line in lines)
