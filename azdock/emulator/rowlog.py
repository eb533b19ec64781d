"""Rows that were sent to a Log Analytics workspace one by one, in one list and one JSONL file."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple


class SentRow(NamedTuple):
    """A row on its way into a table; `columns` are those that are its own, as JSON values."""

    table: str
    time_ns: int  # Unix nanoseconds
    columns: dict[str, Any]


class RowLog:
    """All rows, in the order in which they came. The file is read when somebody asks for the first time."""

    def __init__(self, path: Path, oldest_ns: int = 0) -> None:
        self.path = path
        self._oldest = oldest_ns  # rows of the file that are older are forgotten
        self._lock = threading.RLock()
        self._rows: defaultdict[str, list[SentRow]] = defaultdict(list)
        self._fresh: list[SentRow] = []
        self._loaded = not path.exists()

    def add(self, rows: Iterable[SentRow]) -> None:
        """Append rows, from any thread."""
        with self._lock:
            self._load()
            for row in rows:
                self._rows[row.table].append(row)
                self._fresh.append(row)

    def rows(self, table: str) -> list[SentRow]:
        """The rows of a table."""
        with self._lock:
            self._load()
            return list(self._rows.get(table, ()))

    def first_ns(self, table: str) -> int:
        """When the first row of a table was written; 0: there is none."""
        return min((row.time_ns for row in self.rows(table)), default=0)

    def _load(self) -> None:
        if self._loaded:
            return
        self._loaded = True
        with self.path.open(encoding="utf-8") as lines:
            # A process that was killed may leave half a line at the end; nothing follows it.
            whole = (SentRow(*json.loads(line)) for line in lines if line.endswith("]\n"))
            for row in whole:
                if row.time_ns >= self._oldest:
                    self._rows[row.table].append(row)

    def store(self) -> None:
        """Append to the file what is not in it yet."""
        with self._lock:
            fresh, self._fresh = self._fresh, []
        if fresh:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write("".join(json.dumps(row) + "\n" for row in fresh))
