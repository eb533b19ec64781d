"""The logbook's memory, files and rows."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from azdock.emulator import logbook as module
from azdock.emulator.containerlog import Source
from azdock.emulator.logbook import CONSOLE, SYSTEM, Logbook
from azdock.emulator.logtables import NEW_CONSOLE, NEW_SYSTEM
from azdock.emulator.world import Behaviour

SOURCE = Source("job", "job1", "job1-abc", "job1-abc-x1y2z", "main", "busybox", "azdock", "calm-sea")
APP = Source("app", "web", "web--r1", "web--r1-1-2", "web", "nginx", "azdock", "calm-sea")


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Logbook]:
    one = Logbook(tmp_path, Behaviour())
    yield one
    one.close()


def texts(book: Logbook, count: int = 300, source: Source = SOURCE) -> list[str]:
    return [record.text for record in book.tail(source.replica, source.container, count)]


def test_restart(tmp_path: Path, book: Logbook) -> None:
    """Lines and events survive a restart; the replica is not listed any more."""
    book.sink(SOURCE)("stdout", b"a\nb\nc", time.time_ns())
    book.ended(SOURCE)
    book.event(SOURCE, "ContainerTerminated", "Normal", "gone")
    book.close()
    again = Logbook(tmp_path, Behaviour())
    log = again.find(SOURCE.replica, SOURCE.container)
    assert log is not None
    assert log.source == SOURCE
    assert not again.listed(log)
    assert again.tables() == {CONSOLE, SYSTEM}
    assert texts(again) == ["a", "b", "c"]
    assert [row["Log_s"] for row in again.rows(SYSTEM)] == ["gone"]


def test_appending_after_a_restart(tmp_path: Path, book: Logbook) -> None:
    """A restarted emulator appends to what is there."""
    for text in ("first", "second"):
        one = Logbook(tmp_path, Behaviour())
        one.sink(SOURCE)("stdout", text.encode() + b"\n", time.time_ns())
        one.event(SOURCE, "x", "Normal", text)
        one.close()
    again = Logbook(tmp_path, Behaviour())
    assert [row["Log_s"] for row in again.rows(CONSOLE)] == ["first", "second"]
    assert [row["Log_s"] for row in again.rows(SYSTEM)] == ["first", "second"]
    assert book.find(SOURCE.replica, SOURCE.container) is None


def test_written_soon(tmp_path: Path, book: Logbook) -> None:
    """Lines reach the file by themselves, without an end and without a close."""
    book.sink(SOURCE)("stdout", b"a\n", time.time_ns())
    deadline = time.monotonic() + 5
    while not list(tmp_path.glob("console/*.jsonl")) and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.05)
    file = next(tmp_path.glob("console/*.jsonl"))
    assert json.loads(file.read_text().splitlines()[1])[1:] == ["stdout", "F", "a"]


@pytest.mark.parametrize("rest", ['[12, "std', "", "["])
def test_killed_while_writing(tmp_path: Path, book: Logbook, rest: str) -> None:
    """Half a line at the end of a file is no harm."""
    book.sink(SOURCE)("stdout", b"a\n", time.time_ns())
    book.close()
    file = next(tmp_path.glob("console/*.jsonl"))
    file.write_text(file.read_text() + rest)
    assert texts(Logbook(tmp_path, Behaviour())) == ["a"]


def test_killed_before_the_first_line(tmp_path: Path, book: Logbook) -> None:
    """A file without a single record is dropped."""
    book.sink(SOURCE)("stdout", b"a\n", time.time_ns())
    book.close()
    file = next(tmp_path.glob("console/*.jsonl"))
    file.write_text(file.read_text()[:-5])
    assert Logbook(tmp_path, Behaviour()).find(SOURCE.replica, SOURCE.container) is None


def test_old_files_are_dropped(tmp_path: Path, book: Logbook) -> None:
    """After the retention time of a workspace lines are gone."""
    book.sink(SOURCE)("stdout", b"a\n", time.time_ns())
    book.close()
    file = next(tmp_path.glob("console/*.jsonl"))
    month = time.time() - 31 * 86400
    os.utime(file, (month, month))
    assert Logbook(tmp_path, Behaviour()).tables() == set()
    assert not file.exists()


def test_reset(tmp_path: Path, book: Logbook) -> None:
    """After a reset nothing is known, in memory or in files, and writing goes on."""
    book.sink(SOURCE)("stdout", b"a\n", time.time_ns())
    book.event(SOURCE, "x", "Normal", "y")
    book.reset()
    assert book.tables() == set()
    assert texts(book) == []
    assert not list(tmp_path.rglob("*.jsonl"))
    book.sink(SOURCE)("stdout", b"b\n", time.time_ns())
    assert texts(book) == ["b"]
    book.close()
    assert len(list(tmp_path.rglob("*.jsonl"))) == 1


def test_memory_is_spared(monkeypatch: pytest.MonkeyPatch, book: Logbook) -> None:
    """Ended containers' lines leave the memory when there are too many, and are read again when needed."""
    monkeypatch.setattr(module, "MEMORY", 1000)
    book.sink(SOURCE)("stdout", b"line\n" * 100, time.time_ns())
    book.ended(SOURCE)
    book.store()
    log = book.find(SOURCE.replica, SOURCE.container)
    assert log is not None
    assert log.feed.items == []
    assert texts(book) == ["line"] * 100
    assert len(list(book.rows(CONSOLE))) == 100


