"""Log Analytics' rows and the live stream's lines become one log."""

from __future__ import annotations

import pytest

from azdock.azure.loganalytics import SAME_NS, Row
from azdock.azure.logstream import StreamLine
from azdock.backends.job_logs import merged, within
from azdock.docker.channels import LogLine, LogQuery

NS = 1_760_000_000_123_456_000


def row(text: str, time_ns: int = NS, stream: str = "stdout") -> Row:
    return Row(time_ns, stream, text, "run-1")


@pytest.mark.parametrize(
    ("rows", "lines", "expected"),
    [
        ([row("a")], [], [LogLine("out", b"a\n", NS)]),
        ([], [StreamLine(NS, "a")], [LogLine("out", b"a\n", NS)]),
        ([row("a", NS, "stderr")], [StreamLine(NS + 600, "a")], [LogLine("err", b"a\n", NS + 600)]),
        ([row("a")], [StreamLine(NS, "a", partial=True)], [LogLine("out", b"a", NS)]),
        ([row("a")], [StreamLine(NS, "b")], [LogLine("out", b"a\n", NS), LogLine("out", b"b\n", NS)]),
        (
            [row("a")],
            [StreamLine(NS, "a"), StreamLine(NS + 1000, "a")],
            [LogLine("out", b"a\n", NS), LogLine("out", b"a\n", NS + 1000)],
        ),
        (
            [row("a")],
            [StreamLine(NS + 1_000_000, "a")],
            [LogLine("out", b"a\n", NS), LogLine("out", b"a\n", NS + 1_000_000)],
        ),
        (
            [row("a"), row("a", NS + 1000)],
            [StreamLine(NS + 1000, "a"), StreamLine(NS + 2000, "a")],
            [LogLine("out", b"a\n", NS), LogLine("out", b"a\n", NS + 1000), LogLine("out", b"a\n", NS + 2000)],
        ),
        (
            [row("x" * 32_768)],
            [StreamLine(NS - 1000, "x" * 16_384, partial=True), StreamLine(NS, "x" * 20_000)],
            [LogLine("out", b"x" * 36_384 + b"\n", NS)],
        ),
    ],
    ids=["row", "line", "both", "without its end", "other text", "twice", "other time", "again at once", "long"],
)
def test_merged(rows: list[Row], lines: list[StreamLine], expected: list[LogLine]) -> None:
    """A line that both have comes once: bytes and time of the stream, stdout or stderr of the row."""
    assert merged(rows, lines) == expected


@pytest.mark.parametrize(
    ("since", "until", "inside"),
    [(None, None, True), (NS, NS, True), (NS + SAME_NS, None, True), (None, NS - SAME_NS, True),
     (NS + SAME_NS + 1, None, False), (None, NS - SAME_NS - 1, False)],
)  # fmt: skip
def test_within(since: int | None, until: int | None, inside: bool) -> None:
    """A time that was printed finds its line again, whichever of Azure's two clocks it was read from."""
    assert within(LogLine("out", b"a\n", NS), LogQuery(since_ns=since, until_ns=until)) is inside
