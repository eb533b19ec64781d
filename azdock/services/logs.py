"""A name and a query become an iterator of lines."""

from __future__ import annotations

from collections.abc import Iterator

from azdock.docker.channels import LogLine, LogQuery
from azdock.docker.record import ContainerRecord
from azdock.errors import NotFound
from azdock.services import resolve
from azdock.services.registry import Backends
from azdock.state.store import Store


class Logs:
    """Reading what containers print."""

    def __init__(self, store: Store, backends: Backends) -> None:
        self._store = store
        self._backends = backends

    def lines(self, name: str, query: LogQuery) -> Iterator[LogLine]:
        """The lines that `query` asks for, of every run of the container. Raises NotFound at once, not on first use."""
        record = resolve.find(self._store, self._backends, name)
        lines = self._backends.get(record.backend).logs(record, query)
        return _until_removed(lines) if query.follow else lines

    def follow_run(self, record: ContainerRecord) -> Iterator[LogLine]:
        """Everything the run `record.seen.run` prints, from its first line until it has ended."""
        return _until_removed(
            self._backends.get(record.backend).logs(record, LogQuery(follow=True, run=record.seen.run))
        )


def _until_removed(lines: Iterator[LogLine]) -> Iterator[LogLine]:
    """A log that is followed ends when its container is removed, as docker's does."""
    try:
        yield from lines
    except NotFound:
        return
