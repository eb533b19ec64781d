"""ps and inspect: records joined with fresh statuses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from azdock.docker.filters import Filters
from azdock.docker.record import ContainerRecord
from azdock.docker.values import BadValue
from azdock.errors import DaemonError, NotFound
from azdock.services import reconcile, resolve
from azdock.services.registry import Backends
from azdock.state.store import Store

Look = Callable[[Sequence[ContainerRecord]], list[ContainerRecord]]


class Listing:
    """What exists, as Azure sees it now."""

    def __init__(self, store: Store, backends: Backends) -> None:
        self._store = store
        self._backends = backends

    def ps(self, *, all: bool, last: int = 0, filters: Filters, look: Look | None = None) -> list[ContainerRecord]:
        """Containers, newest first; without `all` only those with a process. `last` n > 0 means the n newest of all.
        `look` is asked for what Azure does not tell.

        Raises DaemonError for a filter that names a container which does not exist.
        """
        records = reconcile.refresh(self._store, self._backends)
        records = look(records) if look is not None else records
        try:
            filters.check(records)
        except BadValue as bad:
            raise DaemonError(str(bad)) from bad
        records.sort(key=lambda record: record.created, reverse=True)
        matching = [record for record in records if filters.matches(record, records)]
        if last > 0:
            return matching[:last]
        if all or filters.implies_all:
            return matching
        return [one for one in matching if one.seen.alive or one.seen.state in ("paused", "restarting")]

    def inspect(self, name: str) -> ContainerRecord:
        """One container with its present status. Raises NotFound."""
        record = resolve.find(self._store, self._backends, name)
        if record.seen.settled and not record.spec.auto_remove:
            return record
        status = self._backends.get(record.backend).status(record)
        with self._store.transaction() as books:
            current = books.containers.get(record.ident.id)
            if current is not None and current.seen != status:
                books.containers[record.ident.id] = replace(current, seen=status)
        record = replace(record, seen=status)
        if record.spec.auto_remove and status.over:
            self._reap(record)
        return record

    def raw(self, name: str) -> dict[str, Any]:
        """Azure's own JSON of a container's resource. Raises NotFound."""
        record = resolve.find(self._store, self._backends, name)
        return self._backends.get(record.backend).raw(record)

    def _reap(self, record: ContainerRecord) -> None:
        """A --rm container that has ended is gone, as with docker, unless the azdock that runs it still reads it."""
        watcher = self._store.read().attended.get(record.ident.id)
        if watcher is not None and reconcile.alive(watcher):
            return
        reconcile.remove(self._store, self._backends, record)
        with self._store.transaction() as books:
            books.containers.pop(record.ident.id, None)
            books.attended.pop(record.ident.id, None)
        raise NotFound(f"No such container: {record.ident.name}")
