"""The columns of ps."""

from __future__ import annotations

from dataclasses import replace

import pytest

from azdock.docker.processes import Process, Snapshot, parse
from azdock.docker.ps_columns import COLUMNS
from tests.unit.docker.test_processes import TEXT

SNAPSHOT: Snapshot = parse(TEXT)
APP: Process = SNAPSHOT.processes[1]
DAY = 86_400


@pytest.mark.parametrize("name", COLUMNS)
def test_every_column(name: str) -> None:
    """Each has a title in capitals and a text without blanks at its ends for every process."""
    title, text = COLUMNS[name]
    assert title == title.upper() and title
    for one in SNAPSHOT.processes.values():
        assert (found := text(one, SNAPSHOT)) == found.strip() != ""


@pytest.mark.parametrize(
    ("name", "changes", "text"),
    [
        ("etime", {"elapsed": 59.9}, "00:59"),
        ("etime", {"elapsed": 3661.0}, "01:01:01"),
        ("etime", {"elapsed": DAY + 61.0}, "1-00:01:01"),
        ("time", {"processor": 2 * DAY + 5.0}, "2-00:00:05"),
        ("bsdtime", {"processor": 3661.0}, "61:01"),
        ("stime", {"started": SNAPSHOT.now - DAY}, "Jan01"),
        ("stime", {"started": SNAPSHOT.now - 3 * DAY}, "2025"),
        ("start", {"started": SNAPSHOT.now - 2 * DAY}, "Dec 31"),
        ("tty", {"tty": 0}, "?"),
        ("tty", {"tty": 0x0501}, "console"),
        ("tty", {"tty": 0x0402}, "tty2"),
        ("tty", {"tty": 0x8903}, "pts/259"),
        ("c", {"processor": 1000.0}, "99"),
        ("pcpu", {"elapsed": 0.0}, "0.0"),
        ("stat", {"nice": -5, "threads": 1, "session": 9, "foreground": 9, "locked": 4}, "S<L"),
    ],
)
def test_texts(name: str, changes: dict[str, object], text: str) -> None:
    """procps' way of writing times, terminals and states."""
    changed: Process = replace(APP, **changes)  # type: ignore[arg-type]
    assert COLUMNS[name][1](changed, SNAPSHOT) == text
