"""Names of shares and storages."""

from __future__ import annotations

import re

import pytest

from azdock.backends.volume_names import share_name, storage_name

NAMES = ("data", "Data", "a.b_c-d", "0data", "x" * 64, "a--b", "_", "a-", "Z" * 200)


@pytest.mark.parametrize("name", NAMES)
def test_legal(name: str) -> None:
    """Whatever docker allows becomes a name that shares and storages may have."""
    for found in (share_name(name), storage_name(name, True), storage_name(name, False)):
        assert re.fullmatch(r"[a-z](-?[a-z0-9])*", found)
        assert 3 <= len(found) <= 32


def test_different() -> None:
    """Names that differ only in what is lost stay apart, and so do the two ways to mount one."""
    assert len({share_name(name) for name in NAMES}) == len(NAMES)
    assert storage_name("data", True) != storage_name("data", False) == share_name("data")
