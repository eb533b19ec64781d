"""Containers found, looked at again, and written down: what every change of one begins and ends with."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from azdock.backends.base import Backend
from azdock.docker import names
from azdock.docker.record import ContainerRecord, Ident, Status
from azdock.docker.spec import ContainerSpec, ImageFacts
from azdock.errors import Conflict
from azdock.services import reconcile, resolve
from azdock.services.registry import Backends
from azdock.state.schema import Books, Reservation
from azdock.state.store import Store

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The present, as an aware datetime."""
    return datetime.now(UTC)


class Ledger:
    """The books and Azure, side by side."""

    def __init__(self, store: Store, backends: Backends, clock: Clock = utc_now) -> None:
        self._store = store
        self._backends = backends
        self._clock = clock

    def backend(self, record: ContainerRecord) -> Backend:
        """The backend that runs the container."""
        return self._backends.get(record.backend)

    def find(self, name: str) -> ContainerRecord:
        """The container of that name or id, as last seen. Raises NotFound."""
        return resolve.find(self._store, self._backends, name)

    def refresh(self, record: ContainerRecord) -> ContainerRecord:
        """The container as it is now; an end that is known is not asked again."""
        if record.seen.settled:
            return record
        return self.save(record, self.backend(record).status(record))

    def save(self, record: ContainerRecord, status: Status) -> ContainerRecord:
        """The container with another status, written down if it differs."""
        if status.terminal and status.finished_at is None:
            # Azure gives a stopped execution no endTime: the moment we learned of it is the best there is.
            known = record.seen.finished_at if record.seen.run == status.run else None
            status = replace(status, finished_at=known or self._clock())
        changed = replace(record, seen=status)
        if changed != record:
            self.change(record, lambda current: replace(current, seen=status))
        return changed

    def change(self, record: ContainerRecord, how: Callable[[ContainerRecord], ContainerRecord]) -> None:
        """Change what is written down of a container; one that was removed meanwhile stays so."""
        with self._store.transaction() as books:
            if (current := books.containers.get(record.ident.id)) is not None:
                books.containers[record.ident.id] = how(current)

    def enter(self, record: ContainerRecord) -> None:
        """Write down a container that was created under a name that reserve() gave."""
        with self._store.transaction() as books:
            books.reserved.pop(record.ident.name, None)
            books.containers[record.ident.id] = record
            if record.spec.auto_remove:
                books.attended[record.ident.id] = os.getpid()

    def bury(self, record: ContainerRecord) -> None:
        """Take a container out of the books."""
        with self._store.transaction() as books:
            books.bury(record, time.time())

    def reserve(self, name: str, spec: ContainerSpec, backend: str, facts: ImageFacts) -> ContainerRecord:
        """A new container under a name that nobody else gets meanwhile, "" for any. Raises Conflict."""
        reconcile.settle(self._store, self._backends, name)
        with self._store.transaction() as books:
            taken = books_names(books)
            name = name or names.new_name(set(taken))
            ident = Ident(names.new_id(), name)
            _claim(taken, name, ident.id)
            books.reserved[name] = Reservation(ident.id, os.getpid(), _soon())
        return ContainerRecord(ident, spec, self._clock(), backend, {}, facts)

    def release(self, name: str) -> None:
        """Give a reserved name back."""
        with self._store.transaction() as books:
            books.reserved.pop(name, None)

    def claim(self, record: ContainerRecord, name: str) -> None:
        """Reserve another name for a container. Raises Conflict."""
        reconcile.settle(self._store, self._backends, name)
        with self._store.transaction() as books:
            _claim(books_names(books), name, record.ident.id)
            books.reserved[name] = Reservation(record.ident.id, os.getpid(), _soon())

    def rename(self, record: ContainerRecord, name: str) -> None:
        """Write down another name that claim() gave."""
        with self._store.transaction() as books:
            books.reserved.pop(name, None)
            if (current := books.containers.get(record.ident.id)) is not None:
                books.containers[record.ident.id] = replace(current, ident=Ident(record.ident.id, name))


def books_names(books: Books) -> dict[str, str]:
    """Every name in use, with the id that uses it."""
    taken = {record.ident.name: record.ident.id for record in books.containers.values()}
    return taken | {name: one.id for name, one in books.reserved.items()}


def _claim(taken: dict[str, str], name: str, id: str) -> None:
    if taken.get(name, id) != id:
        raise Conflict(
            f'Conflict. The container name "/{name}" is already in use by container "{taken[name]}". '
            "You have to remove (or rename) that container to be able to reuse that name."
        )


def _soon() -> float:
    return time.time() + reconcile.RESERVATION_SECONDS
