"""What containers wrote and what the platform says about them: live, in files, and as Log Analytics rows."""

from __future__ import annotations

import re
import shutil
import threading
import time
from bisect import bisect_left, bisect_right
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

from azdock.emulator.containerlog import ContainerLog, Now, Source
from azdock.emulator.eventlog import Event, EventLog
from azdock.emulator.kql.batch import Batch
from azdock.emulator.loglines import Record, whole_lines
from azdock.emulator.logtables import (
    COLUMNS,
    CONSOLE,
    CONSOLES,
    DESTINATION_OF,
    FIELD_LIMIT,
    SYSTEM,
    console_rows,
    event_row,
    facts,
)
from azdock.emulator.rowlog import RowLog, SentRow
from azdock.emulator.runtimes.base import Sink
from azdock.emulator.webtables import WEB_COLUMNS, web_row
from azdock.emulator.world import Behaviour

__all__ = ["CONSOLE", "SYSTEM", "Event", "Logbook", "Record", "Source"]

Fixed = Callable[[dict[str, Any]], Any]
FOREVER = 2**63
STORE_EVERY = 0.25  # seconds between two writes of what has come in
MEMORY = 64 * 2**20  # bytes of ended containers' records that are kept in memory
# learn.microsoft.com/azure/azure-monitor/logs/data-retention-configure: 30 days unless configured
RETENTION = 30 * 86400


def _everything(_facts: dict[str, Any]) -> bool:
    return True


