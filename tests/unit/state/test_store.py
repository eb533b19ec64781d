"""The state file: private, atomic, versioned, and never a reason to lose containers."""

from __future__ import annotations

import json
import multiprocessing
import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from azdock.docker.record import ContainerRecord, Ident, Status
from azdock.docker.spec import ContainerSpec, ImageFacts, Resources, Restart
from azdock.errors import StateLocked
from azdock.settings import EMBEDDED, Settings
from azdock.state import schema, store
from azdock.state.schema import Books, Reservation

NOON = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
FULL = ContainerRecord(
    ident=Ident("a" * 64, "web"),
    spec=ContainerSpec(
        image="busybox",
        command=("sh", "-c", "echo"),
        entrypoint=(),
        env=("A=1",),
        labels={"k": "v"},
        resources=Resources(500_000_000, 1 << 30),
        restart=Restart("on-failure", 3),
        auto_remove=True,
    ),
    created=NOON,
    backend="job",
    handle={"job": "web-aaaaaaaa"},
    image=ImageFacts("sha256:1", ("sh",), ("-c",), ("PATH=/bin",), "/", "0", {"l": "1"}),
    seen=Status("exited", "run1", 3, False, NOON, NOON, True, 2, "why", "what"),
)


def settings(home: Path) -> Settings:
    return Settings(home=home, context=EMBEDDED)


@pytest.mark.parametrize("record", [FULL, replace(FULL, spec=ContainerSpec("i"), image=ImageFacts(), seen=Status())])
def test_schema_round_trip(record: ContainerRecord) -> None:
    """A record survives JSON unchanged, whatever its fields hold."""
    books = Books({record.ident.id: record}, {"n": Reservation("b" * 64, 7, 8.5)}, {record.ident.id: 9})
    assert schema.load(json.loads(json.dumps(schema.dump(books)))) == books


def test_what_was_typed_is_not_kept() -> None:
    """The flags as typed, values of variables among them, are for the moment of creation only."""
    typed = replace(FULL, spec=replace(FULL.spec, asked={"env": "K=s3cret"}))
    assert schema.dump_record(typed) == schema.dump_record(FULL)


def test_files_are_private(tmp_path: Path) -> None:
    """Nobody but the owner may read the state: 0600 in a 0700 folder."""
    home = tmp_path / "home"
    books = store.Store(settings(home))
    with books.transaction() as open_books:
        open_books.containers[FULL.ident.id] = FULL
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert stat.S_IMODE(books.path.stat().st_mode) == 0o600
    assert store.Store(settings(home)).read().containers == {FULL.ident.id: FULL}


def test_failed_change_is_not_written(tmp_path: Path) -> None:
    """An error inside a transaction leaves the file as it was."""
    books = store.Store(settings(tmp_path))
    with books.transaction():
        pass
    before = books.path.read_bytes()
    with pytest.raises(RuntimeError), books.transaction() as open_books:
        open_books.containers[FULL.ident.id] = FULL
        raise RuntimeError
    assert books.path.read_bytes() == before


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 99}', '{"version":1,"containers":[{}],"reserved":{}}'])
def test_corrupt_file_is_set_aside(tmp_path: Path, text: str) -> None:
    """An unreadable file is kept under another name, one sentence says so, and the books are empty but usable."""
    said: list[str] = []
    books = store.Store(settings(tmp_path), said.append)
    books.path.write_text(text)
    assert not books.exists()
    assert books.read() == Books(complete=False)
    assert len(said) == 1 and "moved to" in said[0]
    aside = [path for path in tmp_path.iterdir() if ".corrupt-" in path.name]
    assert [path.read_text() for path in aside] == [text]


def test_lock_that_is_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock that another process keeps is an error with a hint, not a hang."""
    from filelock import FileLock

    books = store.Store(settings(tmp_path))
    monkeypatch.setattr(store, "LOCK_SECONDS", 0.1)
    with FileLock(str(books.path) + ".lock"), pytest.raises(StateLocked) as caught, books.transaction():
        pass
    assert caught.value.hint


def _count(home: str, times: int) -> None:
    books = store.Store(settings(Path(home)))
    for _ in range(times):
        with books.transaction() as open_books:
            record = open_books.containers.get(FULL.ident.id, replace(FULL, seen=Status(restarts=0)))
            changed = replace(record, seen=replace(record.seen, restarts=record.seen.restarts + 1))
            open_books.containers[FULL.ident.id] = changed


def test_concurrent_changes_all_count(tmp_path: Path) -> None:
    """Changes of several processes at once are all kept."""
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_count, args=(str(tmp_path), 20)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert store.Store(settings(tmp_path)).read().containers[FULL.ident.id].seen.restarts == 80


def test_only_a_broken_file_is_set_aside(tmp_path: Path) -> None:
    """A reader that saw a broken file looks again under the lock: one that was mended meanwhile stays."""
    books = store.Store(settings(tmp_path), lambda text: pytest.fail(text))
    with books.transaction() as found:
        found.complete = True
    good = books.path.read_text()
    first = iter(["{", good])

    class Mending(type(books.path)):  # type: ignore[misc]
        def read_bytes(self) -> bytes:
            return next(first).encode()

    books.path = Mending(books.path)
    assert books.read() == Books()
    assert list(tmp_path.glob("*.corrupt-*")) == []


def test_removed_containers() -> None:
    """The last ones are remembered, each once and with what leads to its lines; older files have none."""
    books = Books({FULL.ident.id: FULL}, attended={FULL.ident.id: 1})
    books.bury(FULL, 1.0)
    books.bury(FULL, 2.0)
    assert (books.containers, books.attended) == ({}, {})
    assert [(one.name, one.time, dict(one.handle)) for one in books.removed] == [("web", 2.0, {"job": "web-aaaaaaaa"})]
    assert schema.load(json.loads(json.dumps(schema.dump(books)))) == books
    for number in range(schema.REMOVED + 5):
        books.bury(replace(FULL, ident=Ident(f"{number:064x}", "web")), 3.0)
    assert len(books.removed) == schema.REMOVED
    assert books.removed[-1].id == f"{schema.REMOVED + 4:064x}"
    document = schema.dump(books)
    del document["removed"]
    assert schema.load(document).removed == ()
