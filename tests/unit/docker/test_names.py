"""Ids and names."""

from __future__ import annotations

import re

import pytest

from azdock.docker import names
from azdock.docker.record import Ident
from azdock.docker.values import BadValue


def test_new_id() -> None:
    """An id is 64 hex digits that cannot be taken for a number, and no two are equal."""
    ids = {names.new_id() for _ in range(50)}
    assert len(ids) == 50
    assert all(re.fullmatch("[0-9a-f]{64}", one) and not one[:12].isdigit() for one in ids)


def test_new_name() -> None:
    """A name is adjective_surname and not taken."""
    taken: set[str] = set()
    for _ in range(100):
        name = names.new_name(taken)
        assert re.fullmatch("[a-z]+_[a-z]+[0-9]*", name)
        assert name not in taken
        taken.add(name)


@pytest.mark.parametrize("text", ["ab", "/ab", "a_", "a.", "A-1", "0a"])
def test_good_names(text: str) -> None:
    """Docker's alphabet is accepted, with or without the slash."""
    names.check_name(text)


@pytest.mark.parametrize("text", ["a", "", "//ab", "a b", "é", "-ab", "ab\n", "/a"])
def test_bad_names(text: str) -> None:
    """Anything else is refused in docker's words."""
    with pytest.raises(BadValue) as bad:
        names.check_name(text)
    assert str(bad.value) == f"Invalid container name ({text}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"


KNOWN = [Ident("aa" + "0" * 62, "web"), Ident("ab" + "0" * 62, "aa"), Ident("cc" + "0" * 62, "c")]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("web", ["web"]),
        ("/web", ["web"]),
        ("aa", ["aa"]),
        ("aa0", ["web"]),
        ("a", ["web", "aa"]),
        ("aa" + "0" * 62, ["web"]),
        ("/aa0", []),
        ("", []),
        ("zz", []),
    ],
)
def test_find(query: str, found: list[str]) -> None:
    """A full id comes before a name, a name before the beginning of an id."""
    assert [one.name for one in names.find(query, KNOWN)] == found
