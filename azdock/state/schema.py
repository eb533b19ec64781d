"""State as JSON and back: one versioned document per context."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from azdock.docker import plain
from azdock.docker.record import ContainerRecord, Handle, Ident
from azdock.docker.spec import ContainerSpec

VERSION = 1
# Removed containers that are remembered, so that their logs are found by name and id.
REMOVED = 200


@dataclass(slots=True)
class Reservation:
    """A name taken by an azdock that is still talking to Azure; `until` is Unix seconds, `pid` its process."""

    id: str
    pid: int
    until: float


@dataclass(frozen=True, slots=True)
class Removed:
    """A container that was removed at `time` (Unix seconds): what is needed to find what it printed."""

    id: str
    name: str
    backend: str
    handle: Handle
    time: float


@dataclass(slots=True)
class Books:
    """Everything azdock remembers of one context: containers by id, names being created by name.

    `attended` maps the id of a --rm container to the process that removes it when it has ended. `complete` is False
    when the file was lost and only what happened since is in here. `removed` has the containers that were removed
    last, the latest at the end.
    """

    containers: dict[str, ContainerRecord] = field(default_factory=dict)
    reserved: dict[str, Reservation] = field(default_factory=dict)
    attended: dict[str, int] = field(default_factory=dict)
    complete: bool = True
    removed: tuple[Removed, ...] = ()

    def bury(self, record: ContainerRecord, time: float) -> None:
        """Take a container out and remember it as removed."""
        self.containers.pop(record.ident.id, None)
        self.attended.pop(record.ident.id, None)
        one = Removed(record.ident.id, record.ident.name, record.backend, record.handle, time)
        self.removed = (*(other for other in self.removed if other.id != one.id), one)[-REMOVED:]


def dump(books: Books) -> dict[str, Any]:
    """A JSON document that load() turns back into equal books."""
    return {
        "version": VERSION,
        "containers": [dump_record(record) for record in books.containers.values()],
        "reserved": {name: dataclasses.asdict(one) for name, one in books.reserved.items()},
        "attended": dict(books.attended),
        "complete": books.complete,
        "removed": [
            {"id": one.id, "name": one.name, "backend": one.backend, "handle": dict(one.handle), "time": one.time}
            for one in books.removed
        ],
    }


def load(document: dict[str, Any]) -> Books:
    """Books from a document. Raises ValueError, KeyError or TypeError for anything but version 1."""
    if document["version"] != VERSION:
        raise ValueError(f"schema version {document['version']!r}, this azdock knows {VERSION}")
    records = [load_record(item) for item in document["containers"]]
    reserved = {
        name: Reservation(str(one["id"]), int(one["pid"]), float(one["until"]))
        for name, one in document["reserved"].items()
    }
    attended = {id: int(pid) for id, pid in document["attended"].items()}
    containers = {record.ident.id: record for record in records}
    # Files of an azdock that did not keep it have none.
    removed = tuple(
        Removed(one["id"], one["name"], one["backend"], dict(one["handle"]), float(one["time"]))
        for one in document.get("removed", ())
    )
    return Books(containers, reserved, attended, bool(document.get("complete", True)), removed)


def dump_record(record: ContainerRecord) -> dict[str, Any]:
    """One container as JSON; fields that have their default are left out.

    So is `spec.asked`: it is over once the container exists, and holds values of variables a second time.
    """
    spec = plain.changed(record.spec)
    spec.pop("asked", None)
    return {
        "id": record.ident.id,
        "name": record.ident.name,
        "created": record.created.isoformat(),
        "backend": record.backend,
        "handle": dict(record.handle),
        "spec": spec,
        "image": plain.changed(record.image),
        "seen": plain.changed(record.seen),
    }


def load_record(item: dict[str, Any]) -> ContainerRecord:
    """The container that dump_record() wrote."""
    return ContainerRecord(
        ident=Ident(item["id"], item["name"]),
        spec=ContainerSpec(**plain.spec_fields(item["spec"])),
        created=datetime.fromisoformat(item["created"]),
        backend=item["backend"],
        handle=dict(item["handle"]),
        image=plain.image_facts(item["image"]),
        seen=plain.status(item["seen"]),
    )
