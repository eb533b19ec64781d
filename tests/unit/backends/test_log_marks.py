"""Marks and prefixes of the run shim never reach the user, and tell what they tell."""

from __future__ import annotations

import pytest

from azdock.azure.loganalytics import Row
from azdock.backends.log_marks import Marks
from azdock.backends.shim import MARK, STDERR
from azdock.docker.channels import LogLine

NAME, RUN = "job-abc-x1", "job-abc"


def mark(text: str, token: str = NAME) -> str:
    return f"{MARK}azdock {token} {text}"


def printed(*texts: str) -> tuple[Marks, list[tuple[str, bytes]]]:
    marks = Marks(NAME, RUN)
    found = marks.lines([(number, text, True) for number, text in enumerate(texts)])
    return marks, [(line.stream, line.data) for line in found]


def test_lines() -> None:
    """Each line has its stream; an end mark behind a line takes that line's end away."""
    marks, found = printed(
        mark("begin out"), mark("begin err"), "a", f"{STDERR}b", f"{STDERR}no end{mark('end err 3')}", mark("end out 3")
    )
    assert found == [("out", b"a\n"), ("err", b"b\n"), ("err", b"no end")]
    assert marks.ended and marks.begun and marks.split
    assert marks.end is not None and marks.end.code == 3


@pytest.mark.parametrize("token", [NAME, RUN, "-"])
def test_own_tokens(token: str) -> None:
    """The replica's name, the run's, and the one of a run that knows neither."""
    assert printed(mark("begin out", token))[1] == []


def test_marks_of_others() -> None:
    """What a program prints that is another run's mark is its text."""
    marks, found = printed(mark("end out 0", "other"))
    assert found == [("out", (mark("end out 0", "other") + "\n").encode())]
    assert not marks.ended and marks.end is None


def test_without_prefixes() -> None:
    """A plain mark says that stderr cannot be told from stdout."""
    assert not printed(mark("begin err plain"), "a")[0].split
    assert printed(mark("begin err"), "a")[0].split


def test_begins() -> None:
    """Only a begin mark of its own with nothing ahead of it is the first line of a replica."""
    marks = Marks(NAME, RUN)
    assert marks.begins(mark("begin out"))
    assert not any(map(marks.begins, ["a", mark("end out 0"), mark("begin out", "other"), "x" + mark("begin out")]))


def test_rows() -> None:
    """A row knows its stream; its prefix goes with it."""
    marks = Marks(NAME, RUN)
    texts = [("stdout", "a"), ("stderr", f"{STDERR}b"), ("stderr", "c"), ("stdout", f"{STDERR}d"),
             ("stdout", f"e{mark('end out 0')}"), ("stderr", mark("end err 0"))]  # fmt: skip
    found = marks.rows(Row(number, stream, text, NAME) for number, (stream, text) in enumerate(texts))
    assert found == [
        LogLine("out", b"a\n", 0, NAME),
        LogLine("err", b"b\n", 1, NAME),
        LogLine("err", b"c\n", 2, NAME),
        LogLine("out", f"{STDERR}d\n".encode(), 3, NAME),
        LogLine("out", b"e", 4, NAME),
    ]
    assert marks.ended


def test_an_unfinished_line() -> None:
    """A line whose end never came has none, with or without a prefix."""
    marks = Marks(NAME, RUN)
    found = marks.lines([(1, "a", False), (2, f"{STDERR}b", False)])
    assert [(line.stream, line.data) for line in found] == [("out", b"a"), ("err", b"b")]
