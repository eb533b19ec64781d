"""Flags as data: a dataclass field declared with flag() is one flag of a verb."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

# kinds that may be given several times; every other kind keeps its last value
REPEATABLE = frozenset({"list", "map", "filter", "mount", "network", "ulimit", "strings", "port", "gpu-request"})
META = "flag"
UNSET: Any = object()  # the default of a text flag whose absence differs from ""


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag as pflag knows it. `kind` is the word docker's help shows; `check` turns one text into a value and
    raises ValueError with docker's words. `dest` is the field of the flags object, `shows` the default help prints."""

    name: str
    short: str = ""
    kind: str = "string"
    default: Any = ""
    help: str = ""
    hidden: bool = False
    check: Callable[[str], Any] | None = None
    dest: str = ""
    shows: str = ""

    @property
    def repeatable(self) -> bool:
        """True when every occurrence counts."""
        return self.kind in REPEATABLE

    @property
    def title(self) -> str:
        """How pflag names the flag in errors: "-m, --memory"."""
        return f"-{self.short}, --{self.name}" if self.short else f"--{self.name}"


def flag(
    kind: str,
    help: str,
    short: str = "",
    default: Any = None,
    *,
    name: str = "",
    hidden: bool = False,
    check: Callable[[str], Any] | None = None,
    shows: str = "",
) -> Any:
    """A dataclass field that is a flag; its name is the field's with dashes unless `name` says otherwise.

    Without a `default` it is pflag's zero: False, "", or () for a repeatable flag; None for numbers and sizes, so that
    "not given" differs from 0.
    """
    if default is None:
        default = {"bool": False, "string": ""}.get(kind, () if kind in REPEATABLE else None)
    elif default is UNSET:
        default = None
    made = Flag(name, short, kind, default, help, hidden, check, "", shows)
    return dataclasses.field(default=default, metadata={META: made})


def flags_of(declared: type[Any]) -> list[Flag]:
    """The flags a dataclass declares, base classes first."""
    found = []
    for one in dataclasses.fields(declared):
        if META in one.metadata:
            made: Flag = one.metadata[META]
            name = made.name or one.name.rstrip("_").replace("_", "-")
            found.append(dataclasses.replace(made, name=name, dest=one.name))
    return found
