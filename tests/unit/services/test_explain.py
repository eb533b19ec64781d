"""explain: which record is explained."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from azdock.docker.explanation import Explanation
from azdock.docker.record import ContainerRecord, Status
from azdock.services.explain import Explain
from azdock.services.listing import Listing
from azdock.settings import EMBEDDED, Settings
from azdock.state.store import Store
from tests.support.backend import FakeBackend, FakeBackends
from tests.support.fakes import record


class Explaining(FakeBackend):
    """Explains by naming what it was given."""

    def explain(self, found: ContainerRecord) -> Explanation:
        return Explanation(f"{found.seen.state} {found.seen.exit_code} {found.seen.error}")

    def first_line(self, found: ContainerRecord, status: Status) -> str:
        return f"first {status.reason}"


def service(home: Path, known: Status, now: Status) -> tuple[Explain, Explaining]:
    backend, store = Explaining(), Store(Settings(home=home, context=EMBEDDED))
    kept = record(seen=known)
    with store.transaction() as books:
        books.containers[kept.ident.id] = kept
    backend.resources[kept.ident.id] = replace(kept, seen=now)
    backends: Any = FakeBackends(backend)
    return Explain(store, Listing(store, backends), backends), backend


def test_present_status(tmp_path: Path) -> None:
    """What Azure says now is explained."""
    made, _ = service(tmp_path, Status("running", "run1"), Status("exited", "run1", 3))
    found, explanation = made.explain("web")
    assert (found.seen.exit_code, explanation.cause) == (3, "exited 3 ")


def test_what_the_log_told(tmp_path: Path) -> None:
    """Why a command was refused stands in the log only: what is known of that run beats Azure's status of it."""
    refused = Status("created", "run1", 127, error="no such program")
    made, _ = service(tmp_path, refused, Status("running", "run1"))
    assert made.explain("web")[1].cause == "created 127 no such program"


def test_first_line(tmp_path: Path) -> None:
    """The backend is asked, Azure is not."""
    made, backend = service(tmp_path, Status("running", "run1"), Status("running", "run1"))
    assert made.first_line(record(), Status(reason="DeadlineExceeded")) == "first DeadlineExceeded"
    assert backend.calls == []
