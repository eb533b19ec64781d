"""Names become logs, also of containers that exist no more."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from azdock.docker.channels import Ending, LogLine, LogQuery
from azdock.docker.record import ContainerRecord, Ident
from azdock.docker.spec import ContainerSpec
from azdock.errors import Forbidden, NotFound
from azdock.services.logs import Logs, UntilRemoved
from azdock.settings import EMBEDDED, Settings
from azdock.state.store import Store
from tests.support.backend import FakeBackend, FakeBackends
from tests.support.fakes import Reader

ID = "0123456789ab" + "c" * 52
RECORD = ContainerRecord(Ident(ID, "web"), ContainerSpec(image="x"), datetime.now(UTC), "job", {"job": "job-1"})


@pytest.fixture
def backend() -> FakeBackend:
    made = FakeBackend()
    made.resources[ID] = RECORD
    return made


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(Settings(home=tmp_path, context=EMBEDDED))


def logs(store: Store, backend: FakeBackend) -> Logs:
    return Logs(store, FakeBackends(backend))  # type: ignore[arg-type]


def bury(store: Store, backend: FakeBackend, record: ContainerRecord = RECORD) -> None:
    backend.resources.pop(record.ident.id, None)
    with store.transaction() as books:
        books.bury(record, 1.0)


def test_lines(store: Store, backend: FakeBackend) -> None:
    """The backend of the container is asked for what the query wants."""
    assert list(logs(store, backend).lines("web", LogQuery(run="r1"))) == [LogLine("out", b"line\n", 1)]
    assert backend.calls[-1] == "logs r1"


@pytest.mark.parametrize("query", ["web", "/web", ID, ID[:6]])
def test_removed(store: Store, backend: FakeBackend, query: str) -> None:
    """A container that was removed here is found by name and id, through the handle that it had."""
    bury(store, backend)
    assert list(logs(store, backend).lines(query, LogQuery()))
    assert "trace" not in "".join(backend.calls)


def test_the_last_of_a_name(store: Store, backend: FakeBackend) -> None:
    """Of several removed containers with one name the latest is meant; one that exists wins over all."""
    seen: list[ContainerRecord] = []
    honest = backend.logs
    backend.logs = lambda record, query: seen.append(record) or honest(record, query)  # type: ignore[method-assign,func-returns-value]
    bury(store, backend)
    bury(store, backend, replace(RECORD, ident=Ident("f" * 64, "web"), handle={"job": "job-2"}))
    logs(store, backend).lines("web", LogQuery())
    backend.resources["e" * 64] = replace(RECORD, ident=Ident("e" * 64, "web"), handle={"job": "job-3"})
    logs(store, backend).lines("web", LogQuery())
    assert [record.handle["job"] for record in seen] == ["job-2", "job-3"]


def test_removed_elsewhere(store: Store, backend: FakeBackend) -> None:
    """What another machine removed is found by what the backend still has of it."""
    backend.traces["other"] = RECORD
    assert list(logs(store, backend).lines("other", LogQuery()))
    assert backend.calls.count("trace other") == 1


def test_never_there(store: Store, backend: FakeBackend) -> None:
    """docker's sentence, at once, after one look at what is left."""
    with pytest.raises(NotFound, match="No such container: nope") as caught:
        logs(store, backend).lines("nope", LogQuery())
    assert caught.value.hint == ""
    assert backend.calls.count("trace nope") == 1


def test_what_is_left_cannot_be_asked(store: Store, backend: FakeBackend) -> None:
    """The container is not there; that nobody could look for its remains is a hint."""
    backend.trace = lambda query: (_ for _ in ()).throw(Forbidden("no access"))  # type: ignore[method-assign]
    with pytest.raises(NotFound, match="No such container: nope") as caught:
        logs(store, backend).lines("nope", LogQuery())
    assert "no access" in caught.value.hint


def test_removed_meanwhile() -> None:
    """A log that is followed ends when its container is removed, and lacks nothing."""

    class Removed(Reader):
        def batches(self):  # type: ignore[no-untyped-def]
            yield [LogLine("out", b"a\n", 1)]
            raise NotFound("gone")

    log = UntilRemoved(Removed([], Ending(missing="x")))
    assert list(log) == [LogLine("out", b"a\n", 1)]
    assert log.ending == Ending()
    assert UntilRemoved(Reader([], Ending(missing="x"))).ending.missing == "x"
