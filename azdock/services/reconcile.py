"""azdock's books against Azure: Azure decides what exists and in what state, the books keep the rest."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import replace

from azdock.docker.record import ContainerRecord
from azdock.services.registry import Backends
from azdock.state.schema import Books
from azdock.state.store import Store

# An azdock that died while it created a container blocks the name no longer than this.
RESERVATION_SECONDS = 900.0


def refresh(store: Store, backends: Backends) -> list[ContainerRecord]:
    """Ask Azure for everything and bring the books up to date; returns what exists, leftovers of --rm removed."""
    before = store.read()
    known = {id: record.seen for id, record in before.containers.items()}
    found = [record for backend in backends.all() for record in backend.inventory(known)]
    leftovers = [record for record in found if _is_leftover(record, before)]
    for record in leftovers:
        backends.get(record.backend).remove(record)
    gone = {record.ident.id for record in leftovers}
    alive = [record for record in found if record.ident.id not in gone]
    after = _merged(store.read(), before, alive)
    if after != store.read():
        with store.transaction() as books:
            merged = _merged(books, before, alive)
            books.containers, books.attended = merged.containers, merged.attended
            after = merged
    elif not store.exists():
        with store.transaction():
            pass  # an empty file says "nothing to rebuild"
    return list(after.containers.values())


def ensure(store: Store, backends: Backends) -> None:
    """Rebuild the books when their file is missing or was set aside."""
    if not store.exists():
        refresh(store, backends)


def alive(pid: int) -> bool:
    """True while a process of this number exists (it may belong to somebody else)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def drop_stale_reservations(books: Books) -> None:
    """Free names whose azdock has died or taken too long."""
    now = time.time()
    books.reserved = {name: one for name, one in books.reserved.items() if one.until > now and alive(one.pid)}


def _is_leftover(record: ContainerRecord, books: Books) -> bool:
    """A --rm container that has ended while nobody watches it: its azdock was killed, or it was detached."""
    if not (record.spec.auto_remove and record.seen.terminal):
        return False
    watcher = books.attended.get(record.ident.id)
    return watcher is None or not alive(watcher)


def _merged(now: Books, before: Books, found: Iterable[ContainerRecord]) -> Books:
    """The books after looking at Azure, without undoing what other processes did since `before` was read."""
    by_id = {record.ident.id: record for record in found}
    containers = {}
    for id, record in now.containers.items():
        if id in by_id:
            containers[id] = _newer(record, by_id[id])
        elif id not in before.containers:
            containers[id] = record  # created since we looked
    for id, record in by_id.items():
        if id not in now.containers and id not in before.containers:
            containers[id] = record
    attended = {id: pid for id, pid in now.attended.items() if id in containers and alive(pid)}
    return Books(containers, now.reserved, attended)


def _newer(ours: ContainerRecord, theirs: ContainerRecord) -> ContainerRecord:
    """Azure's record, with the finishing time we saw when Azure tells none (a stopped execution has no endTime)."""
    seen = theirs.seen
    if seen.run == ours.seen.run and ours.seen.finished_at and ours.seen.terminal and seen.terminal:
        seen = replace(seen, finished_at=ours.seen.finished_at)
    return replace(theirs, seen=seen)