class Logbook:
    """All logs of the emulator. Its methods may be called from any thread."""

    def __init__(self, folder: Path, behaviour: Behaviour, now: Now = time.time_ns) -> None:
        self.folder = folder
        self.behaviour = behaviour
        self._now = now
        self._lock = threading.Lock()
        self._logs: dict[tuple[str, str], ContainerLog] = {}
        self.events = EventLog(folder / "events.jsonl")
        self._sent = self._rowlog()
        self._dirty: set[ContainerLog | EventLog | RowLog] = set()
        self._storing = threading.Lock()
        self._wanted = threading.Event()
        self._closing = threading.Event()
        self._writer: threading.Thread | None = None
        self._find_stored()

    def _rowlog(self) -> RowLog:
        return RowLog(self.folder / "rows.jsonl", self._now() - RETENTION * 10**9)

    def _find_stored(self) -> None:
        for path in (self.folder / "console").glob("*.jsonl"):
            old = path.stat().st_mtime < self._now() / 1e9 - RETENTION
            log = None if old else ContainerLog.stored(path)
            if log is None:
                path.unlink()
            else:
                self._logs[_key(log.source.replica, log.source.container)] = log

    # writing

    def sink(self, source: Source) -> Sink:
        """Where a container that is being started sends its output."""
        log = self._open(source)

        def write(stream: str, data: bytes, time_ns: int) -> None:
            log.write(stream, data, time_ns)
            self._store_soon(log)

        return write

    def _open(self, source: Source) -> ContainerLog:
        with self._lock:
            key = _key(source.replica, source.container)
            log = self._logs.get(key)
            if log is None:
                name = re.sub(r"[^A-Za-z0-9.-]", "_", "~".join(key)) + ".jsonl"
                log = self._logs[key] = ContainerLog(source, self.folder / "console" / name, self._now)
            else:
                log.reopen()
            return log

    def ended(self, source: Source, waiting: bool = False) -> None:
        """A container has ended: its unfinished line is shown and followers finish. One that is `waiting` for its next
        start stays listed, with what its last instance wrote."""
        log = self.find(source.replica, source.container) or self._open(source)
        log.end()
        log.waiting = waiting
        self._store_soon(log)

    def event(
        self,
        source: Source,
        reason: str,
        type: str,
        message: str,
        event_source: str = "ContainerAppController",
    ) -> None:
        """Something the platform tells about a container; `type` is Normal or Warning."""
        self.events.add(Event(self._now(), source, reason, type, message, event_source))
        self._store_soon(self.events)

    def send(self, rows: list[SentRow]) -> None:
        """Rows that a resource sends to the workspace itself."""
        if rows:
            self._sent.add(rows)
            self._store_soon(self._sent)

    # reading

    def find(self, replica: str, container: str) -> ContainerLog | None:
        """The log of a container of a replica, if it ever ran."""
        return self._logs.get(_key(replica, container))

    def listed(self, log: ContainerLog) -> bool:
        """Whether the container is still to be seen: it runs or will, or ended no longer than `replica_linger` ago."""
        return not log.ended or log.waiting or self._now() - log.ended_ns < self.behaviour.replica_linger * 1e9

    def tail(self, replica: str, container: str, count: int) -> list[Record]:
        """The last `count` records; empty when there is no such log."""
        log = self.find(replica, container)
        return log.tail(count) if log else []

    async def follow(self, replica: str, container: str, count: int) -> AsyncIterator[Record]:
        """The last `count` records, then new ones until the container has ended."""
        log = self.find(replica, container)
        if log is None:
            return
        position = log.position(count)
        while True:
            ended = log.ended  # asked first: nothing is added after the end
            records = log.read(position)
            position += len(records)
            for record in records:
                yield record
            if not records and ended:
                return
            if not records:
                await log.feed.wait(position, 60)

    def first_ns(self, table: str) -> int:
        """When the first thing was written that belongs into a table; 0: nothing yet."""
        if table in WEB_COLUMNS:
            return self._sent.first_ns(table)
        destination = DESTINATION_OF[table]
        if table not in CONSOLES:
            return self.events.first_ns(destination)
        times = [log.first_ns for log in list(self._logs.values()) if log.source.destination == destination]
        return min((time for time in times if time), default=0)

    def tables(self) -> set[str]:
        """The Log Analytics tables that exist by now."""
        by = self._now() - int((self.behaviour.log_delay + self.behaviour.log_table_delay) * 1e9)
        return {table for table in COLUMNS if 0 < self.first_ns(table) <= by}

    def batches(
        self, table: str, start_ns: int = 0, end_ns: int = FOREVER, match: Fixed = _everything
    ) -> Iterator[Batch]:
        """Rows that Log Analytics shows by now, written in [start_ns, end_ns], in the order of each source's lines.

        `match` is asked with the columns that all rows of a source share; a source it refuses is not even read.
        """
        delay = int(self.behaviour.log_delay * 1e9)
        end = min(end_ns, self._now() - delay) if delay else end_ns
        if table in WEB_COLUMNS:
            yield self._sent_rows(table, start_ns, end)
            return
        if table not in CONSOLES:
            yield self._system_rows(table, start_ns, end, match)
            return
        destination = DESTINATION_OF[table]
        for log in list(self._logs.values()):
            if log.source.destination != destination or log.first_ns > end or log.last_ns < start_ns:
                continue
            if match(shared := facts(table, log.source)):
                yield console_rows(table, shared, self._shown(log, start_ns, end))

    def rows(
        self, table: str, start_ns: int = 0, end_ns: int = FOREVER, match: Fixed = _everything
    ) -> Iterator[dict[str, Any]]:
        """The same row by row."""
        return (row for batch in self.batches(table, start_ns, end_ns, match) for row in batch.rows(COLUMNS[table]))

    def _shown(self, log: ContainerLog, start_ns: int, end_ns: int) -> list[Record]:
        """The whole lines of a container that Log Analytics shows."""
        records = log.lines()
        until = bisect_right(records, end_ns, key=_time)
        records = whole_lines(records[:until], FIELD_LIMIT)
        records = records[bisect_left(records, start_ns, key=_time) :] if start_ns else records
        if self.behaviour.log_loss:
            records = [record for record in records if not self._lost(log.source.replica, record.time_ns)]
        return sorted(records, key=_shuffled) if self.behaviour.log_shuffle else records

    def _system_rows(self, table: str, start_ns: int, end_ns: int, match: Fixed) -> Batch:
        destination, known, rows = DESTINATION_OF[table], dict[Source, dict[str, Any] | None](), []
        for event in self.events.all():
            if event.source.destination != destination or not start_ns <= event.time_ns <= end_ns:
                continue
            if event.source not in known:
                shared = facts(table, event.source)
                known[event.source] = shared if match(shared) else None
            found = known[event.source]
            if found is not None:
                rows.append(event_row(table, found, event))
        return Batch.of_rows(COLUMNS[table], rows)

    def _sent_rows(self, table: str, start_ns: int, end_ns: int) -> Batch:
        rows = [row for row in self._sent.rows(table) if start_ns <= row.time_ns <= end_ns]
        if self.behaviour.log_loss:
            rows = [row for row in rows if not self._lost(table, row.time_ns)]
        if self.behaviour.log_shuffle:
            rows.sort(key=_shuffled)
        return Batch.of_rows(COLUMNS[table], [web_row(table, row.time_ns, row.columns) for row in rows])

    def _lost(self, replica: str, time_ns: int) -> bool:
        """Whether Azure mislays this line; the same answer each time it is asked."""
        share = self.behaviour.log_loss
        return share > 0 and crc32(f"{replica}/{time_ns}".encode()) < share * 2**32

    # storing

    def _store_soon(self, log: ContainerLog | EventLog | RowLog) -> None:
        with self._lock:
            self._dirty.add(log)
            if self._writer is None:
                self._closing.clear()
                self._writer = threading.Thread(target=self._write, name="logbook", daemon=True)
                self._writer.start()
        self._wanted.set()

    def _write(self) -> None:
        while not self._closing.is_set():
            self._wanted.wait()
            self._closing.wait(STORE_EVERY)
            self._wanted.clear()
            self.store()

    def store(self) -> None:
        """Write everything that is not in its file yet."""
        with self._lock:
            dirty, self._dirty = self._dirty, set()
        with self._storing:
            for log in dirty:
                log.store()
            self._spare_memory()

    def _spare_memory(self) -> None:
        """Drop the records of the containers that ended first; they are read again when somebody asks."""
        ended = sorted((log for log in list(self._logs.values()) if log.ended), key=lambda log: log.ended_ns)
        excess = sum(log.size for log in ended) - MEMORY
        for log in ended:
            if excess > 0 and log.size:
                excess -= log.size
                log.unload()

    def close(self) -> None:
        """Stop the writer; everything is in the files afterwards."""
        writer, self._writer = self._writer, None
        self._closing.set()
        self._wanted.set()
        if writer is not None:
            writer.join()
        self.store()

    def reset(self) -> None:
        """Forget everything, files included."""
        self.close()
        with self._lock:
            self._logs.clear()
            shutil.rmtree(self.folder / "console", ignore_errors=True)
            self.events.path.unlink(missing_ok=True)
            self.events = EventLog(self.events.path)
            (self.folder / "rows.jsonl").unlink(missing_ok=True)
            self._sent = self._rowlog()


def _time(record: Record) -> int:
    return record.time_ns


def _shuffled(record: Record | SentRow) -> tuple[int, int]:
    """An order in which only milliseconds count; the same each time."""
    return record.time_ns // 1_000_000, crc32(str(record.time_ns).encode())


def _key(replica: str, container: str) -> tuple[str, str]:
    return replica.lower(), container.lower()
