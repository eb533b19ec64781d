"""update: what is written onto the resource, kept in the books, and said."""

from __future__ import annotations

from pathlib import Path

import pytest

from azdock.backends.base import Gap
from azdock.docker.record import ContainerRecord, Status
from azdock.docker.spec import ContainerSpec, Resources, Restart
from azdock.errors import DaemonError, Unsupported
from azdock.services.ledger import Ledger
from azdock.services.lifecycle import Lifecycle
from azdock.services.updating import Changes, Updating
from azdock.settings import EMBEDDED, Settings
from azdock.state.store import Store
from tests.support.backend import NOON, FakeBackend, FakeBackends


class Bench:
    """A container that runs, and what changes it."""

    def __init__(self, home: Path, **spec: object) -> None:
        self.backend = FakeBackend()
        backends = FakeBackends(self.backend)
        self.store = Store(Settings(home=home, context=EMBEDDED), print)
        life = Lifecycle(self.store, backends, lambda: NOON)  # type: ignore[arg-type]
        made = life.create(ContainerSpec(image="busybox", env=("A=1", "B=1"), **spec), name="web")  # type: ignore[arg-type]
        life.start(made.record.ident.id, wait=False)
        self.updating = Updating(Ledger(self.store, backends, lambda: NOON), backends)  # type: ignore[arg-type]

    @property
    def kept(self) -> ContainerRecord:
        (one,) = self.store.read().containers.values()
        return one


def test_spec_and_books(tmp_path: Path) -> None:
    """What was changed is on the resource and in the books; the rest stays."""
    bench = Bench(tmp_path)
    changes = Changes(nano_cpus=2, restart=Restart("on-failure", 3), env=("B=2", "C=3"), image="busybox:2")
    updated = bench.updating.update("web", changes)
    spec = bench.kept.spec
    assert (spec.image, spec.env) == ("busybox:2", ("A=1", "B=2", "C=3"))
    assert (spec.resources, spec.restart) == (Resources(nano_cpus=2), Restart("on-failure", 3))
    assert bench.backend.updated == spec
    assert updated.record.spec == spec


def test_when_it_takes_effect(tmp_path: Path) -> None:
    """A job's run goes on as it began, which is said; its restart policy is no part of what runs."""
    bench = Bench(tmp_path)
    assert bench.updating.update("web", Changes(memory=2**30)).when == "web: in effect from its next run on"
    assert bench.updating.update("web", Changes(restart=Restart("on-failure", 2))).when == ""
    bench.backend.end(bench.kept.ident.id, Status(state="exited", run="run1"))
    assert bench.updating.update("web", Changes(memory=2**30)).when == ""


def test_refusals_come_first(tmp_path: Path) -> None:
    """Nothing is changed when the backend cannot have it."""
    bench = Bench(tmp_path)
    bench.backend.refused = [Gap("scale", "refuse", "a job has no replicas")]
    with pytest.raises(Unsupported, match="--scale: a job has no replicas"):
        bench.updating.update("web", Changes(scale=(1, 2), asked={"scale": "1..2"}))
    assert "update" not in bench.backend.calls


def test_rm_and_restart(tmp_path: Path) -> None:
    """docker's sentence for a container that is to go when it has ended."""
    with pytest.raises(DaemonError, match="AutoRemove is enabled"):
        Bench(tmp_path, auto_remove=True).updating.update("web", Changes(restart=Restart("always")))
