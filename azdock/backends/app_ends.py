"""How the containers of an app ended, read from the platform's events: Azure tells the codes of apps nowhere else.

SOURCE: yeongseon/azure-container-apps-practical-guide, labs evidence (texts of ContainerTerminated and ProcessExited);
microsoft/azure-container-apps issues (an empty code for a container that Azure itself ended).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple, Protocol

from azdock.azure import eventstream
from azdock.azure.client import Azure
from azdock.azure.systemlogs import SystemEvent

_ENDED = re.compile(r"was terminated with exit code '(-?\d*)'(?: and reason '(\w+)(?:: (.*?))?')?", re.S)
_REASONS = frozenset({"ContainerTerminated", "ProcessExited"})
# Azure ended it: scaled in, stopped, or moved to another revision.
STOPPED = frozenset({"ManuallyStopped"})


class End(NamedTuple):
    """One end of a container: its exit code (None when Azure tells none), Azure's reason (ProcessExited, OOMKilled,
    ContainerCreateFailure, ImagePullFailure, VolumeMountFailure, ManuallyStopped), when (aware, UTC), what Azure adds,
    and the replica."""

    code: int | None
    reason: str
    time: datetime
    text: str = ""
    replica: str = ""


class Tokens(Protocol):
    """What gives access to an app's event stream: azure.apps.Apps."""

    @property
    def azure(self) -> Azure:
        """The context's Azure."""

    def token(self, name: str) -> str:
        """A token for the app's streams."""


def recent(apps: Tokens, app: str, endpoint: str, revision: str = "") -> list[SystemEvent]:
    """The last 300 events of an app that its event stream still shows, those of one revision if named, oldest first:
    one call beside the token's. `endpoint` is the app's eventStreamEndpoint. Raises AzdockError."""
    return eventstream.read(apps.azure.http, endpoint, apps.token(app), revision) if endpoint else []


def ends(events: Iterable[SystemEvent]) -> list[End]:
    """The ends that events tell of, oldest first, each once although two events tell of it."""
    found: list[End] = []
    single = ""  # the kind of the newest event, while it has no partner of the other kind
    for event in sorted(events, key=lambda one: one.time):
        told = _ENDED.search(event.text) if event.reason in _REASONS else None
        if told is None:
            continue
        code = int(told[1]) if told[1] not in ("", "-") else None
        end = End(code, told[2] or "ProcessExited", event.time, told[3] or "", event.replica)
        if found and single not in ("", event.reason) and _same(found[-1], end):
            found[-1] = max(found[-1], end, key=lambda one: (one.reason != "ProcessExited", bool(one.text)))
            single = ""
        else:
            found.append(end)
            single = event.reason
    return found


def last_end(events: Iterable[SystemEvent], *, own: bool = False) -> End | None:
    """The newest end; None when no event tells of one. With `own` the ends that Azure brought about (a stop) are left
    out when there are others: a container that had ended before and was only waiting to be removed is stopped, too."""
    told = ends(events)
    mine = [one for one in told if one.reason not in STOPPED]
    chosen = mine if own and mine else told
    return chosen[-1] if chosen else None


def _same(one: End, other: End) -> bool:
    near = abs((one.time - other.time).total_seconds()) <= 1.0  # some events tell whole seconds only
    return near and one.replica == other.replica and one.code == other.code
