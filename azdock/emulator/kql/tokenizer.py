"""Query text to tokens.

Source: dataexplorer-docs, kusto/query/scalar-data-types/string.md and schema-entities/entity-names.md
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from azdock.emulator.kql.errors import BadSyntax
from azdock.emulator.kql.values import UNITS, TimeSpan, parse_datetime, parse_timespan


class Token(NamedTuple):
    """`kind` is name, literal, op or end; `value` the name, the literal's value or the operator's text."""

    kind: str
    value: Any
    position: int


_SPACE = re.compile(r"(?:\s+|//[^\n]*)+")
_STRING = re.compile(
    r"""[hH]?(?:
        ```(?P<block>.*?)```
      | @'(?P<raw1>(?:[^'\n]|'')*)' | @"(?P<raw2>(?:[^"\n]|"")*)"
      | '(?P<one>(?:[^'\\\n]|\\[^\n])*)' | "(?P<two>(?:[^"\\\n]|\\[^\n])*)"
    )""",
    re.VERBOSE | re.DOTALL,
)
_TYPED = re.compile(r"(datetime|date|timespan|time|guid)\s*\(([^()]*)\)")
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_UNIT = re.compile("(?:" + "|".join(sorted(UNITS, key=len, reverse=True)) + r")(?![A-Za-z0-9_])")
_WORD = re.compile(
    r"(?:project-(?:away|keep|rename|reorder)|mv-expand|mv-apply|top-nested|!?in~"
    r"|!(?:in|has|has_cs|hasprefix|hasprefix_cs|hassuffix|hassuffix_cs|contains|contains_cs|startswith|startswith_cs"
    r"|endswith|endswith_cs|between)|[A-Za-z_$][A-Za-z0-9_]*)(?![A-Za-z0-9_])"
)
_OPERATOR = re.compile(r"\.\.|==|!=|=~|!~|<=|>=|<>|=>|[-|(),;=<>+*/%\[\].{}:]")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


def tokenize(text: str) -> list[Token]:
    """All tokens, the last of kind end. Raises BadSyntax."""
    tokens: list[Token] = []
    position = 0
    while True:
        if space := _SPACE.match(text, position):
            position = space.end()
        if position >= len(text):
            tokens.append(Token("end", "", position))
            return tokens
        token, position = _next(text, position)
        tokens.append(token)


def _next(text: str, at: int) -> tuple[Token, int]:
    if match := _STRING.match(text, at):
        return Token("literal", _string(match), at), match.end()
    if (match := _TYPED.match(text, at)) and not _named(text, at):
        return Token("literal", _typed(text, match), at), match.end()
    if match := _NUMBER.match(text, at):
        return _number(text, match)
    if match := _WORD.match(text, at):
        return Token("name", match[0], at), match.end()
    if match := _OPERATOR.match(text, at):
        return Token("op", match[0], at), match.end()
    raise bad_syntax(text, at, text[at])


def _named(text: str, at: int) -> bool:
    """Whether this is the tail of a longer name, as in todatetime(x)."""
    return at > 0 and (text[at - 1].isalnum() or text[at - 1] == "_")


def _number(text: str, match: re.Match[str]) -> tuple[Token, int]:
    start, number = match.start(), match[0]
    if unit := _UNIT.match(text, match.end()):
        return Token("literal", TimeSpan(round(float(number) * UNITS[unit[0]])), start), unit.end()
    after = text[match.end() : match.end() + 1]
    if after.isalpha() or after == "_":
        raise bad_syntax(text, match.end(), after)
    if number[:2] in ("0x", "0X"):
        return Token("literal", int(number, 16), start), match.end()
    value: int | float = float(number) if re.search(r"[.eE]", number) else int(number)
    return Token("literal", value, start), match.end()


def _string(match: re.Match[str]) -> str:
    groups = match.groupdict()
    if groups["block"] is not None:
        return match["block"]
    if groups["raw1"] is not None:
        return match["raw1"].replace("''", "'")
    if groups["raw2"] is not None:
        return match["raw2"].replace('""', '"')
    return _ESCAPE.sub(_unescape, match["one"] if groups["one"] is not None else match["two"])


def _unescape(match: re.Match[str]) -> str:
    escape = match[1]
    if len(escape) > 1:
        return chr(int(escape[1:], 16))
    return _ESCAPES.get(escape, escape)


def _typed(text: str, match: re.Match[str]) -> Any:
    kind, content = match[1], match[2].strip().strip("'\"")
    if content == "null":
        return None
    if kind == "guid":
        return content.lower()
    value = parse_datetime(content) if kind in ("datetime", "date") else parse_timespan(content)
    if value is None:
        raise bad_syntax(text, match.start(), match[0])
    return value


def bad_syntax(text: str, position: int, token: str) -> BadSyntax:
    """The error for a query that stops making sense at `position`."""
    line = text.count("\n", 0, position) + 1
    column = position - (text.rfind("\n", 0, position) + 1)
    message = f"Query could not be parsed at '{token}' on line [{line},{column}]"
    return BadSyntax("SYN0002", message, line=line, pos=column, token=token)
