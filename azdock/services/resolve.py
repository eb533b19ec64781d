"""A name, id or unambiguous id prefix becomes a record."""

from __future__ import annotations

from azdock.docker import names
from azdock.docker.record import ContainerRecord
from azdock.errors import DaemonError, NotFound
from azdock.services import reconcile
from azdock.services.registry import Backends
from azdock.state.store import Store


def find(store: Store, backends: Backends, query: str) -> ContainerRecord:
    """The container that `query` names. Azure is asked when the books do not know it: it may come from elsewhere.

    Raises NotFound in docker's wording, DaemonError for a prefix of several ids.
    """
    books = store.read()
    matches = names.find(query, [record.ident for record in books.containers.values()])
    if not matches:
        reconcile.refresh(store, backends)
        books = store.read()
        matches = names.find(query, [record.ident for record in books.containers.values()])
    if not matches:
        raise NotFound(f"No such container: {query}")
    if len(matches) > 1:
        raise DaemonError(f"multiple IDs found with provided prefix: {query}")
    return books.containers[matches[0].id]
