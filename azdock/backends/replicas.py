"""Pure: replicas as Azure lists them.

SOURCE: azure-rest-api-specs, Microsoft.App/ContainerApps stable/2026-07-01 (Replica, ReplicaContainer).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from azdock.errors import NotFound

Json = dict[str, Any]
CONTAINER = "main"  # the name of the container that runs the user's command
SHORT = 5  # letters at the end of a replica's name that tell it from its siblings


def main_container(replica: Json) -> Json:
    """The container that runs the user's command; {} before there is one."""
    containers = (replica.get("properties") or {}).get("containers") or ()
    return next((one for one in containers if one.get("name") == CONTAINER), {})


def address_of(replica: Json, field: str) -> str:
    """An address of the main container of a replica; "" before it has one."""
    return str(main_container(replica).get(field) or "")


def created(replica: Json) -> str:
    """When a replica was created, as text that sorts by time."""
    return str((replica.get("properties") or {}).get("createdTime") or "")


def chosen(replicas: Iterable[Json], wanted: str) -> list[Json]:
    """The replicas that a user means by a name or its last letters, the oldest first; all of them by "".

    Raises NotFound when there is none of that name.
    """
    known = sorted(replicas, key=created)
    found = [one for one in known if not wanted or is_named(str(one["name"]), wanted)]
    if wanted and not found:
        names = ", ".join(str(one["name"])[-SHORT:] for one in known)
        raise NotFound(f"No such replica: {wanted}", hint=f"there are {names}" if names else "azdock ps -a")
    return found


def is_named(replica: str, wanted: str) -> bool:
    """Whether a name or the last letters of it mean this replica."""
    return wanted in (replica, replica.rpartition("-")[2])
