"""azdock slot, and update --slot."""

from __future__ import annotations

from typing import Any

from azdock.backends.abilities import Slot
from azdock.services.updating import Changes
from tests.support.fakes import World, azdock, record


class Functions:
    """Stands for services.functions.Functions."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def slots(self, name: str) -> list[Slot]:
        return [Slot("staging", "Running", "img:2", "https://web-staging.azurewebsites.net")]

    def deploy(self, name: str, slot: str, changes: Changes) -> None:
        self.calls.append(("deploy", name, slot, changes.image, changes.env))

    def swap(self, name: str, slot: str) -> None:
        self.calls.append(("swap", name, slot))

    def remove_slot(self, name: str, slot: str) -> None:
        self.calls.append(("rm", name, slot))


class Place(World):
    """A world with functions."""

    def __init__(self) -> None:
        super().__init__()
        self.services.records = {"web": record("web")}
        self.service = Functions()

    def functions(self) -> Any:
        return self.service


def test_ls() -> None:
    """A slot in each line."""
    lines = [line.split() for line in azdock("slot", "ls", "web", world=Place()).out.splitlines()]
    assert lines == [
        ["SLOT", "STATUS", "IMAGE", "ADDRESS"],
        ["staging", "Running", "img:2", "https://web-staging.azurewebsites.net"],
    ]
    assert azdock("slot", "ls", "-q", "web", world=Place()).out == "staging\n"


def test_swap_and_rm() -> None:
    """The slot's name is printed when it is done."""
    place = Place()
    assert azdock("slot", "swap", "web", "staging", world=place).out == "staging\n"
    assert place.service.calls == [("swap", "web", "staging")]
    place = Place()
    assert azdock("slot", "rm", "web", "a", "b", world=place).out == "a\nb\n"
    assert place.service.calls == [("rm", "web", "a"), ("rm", "web", "b")]


def test_update_into_a_slot() -> None:
    """With --slot the change goes into the slot, and production is not asked to change."""
    place = Place()
    result = azdock("update", "--image", "img:2", "-e", "A=1", "--slot", "staging", "web", world=place)
    assert (result.out, result.code) == ("web\n", 0)
    assert place.service.calls == [("deploy", "web", "staging", "img:2", ("A=1",))]
    assert [call for call in place.services.calls if call[0] == "update"] == []
