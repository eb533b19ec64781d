"""Replicas as Azure lists them."""

from __future__ import annotations

from typing import Any

import pytest

from azdock.backends.replicas import address_of, chosen, created, is_named, main_container
from azdock.errors import NotFound


def replica(name: str, made: str, *containers: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "properties": {"createdTime": made, "containers": list(containers)}}


MAIN = {"name": "main", "logStreamEndpoint": "https://x/log", "execEndpoint": None}
OLD = replica("web--r-abc-11111", "2026-01-01T00:00:00Z", {"name": "side"}, MAIN)
NEW = replica("web--r-abc-22222", "2026-01-02T00:00:00Z")


def test_main_container() -> None:
    """The user's container is found by its name; a replica has none before it is made."""
    assert main_container(OLD) == MAIN
    assert main_container(NEW) == {} == main_container({"name": "x"})


def test_addresses() -> None:
    """An address that is not there yet is no address."""
    assert address_of(OLD, "logStreamEndpoint") == "https://x/log"
    assert address_of(OLD, "execEndpoint") == address_of(NEW, "execEndpoint") == ""


@pytest.mark.parametrize("wanted", ["22222", "web--r-abc-22222"])
def test_chosen(wanted: str) -> None:
    """A user names a replica by its name or its last letters, or means any: the oldest first."""
    assert chosen([NEW, OLD], wanted) == [NEW]
    assert chosen([NEW, OLD], "") == [OLD, NEW]
    assert is_named(str(NEW["name"]), wanted)
    assert created(NEW) > created(OLD)


@pytest.mark.parametrize("wanted", ["2222", "33333", "web--r"])
def test_chosen_of_what_is_not_there(wanted: str) -> None:
    """A wrong name is an error that tells the right ones."""
    with pytest.raises(NotFound, match=f"No such replica: {wanted}") as caught:
        chosen([NEW, OLD], wanted)
    assert "11111, 22222" in caught.value.hint
