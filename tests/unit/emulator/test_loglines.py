"""Cutting output into log records."""

from __future__ import annotations

import time

import pytest

from azdock.emulator.loglines import PART_SIZE, Cutter, Record, cut, joined, packed, unpacked, whole_lines


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        ([b"a\nb\n"], [("F", "a"), ("F", "b")]),
        ([b"a", b"b\n", b"c"], [("F", "ab")]),
        ([b"\n\n"], [("F", ""), ("F", "")]),
        ([b"a\r\n"], [("F", "a\r")]),
        ([b"\xc3", b"\xa9\n"], [("F", "é")]),
        ([b"\xff\x00\n"], [("F", "\ufffd\x00")]),
        ([b"x" * (PART_SIZE + 1) + b"\n"], [("P", "x" * PART_SIZE), ("F", "x")]),
        ([b"x" * PART_SIZE + b"\n"], [("F", "x" * PART_SIZE)]),
        ([b"x" * PART_SIZE, b"y"], [("P", "x" * PART_SIZE)]),
        ([b"x" * (PART_SIZE - 1) + "é\n".encode()], [("P", "x" * (PART_SIZE - 1)), ("F", "é")]),
    ],
)
def test_feed(chunks: list[bytes], expected: list[tuple[str, str]]) -> None:
    """Lines become visible when they are complete or longer than a part; characters stay whole."""
    cutter = Cutter()
    assert [piece for chunk in chunks for piece in cutter.feed(chunk)] == expected


def test_end() -> None:
    """A last line without its end is marked as such; after a complete line there is nothing."""
    cutter = Cutter()
    cutter.feed(b"a\nb")
    assert cutter.end() == [("E", "b")]
    assert cutter.end() == []


def test_cut_copes_with_any_bytes() -> None:
    """Bytes that are no UTF-8 are cut too and none is lost."""
    data = b"\x80" * (3 * PART_SIZE + 5)
    assert b"".join(cut(data)) == data


def test_very_long_line() -> None:
    """A line of 10 MB, in small chunks or in one, is cut quickly."""
    started = time.monotonic()
    small, large = Cutter(), Cutter()
    pieces = [piece for _ in range(10_240) for piece in small.feed(b"x" * 1024)]
    assert pieces + small.feed(b"\n") == large.feed(b"x" * 10 * 2**20 + b"\n")
    assert time.monotonic() - started < 3


def record(tag: str, text: str, stream: str = "stdout") -> Record:
    return Record(0, stream, tag, text)


def test_joined() -> None:
    """Parts of a line are one row, each stream for itself, cut at the limit; the open line at the end counts."""
    records = [record("P", "ab"), record("F", "x", "stderr"), record("P", "cd"), record("F", "ef"), record("P", "z")]
    assert [line.text for line in joined(records, 5)] == ["x", "abcde", "z"]


def test_packed_lines_are_one_record_each() -> None:
    """Whatever a record's text holds, it is one line of a file, and comes back the same."""
    texts = ["", '"],[1,"', "\\", "a\r\u2028\x00", "],\\n[", "é" * 3]
    records = [Record(i, "stdout", "F", text) for i, text in enumerate(texts)]
    *lines, rest = packed(records).split("\n")
    assert (len(lines), rest) == (len(texts), "")
    assert list(unpacked([f"{line}\n" for line in lines])) == records


def test_half_a_packed_line_is_dropped() -> None:
    """A process that was killed while it wrote leaves whole records before the cut."""
    first, second, _ = packed([Record(1, "stdout", "F", "a"), Record(2, "stdout", "F", "b")]).split("\n")
    assert [record.text for record in unpacked([f"{first}\n", second[:-1]])] == ["a"]


@pytest.mark.parametrize(
    ("tags", "texts", "expected"),
    [("FF", ["a", "b"], ["a", "b"]), ("PF", ["a", "b"], ["ab"]), ("FF", ["abcdef", "b"], ["abc", "b"]), ("", [], [])],
)
def test_whole_lines(tags: str, texts: list[str], expected: list[str]) -> None:
    """Lines that need no change are passed on, others are joined and cut."""
    records = [Record(i, "stdout", tag, text) for i, (tag, text) in enumerate(zip(tags, texts, strict=True))]
    assert [record.text for record in whole_lines(records, 3)] == expected
