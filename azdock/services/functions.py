"""What only containers that run as functions have: triggers and deployment slots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from azdock.backends.abilities import Slot, Slotted, Trigger, Triggered, TriggerWish
from azdock.docker.record import ContainerRecord
from azdock.docker.spec import EMPTY
from azdock.errors import Unsupported
from azdock.services.judging import refuse
from azdock.services.ledger import Ledger
from azdock.services.registry import Backends
from azdock.services.updating import Changes

USE_FUNCTION = "run it with --backend function"


class Functions:
    """Triggers and slots, by the container's name. Raises NotFound, and Unsupported for a container of another kind."""

    def __init__(self, ledger: Ledger, backends: Backends) -> None:
        self._ledger = ledger
        self._backends = backends

    def triggers(self, name: str) -> Sequence[Trigger]:
        """The triggers of every function of a container."""
        record = self._ledger.find(name)
        return self._triggered(record).triggers(record)

    def add_trigger(self, name: str, function: str, *, kind: str = "", source: str = "", connection: str = "") -> None:
        """Let a function be triggered; see TriggerWish. Without `kind` it is only enabled."""
        record = self._ledger.find(name)
        self._triggered(record).add_trigger(record, TriggerWish(function, kind, source, connection))

    def remove_trigger(self, name: str, function: str) -> None:
        """Let a function be triggered no more."""
        record = self._ledger.find(name)
        self._triggered(record).remove_trigger(record, function)

    def slots(self, name: str) -> Sequence[Slot]:
        """The deployment slots of a container beside production."""
        record = self._ledger.find(name)
        return self._slotted(record).slots(record)

    def deploy(self, name: str, slot: str, changes: Changes) -> None:
        """Bring the container, changed as asked, into a slot; production stays as it is."""
        record = self._ledger.find(name)
        slotted = self._slotted(record)
        backend = self._backends.get(record.backend)
        spec = changes.applied(record.spec)
        refuse(backend.gaps(spec))
        facts = backend.image(spec.image, "missing")
        refuse(backend.needs(spec, facts))
        slotted.deploy(replace(record, image=facts), slot, replace(spec, asked=EMPTY))

    def swap(self, name: str, slot: str) -> None:
        """Exchange a slot with production."""
        record = self._ledger.find(name)
        self._slotted(record).swap(record, slot)

    def remove_slot(self, name: str, slot: str) -> None:
        """Delete a slot."""
        record = self._ledger.find(name)
        self._slotted(record).remove_slot(record, slot)

    def _triggered(self, record: ContainerRecord) -> Triggered:
        backend = self._backends.get(record.backend)
        if not isinstance(backend, Triggered):
            raise Unsupported(f"{record.ident.name} is no function: nothing triggers it", hint=USE_FUNCTION)
        return backend

    def _slotted(self, record: ContainerRecord) -> Slotted:
        backend = self._backends.get(record.backend)
        if not isinstance(backend, Slotted):
            raise Unsupported(f"{record.ident.name} is no function: it has no slots", hint=f"{USE_FUNCTION} and --plan")
        return backend
