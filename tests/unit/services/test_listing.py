"""ps: which containers are shown, and what is looked up beside Azure's list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from azdock.backends import base
from azdock.docker import filters
from azdock.docker.record import ContainerRecord, Status
from azdock.services.listing import Listing
from azdock.services.registry import Backends
from azdock.settings import EMBEDDED, Settings
from azdock.state.store import Store
from tests.support.backend import FakeBackend
from tests.support.fakes import NOON, record

STATES = {
    "up": Status("running", run="r"),
    "starting": Status("created", run="r", health="starting"),
    "crashing": Status("restarting", run="r", exit_code=1),
    "new": Status(),
    "gone": Status("exited", run="r"),
}


@pytest.fixture
def listing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Listing:
    """A context with one container in every state, the newest first in STATES."""
    backend = FakeBackend()
    for at, (name, seen) in enumerate(STATES.items()):
        one = record(name, id=f"{at}" * 64, seen=seen)
        backend.resources[one.ident.id] = replace(one, created=NOON - timedelta(minutes=at))
    monkeypatch.setattr(base, "BACKENDS", {"job": "unused"})
    monkeypatch.setattr(base, "connect", lambda _name, _settings: backend)
    settings = Settings(tmp_path, EMBEDDED)
    return Listing(Store(settings), Backends(settings))


@pytest.mark.parametrize(
    ("everything", "names"),
    [(False, ["up", "starting", "crashing"]), (True, ["up", "starting", "crashing", "new", "gone"])],
)
def test_what_is_shown(listing: Listing, everything: bool, names: list[str]) -> None:
    """Without --all a container is shown as long as there is, or will be again, a process: also while it starts."""
    found = listing.ps(all=everything, filters=filters.parse([]))
    assert [one.ident.name for one in found] == names


def test_looking(listing: Listing) -> None:
    """What is looked up beside Azure's list counts in filters."""

    def look(records: Sequence[ContainerRecord]) -> list[ContainerRecord]:
        return [replace(one, seen=replace(one.seen, health="healthy")) for one in records if one.ident.name == "up"]

    found = listing.ps(all=False, filters=filters.parse(["health=healthy"]), look=look)
    assert [one.ident.name for one in found] == ["up"]
