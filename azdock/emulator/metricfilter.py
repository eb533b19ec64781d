"""The `$filter` of a metrics query: conditions on dimensions.

Source: learn.microsoft.com/rest/api/monitor/metrics/list: `A eq 'a1' and B eq '*'`, `A eq 'a1' or A eq 'a2'`
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_TERM = re.compile(r"\s*(\w+)\s+(eq|ne|sw)\s+'((?:[^']|'')*)'\s*", re.I)
_WORD = re.compile(r"(and|or)\b\s*", re.I)


@dataclass(frozen=True, slots=True)
class Term:
    """One condition; `op` is eq, ne or sw (starts with)."""

    name: str
    op: str
    value: str

    def matches(self, dimensions: Mapping[str, str]) -> bool:
        """Whether the dimensions (by lower-case name) fulfil it; * is any value."""
        found = dimensions.get(self.name.lower())
        if found is None:
            return False
        if self.value == "*":
            return True
        have, wanted = found.lower(), self.value.lower()
        return have.startswith(wanted) if self.op == "sw" else (have == wanted) == (self.op == "eq")


@dataclass(frozen=True, slots=True)
class Filter:
    """Groups of alternatives that must all be fulfilled. The result is split by every dimension that is named."""

    groups: tuple[tuple[Term, ...], ...] = ()

    @property
    def names(self) -> list[str]:
        """The dimensions that the answer is split by, each once, in order."""
        return list({term.name.lower(): term.name for group in self.groups for term in group}.values())

    def matches(self, dimensions: Mapping[str, str]) -> bool:
        """Whether a sample belongs to the answer."""
        known = {name.lower(): value for name, value in dimensions.items()}
        return all(any(term.matches(known) for term in group) for group in self.groups)


def parse_filter(text: str) -> Filter:
    """The filter of a query; no text is no condition. Parentheses may stand around alternatives. Raises ValueError."""
    text = text.strip()
    if not text:
        return Filter()
    rest = _without_parentheses(text)
    groups: list[list[Term]] = [[]]
    while True:
        term = _TERM.match(rest)
        if term is None:
            raise ValueError(f"Invalid filter: {text}")
        groups[-1].append(Term(term[1], term[2].lower(), term[3].replace("''", "'")))
        rest = rest[term.end() :]
        if not rest:
            return Filter(tuple(map(tuple, groups)))
        word = _WORD.match(rest)
        if word is None:
            raise ValueError(f"Invalid filter: {text}")
        if word[1].lower() == "and":
            groups.append([])
        rest = rest[word.end() :]


def _without_parentheses(text: str) -> str:
    """Parentheses outside quotes as blanks."""
    pieces = re.split(r"('(?:[^']|'')*')", text)
    return "".join(one if i % 2 else re.sub(r"[()]", " ", one) for i, one in enumerate(pieces)).strip()
