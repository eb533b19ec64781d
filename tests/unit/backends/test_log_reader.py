"""A log knows afterwards how it ended."""

from __future__ import annotations

from azdock.backends.log_reader import Batches, Reader
from azdock.docker.channels import Ending, LogLine

LINES = [LogLine("out", b"a\n", 1), LogLine("err", b"b\n", 2)]


def batches() -> Batches:
    yield LINES[:1]
    yield LINES[1:]
    return Ending(exit_code=3)


def test_lines_and_ending() -> None:
    """Line by line or piece by piece it is the same log."""
    reader = Reader(batches)
    assert not reader.ending.complete
    assert list(reader) == LINES
    assert reader.ending == Ending(exit_code=3)
    assert list(Reader(batches).batches()) == [LINES[:1], LINES[1:]]


def test_closed() -> None:
    """A log that was not read to its end is not complete."""
    reader = Reader(batches)
    assert next(iter(reader)) == LINES[0]
    reader.close()
    assert "not read to its end" in reader.ending.missing