def test_instances(book: Logbook) -> None:
    """A tail shows the running instance of a restarted container only; the rows have all."""
    for text in (b"one", b"two\n"):
        sink = book.sink(SOURCE)
        sink("stdout", text, time.time_ns())
        book.ended(SOURCE)
    assert texts(book) == ["two"]
    assert [row["Log_s"] for row in book.rows(CONSOLE)] == ["one", "two"]


def test_partial_lines_of_two_streams(book: Logbook) -> None:
    """stdout and stderr do not mix their unfinished lines."""
    sink = book.sink(SOURCE)
    sink("stdout", b"out", 1)
    sink("stderr", b"err", 2)
    sink("stdout", b"put\n", 3)
    sink("stderr", b"or\n", 4)
    assert texts(book) == ["output", "error"]


def test_times_grow(book: Logbook) -> None:
    """Every record of a container is later than the one before, whatever the clock does."""
    sink = book.sink(SOURCE)
    sink("stdout", b"a\nb\n", 10**18)
    sink("stdout", b"c\n", 10**18 - 5)
    times = [record.time_ns for record in book.tail(SOURCE.replica, SOURCE.container, 9)]
    assert times == sorted(set(times))


def test_rows_of_an_app(book: Logbook) -> None:
    """An app's row names app and revision and no job."""
    book.sink(APP)("stderr", b"a\n", time.time_ns())
    row = next(book.rows(CONSOLE))
    assert (row["ContainerAppName_s"], row["RevisionName_s"], row["ContainerJobName_s"]) == ("web", "web--r1", "")
    assert row["Stream_s"] == "stderr"


def test_follow_from_a_thread(book: Logbook) -> None:
    """A follower on the event loop gets what a thread writes, to the end."""

    def write() -> None:
        sink = book.sink(SOURCE)
        for i in range(2000):
            sink("stdout", b"%d\n" % i, time.time_ns())
        book.ended(SOURCE)

    async def follow() -> list[str]:
        book.sink(SOURCE)
        thread = threading.Thread(target=write)
        thread.start()
        found = [record.text async for record in book.follow(SOURCE.replica, SOURCE.container, 10**6)]
        thread.join()
        return found

    assert asyncio.run(asyncio.wait_for(follow(), 20)) == [str(i) for i in range(2000)]


