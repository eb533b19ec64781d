"""A name and a query become a log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from azdock.backends.abilities import Answers
from azdock.docker import names
from azdock.docker.channels import Ending, LogLine, LogQuery, LogReader
from azdock.docker.record import ContainerRecord, Ident
from azdock.docker.spec import ContainerSpec
from azdock.errors import AzdockError, NotFound
from azdock.services import resolve
from azdock.services.registry import Backends
from azdock.state.store import Store

_UNKNOWN = datetime.fromtimestamp(0, UTC)  # when a container was created of which only its lines are left


class Logs:
    """Reading what containers print."""

    def __init__(self, store: Store, backends: Backends) -> None:
        self._store = store
        self._backends = backends

    def lines(self, name: str, query: LogQuery) -> LogReader:
        """The lines that `query` asks for, of every run of the container; of one that was removed as long as Azure
        keeps them. Raises NotFound at once, not on first use."""
        try:
            record = resolve.find(self._store, self._backends, name)
        except NotFound as missing:
            record = self._removed(name, missing)
        return UntilRemoved(self._backends.get(record.backend).logs(record, query))

    def follow_run(self, record: ContainerRecord) -> LogReader:
        """Everything the run `record.seen.run` prints, from its first line until it has ended; what it answers, where
        a run is a request that this process has sent."""
        backend = self._backends.get(record.backend)
        if isinstance(backend, Answers):
            return UntilRemoved(backend.answer(record))
        query = LogQuery(follow=True, run=record.seen.run)
        return UntilRemoved(backend.logs(record, query))

    # ---- steps
    def _removed(self, name: str, missing: NotFound) -> ContainerRecord:
        """What is left of a container that exists no more: in the books, or, if it was removed elsewhere, in its
        lines. Raises `missing` when nothing is."""
        books = self._store.read()
        known = {one.id: one for one in books.removed}
        if matches := names.find(name, [Ident(one.id, one.name) for one in known.values()]):
            one = known[matches[-1].id]
            return ContainerRecord(matches[-1], ContainerSpec(image=""), _UNKNOWN, one.backend, one.handle)
        for backend in self._backends.all():
            try:
                record = backend.trace(name)
            except AzdockError as failed:
                hint = f"whether a removed container printed something is not known: {failed.message}"
                raise NotFound(missing.message, hint=hint) from failed
            if record is not None:
                return record
        raise missing


class UntilRemoved:
    """A log that ends when its container is removed, as docker's does."""

    def __init__(self, reader: LogReader) -> None:
        self._reader = reader
        self._removed = False

    def batches(self) -> Iterator[Sequence[LogLine]]:
        """The lines in the pieces in which they arrive."""
        try:
            yield from self._reader.batches()
        except NotFound:
            self._removed = True

    def __iter__(self) -> Iterator[LogLine]:
        """The lines one by one."""
        for batch in self.batches():
            yield from batch

    @property
    def together(self) -> bool:
        """Whether lines of several replicas may be mixed."""
        return self._reader.together

    @property
    def ending(self) -> Ending:
        """How the log ended; a container that was removed prints nothing more, so that nothing of it is missing."""
        return Ending() if self._removed else self._reader.ending

    def close(self) -> None:
        """Drop the connections."""
        self._reader.close()
