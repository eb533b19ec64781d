"""Triggers and slots by a container's name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from azdock.backends.abilities import Trigger, TriggerWish
from azdock.docker.record import ContainerRecord
from azdock.docker.spec import ContainerSpec
from azdock.errors import NotFound, Unsupported
from azdock.services.functions import Functions
from azdock.services.ledger import Ledger
from azdock.services.lifecycle import Lifecycle
from azdock.services.updating import Changes
from azdock.settings import EMBEDDED, Settings
from azdock.state.store import Store
from tests.support.backend import NOON, FakeBackend, FakeBackends


class FunctionsBackend(FakeBackend):
    """A backend with triggers and slots."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[Any, ...]] = []

    def triggers(self, record: ContainerRecord) -> list[Trigger]:
        return [Trigger(record.ident.name, "timerTrigger", "")]

    def add_trigger(self, record: ContainerRecord, wish: TriggerWish) -> None:
        self.asked.append((record.ident.name, wish))

    def remove_trigger(self, record: ContainerRecord, function: str) -> None:
        self.asked.append((record.ident.name, function))

    def slots(self, record: ContainerRecord) -> list[Any]:
        return []

    def deploy(self, record: ContainerRecord, slot: str, spec: ContainerSpec) -> None:
        self.asked.append((record.ident.name, slot, spec.image, spec.env))

    def swap(self, record: ContainerRecord, slot: str) -> None:
        self.asked.append((record.ident.name, "swap", slot))

    def remove_slot(self, record: ContainerRecord, slot: str) -> None:
        self.asked.append((record.ident.name, "rm", slot))


def bench(home: Path, backend: FakeBackend) -> Functions:
    backends: Any = FakeBackends(backend)
    store = Store(Settings(home=home, context=EMBEDDED), print)
    Lifecycle(store, backends, lambda: NOON).create(ContainerSpec(image="img:1", env=("A=1",)), name="web")
    return Functions(Ledger(store, backends, lambda: NOON), backends)


def test_by_name(tmp_path: Path) -> None:
    """The container's backend is asked."""
    backend = FunctionsBackend()
    functions = bench(tmp_path, backend)
    assert functions.triggers("web") == [Trigger("web", "timerTrigger", "")]
    functions.add_trigger("web", "tick", kind="timerTrigger", source="s")
    functions.remove_trigger("web", "tick")
    functions.swap("web", "staging")
    functions.remove_slot("web", "staging")
    assert list(functions.slots("web")) == []
    assert backend.asked == [
        ("web", TriggerWish("tick", "timerTrigger", "s")),
        ("web", "tick"),
        ("web", "swap", "staging"),
        ("web", "rm", "staging"),
    ]
    with pytest.raises(NotFound):
        functions.triggers("other")


def test_deploy(tmp_path: Path) -> None:
    """A slot gets what the container is with what is changed; the container itself stays as it is."""
    backend = FunctionsBackend()
    bench(tmp_path, backend).deploy("web", "staging", Changes(image="img:2", env=("B=2",)))
    assert backend.asked == [("web", "staging", "img:2", ("A=1", "B=2"))]
    assert backend.updated is None


def test_other_containers_have_none(tmp_path: Path) -> None:
    """A job has neither triggers nor slots: said, with what has."""
    functions = bench(tmp_path, FakeBackend())
    with pytest.raises(Unsupported, match="web is no function"):
        functions.triggers("web")
    with pytest.raises(Unsupported, match="web is no function"):
        functions.slots("web")
