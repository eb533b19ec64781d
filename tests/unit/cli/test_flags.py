"""Flags declared as dataclass fields."""

from __future__ import annotations

from dataclasses import dataclass

from azdock.cli.flags import UNSET, flag, flags_of


@dataclass(frozen=True)
class Base:
    no_trunc: bool = flag("bool", "h")
    from_: str = flag("string", "h")
    entry: str | None = flag("string", "h", default=UNSET)


@dataclass(frozen=True)
class More(Base):
    env: tuple[str, ...] = flag("list", "h", "e")
    count: int | None = flag("int", "h")
    other: int = 3  # no flag


def test_names_defaults_and_order() -> None:
    """Dashes for underscores, pflag's zero values, inherited flags first."""
    assert [(one.name, one.dest, one.default) for one in flags_of(More)] == [
        ("no-trunc", "no_trunc", False),
        ("from", "from_", ""),
        ("entry", "entry", None),
        ("env", "env", ()),
        ("count", "count", None),
    ]


def test_title() -> None:
    """As pflag names a flag in errors."""
    assert [one.title for one in flags_of(More)][-2:] == ["-e, --env", "--count"]
