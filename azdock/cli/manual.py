"""Manual pages in roff's man macros."""

from __future__ import annotations

from collections.abc import Sequence

from azdock import __version__, catalogue
from azdock.catalogue import Row
from azdock.cli.flags import Flag

Gap = tuple[str, str, str]  # verb, why it is refused, what to do instead


def root() -> str:
    """azdock(1)."""
    body = ".SH SYNOPSIS\n.B azdock\n[OPTIONS] COMMAND [ARG...]\n.SH DESCRIPTION\n"
    body += "Docker's command line with Azure as the engine: every container is a Container Apps Job.\n.SH OPTIONS\n"
    for short, name, kind, text in catalogue.GLOBAL_FLAGS:
        body += _option(short, name, kind, text)
    body += ".SH COMMANDS\n"
    for row in catalogue.ROWS:
        body += f".TP\n.BR azdock\\-{_safe(row.paths[-1].replace(' ', '-'))} (1)\n{_safe(row.help)}\n"
    body += ".SH ENVIRONMENT\n"
    for name, text in (
        ("AZDOCK_HOME", "Folder of azdock's files, instead of ~/.azdock"),
        ("AZDOCK_CONTEXT", "Context to use, instead of the current one"),
    ):
        body += f".TP\n.B {name}\n{text}\n"
    return _head("azdock", "docker's command line on Azure") + body + ".SH SEE ALSO\n.BR azdock\\-gaps (1)\n"


def page(row: Row, flags: Sequence[Flag]) -> str:
    """The page of one verb."""
    name = f"azdock-{row.paths[-1].replace(' ', '-')}"
    usage = _safe(row.usage).replace("\n\t", "\n.br\n")  # a verb with two directions has two lines
    body = f".SH SYNOPSIS\n.B azdock {_safe(row.paths[-1])}\n{usage}\n"
    spellings = row.spellings()
    if len(spellings) > 1:
        body += ".SH ALIASES\n" + _safe(", ".join(f"azdock {one}" for one in spellings)) + "\n"
    shown = sorted((one for one in flags if not one.hidden), key=lambda one: one.name)
    if shown:
        body += ".SH OPTIONS\n" + "".join(_option(one.short, one.name, one.kind, one.help) for one in shown)
    return _head(name, row.help) + body + ".SH SEE ALSO\n.BR azdock (1)\n"


def gaps(table: Sequence[Gap]) -> str:
    """azdock-gaps(1): what docker can and azdock refuses."""
    body = ".SH DESCRIPTION\nCommands of docker's that azdock checks, then refuses, with exit code 125.\n.SH COMMANDS\n"
    for verb, why, instead in table:
        body += f".TP\n.B {_safe(verb)}\n{_safe(why)}\n"
        if instead:
            body += f".br\nInstead: {_safe(instead)}\n"
    return _head("azdock-gaps", "what azdock refuses, and why") + body


def _option(short: str, name: str, kind: str, text: str) -> str:
    spelled = f"\\-{short}, \\-\\-{_safe(name)}" if short else f"\\-\\-{_safe(name)}"
    value = "" if kind == "bool" else f" \\fI{kind}\\fR"
    return f".TP\n\\fB{spelled}\\fR{value}\n{_safe(text)}\n"


def _head(name: str, text: str) -> str:
    return (
        f'.TH {_safe(name.upper())} 1 "" "azdock {__version__}" "azdock manual"\n'
        f".SH NAME\n{_safe(name)} \\- {_safe(text)}\n"
    )


def _safe(text: str) -> str:
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{escaped}" if escaped[:1] in (".", "'") else escaped
