"""Why a container is as it is."""

from __future__ import annotations

from typing import cast

from azdock.backends.base import Explains
from azdock.docker.explanation import Explanation
from azdock.docker.record import ContainerRecord, Status
from azdock.services import resolve
from azdock.services.listing import Listing
from azdock.services.registry import Backends
from azdock.state.store import Store


class Explain:
    """Asks the backend of a container for the cause of its state."""

    def __init__(self, store: Store, listing: Listing, backends: Backends) -> None:
        self._store, self._listing, self._backends = store, listing, backends

    def explain(self, name: str) -> tuple[ContainerRecord, Explanation]:
        """A container with its present status, and the explanation of it. Raises NotFound."""
        # the run shim's words in the log told why a command was refused; Azure's status never will
        known = resolve.find(self._store, self._backends, name)
        record = self._listing.inspect(name)
        if known.seen.run == record.seen.run and known.seen.state == "created":
            record = known
        return record, self._of(record).explain(record)

    def first_line(self, record: ContainerRecord, status: Status) -> str:
        """One sentence for a run that failed because of Azure and not by itself, without asking Azure; else ""."""
        return self._of(record).first_line(record, status)

    def _of(self, record: ContainerRecord) -> Explains:
        return cast(Explains, self._backends.get(record.backend))