def test_many_lines(tmp_path: Path, book: Logbook) -> None:
    """100,000 lines in small chunks, and a line of 10 MB, are taken and stored in a few seconds."""
    started = time.monotonic()
    sink = book.sink(SOURCE)
    for i in range(100_000):
        sink("stdout", b"line %d\n" % i, time.time_ns())
    sink("stderr", b"x" * 10 * 2**20 + b"\n", time.time_ns())
    book.ended(SOURCE)
    book.close()
    assert time.monotonic() - started < 8
    assert len(list(Logbook(tmp_path, Behaviour()).rows(CONSOLE))) == 100_001


def test_windows_and_selection(book: Logbook) -> None:
    """Rows can be limited to a time and to sources; the bounds belong to the time."""
    other = dataclasses.replace(SOURCE, replica="job1-def-aaaaa")
    for source in (SOURCE, other):
        for i in (1, 2, 3):
            book.sink(source)("stdout", b"%d\n" % i, i * 10**9)
    assert [row["Log_s"] for row in book.rows(CONSOLE, 2 * 10**9, 2 * 10**9)] == ["2", "2"]
    chosen = book.rows(CONSOLE, match=lambda facts: facts["ContainerGroupName_s"] == other.replica)
    assert {row["ContainerGroupName_s"] for row in chosen} == {other.replica}


def test_destinations_survive_a_restart(tmp_path: Path, book: Logbook) -> None:
    """Each source's rows stay in the family of tables they were written to; files of earlier emulators name none."""
    new = dataclasses.replace(SOURCE, replica="job1-abc-new00", destination="azure-monitor")
    for source in (SOURCE, new):
        book.sink(source)("stdout", b"a\n", time.time_ns())
        book.event(source, "x", "Normal", source.replica)
    book.close()
    for path in tmp_path.rglob("*.jsonl"):
        path.write_text(path.read_text().replace(', "destination": "log-analytics"', ""))
    again = Logbook(tmp_path, Behaviour())
    assert again.tables() == {CONSOLE, SYSTEM, NEW_CONSOLE, NEW_SYSTEM}
    assert [row["ContainerGroupName_s"] for row in again.rows(CONSOLE)] == [SOURCE.replica]
    assert [row["ContainerGroupName"] for row in again.rows(NEW_CONSOLE)] == [new.replica]
    assert [row["Log_s"] for row in again.rows(SYSTEM)] == [SOURCE.replica]
    assert [row["Log"] for row in again.rows(NEW_SYSTEM)] == [new.replica]


def test_shuffled_milliseconds(book: Logbook) -> None:
    """On demand rows of one millisecond are out of order; those of different milliseconds are not."""
    sink = book.sink(SOURCE)
    for second in (1, 2):
        sink("stdout", b"".join(b"%d\n" % (second * 100 + i) for i in range(50)), second * 10**9)
    written = [row["Log_s"] for row in book.rows(CONSOLE)]
    book.behaviour.log_shuffle = True
    shuffled = [row["Log_s"] for row in book.rows(CONSOLE)]
    assert shuffled != written and sorted(shuffled) == sorted(written)
    assert sorted(shuffled[:50]) == sorted(written[:50])
    assert [row["Log_s"] for row in book.rows(CONSOLE)] == shuffled


def test_waiting_for_the_next_start(monkeypatch: pytest.MonkeyPatch, book: Logbook) -> None:
    """A container that will be started again stays listed, however long that takes, with its last instance's lines."""
    monkeypatch.setattr(book.behaviour, "replica_linger", 0.0)
    book.sink(APP)("stdout", b"first\n", time.time_ns())
    book.ended(APP, waiting=True)
    log = book.find(APP.replica, APP.container)
    assert log is not None and log.ended and book.listed(log) and texts(book, source=APP) == ["first"]
    book.sink(APP)("stdout", b"second\n", time.time_ns())
    assert not log.waiting and texts(book, source=APP) == ["second"]
    book.ended(APP)
    assert not book.listed(log)
