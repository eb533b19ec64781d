"""azdock's books against Azure: Azure decides what exists and in what state, the books keep the rest."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

from azdock.docker.record import ContainerRecord, Status
from azdock.services.registry import Backends
from azdock.state.schema import Books, Reservation
from azdock.state.store import Store

# An azdock that died while it created a container blocks the name no longer than this.
RESERVATION_SECONDS = 900.0
# A --rm run that nobody here knows may be watched from another machine, which still reads its log and exit code.
UNKNOWN_WATCHER_SECONDS = 60.0


def refresh(store: Store, backends: Backends) -> list[ContainerRecord]:
    """Ask Azure for everything and bring the books up to date; returns what exists, leftovers of --rm removed."""
    before = store.read()
    stale = _stale(before)  # what those have created, if anything, is among what Azure shows from now on
    known = {id: record.seen for id, record in before.containers.items()}
    found = _inventory(backends, known)
    leftovers = [record for record in found if _is_leftover(record, before)]
    for record in leftovers:
        remove(store, backends, record)
    gone = {record.ident.id for record in leftovers}
    there = [record for record in found if record.ident.id not in gone]
    after = _merged(store.read(), before, there, stale)
    if after != store.read():
        with store.transaction() as books:
            after = _merged(books, before, there, stale)
            for field in dataclasses.fields(Books):
                setattr(books, field.name, getattr(after, field.name))
    elif not store.exists():
        with store.transaction() as books:
            books.complete = True  # an empty file says "nothing to rebuild"
    return list(after.containers.values())


def _inventory(backends: Backends, known: Mapping[str, Status]) -> list[ContainerRecord]:
    """What every backend has, asked at the same time."""
    every = backends.all()
    with ThreadPoolExecutor(len(every)) as pool:
        return [record for part in pool.map(lambda backend: backend.inventory(known), every) for record in part]


def remove(store: Store, backends: Backends, record: ContainerRecord) -> None:
    """Delete a --rm container that has ended from Azure, and what belongs to it alone; the books are the caller's."""
    backends.get(record.backend).remove(record)
    if record.spec.mounts:
        from azdock.services.volumes import Volumes

        Volumes(store, backends, backends.settings).release(record, anonymous=True)


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


def settle(store: Store, backends: Backends, name: str) -> None:
    """Ask Azure where the books are in doubt before `name` is taken: it may have been freed since, and an azdock
    that died with a name reserved may have created its container or not."""
    books = store.read()
    if _stale(books) or any(record.ident.name == name for record in books.containers.values()):
        refresh(store, backends)


def _stale(books: Books) -> dict[str, Reservation]:
    """Reservations whose azdock has died or taken too long."""
    now = time.time()
    return {name: one for name, one in books.reserved.items() if one.until < now or not alive(one.pid)}


def _is_leftover(record: ContainerRecord, books: Books) -> bool:
    """A --rm container that has ended while nobody watches it: its azdock was killed, or it was detached."""
    if not (record.spec.auto_remove and record.seen.over):
        return False
    watcher = books.attended.get(record.ident.id)
    if watcher is not None:
        return not alive(watcher)
    ended = record.seen.finished_at
    return ended is None or (datetime.now(UTC) - ended).total_seconds() > UNKNOWN_WATCHER_SECONDS


def _merged(now: Books, before: Books, found: Iterable[ContainerRecord], stale: Mapping[str, Reservation]) -> Books:
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
    # A watcher that has died stays noted: its container may still run, and is a leftover once it has ended.
    attended = {id: pid for id, pid in now.attended.items() if id in containers}
    reserved = {name: one for name, one in now.reserved.items() if stale.get(name) != one}
    after = Books(dict(now.containers), reserved, attended, removed=now.removed)
    for id, record in now.containers.items():
        if id not in containers:
            after.bury(record, time.time())  # somebody else has removed it, or it was a leftover
    after.containers = containers
    return after


def _newer(ours: ContainerRecord, theirs: ContainerRecord) -> ContainerRecord:
    """Azure's record, with the finishing time we saw when Azure tells none (a stopped execution has no endTime)."""
    seen = theirs.seen
    if seen.run == ours.seen.run and ours.seen.finished_at and seen.terminal:
        seen = replace(seen, finished_at=ours.seen.finished_at)
    return replace(theirs, seen=seen)
