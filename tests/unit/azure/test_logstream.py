"""The log stream's records, as recorded by azure-cli-extensions (test_containerappjob_logstream.yaml)."""

from __future__ import annotations

import pytest

from azdock.azure.logstream import Cut, Overlap, StreamLine, decode, parse_time, read, whole
from azdock.azure.web import client, httpx

BANNER = '{"TimeStamp":"2025-05-24T17:39:34.30993","Log":"Connecting to the container \\u0027main\\u0027..."}'
LINE = '{"TimeStamp":"2025-05-24T17:39:25.439303+00:00","Log":"F 2025/05/24 17:39:25 Listening on :80..."}'
NS = 1748108365439303000


def record(text: str) -> str:
    return f'{{"TimeStamp":"2025-05-24T17:39:25.439303+00:00","Log":"{text}"}}'


def test_recorded_stream() -> None:
    """Banners go, the tag goes, the time keeps its microseconds."""
    assert list(decode([BANNER, LINE])) == [StreamLine(NS, "2025/05/24 17:39:25 Listening on :80...")]


@pytest.mark.parametrize(
    ("texts", "data"),
    [
        (["P ab", "F cd"], [b"ab", b"cd\n"]),
        (["plain", "F really"], [b"plain\n", b"F really\n"]),
        (["F No logs since last 60 seconds"], [b"No logs since last 60 seconds\n"]),
        (["F "], [b"\n"]),
    ],
)
def test_tags(texts: list[str], data: list[bytes]) -> None:
    """Partial lines join, and a stream without tags keeps what looks like one."""
    assert [line.data for line in decode(map(record, texts))] == data


@pytest.mark.parametrize(
    ("text", "ns"),
    [("1970-01-01T00:00:01.5+00:00", 1_500_000_000), ("1970-01-01T00:00:00.1234567Z", 123_456_700),
     ("1970-01-01T01:00:00+01:00", 0)],
)  # fmt: skip
def test_times(text: str, ns: int) -> None:
    """Times are Unix nanoseconds whatever their decimals and offset."""
    assert parse_time(text) == ns


def test_overlap() -> None:
    """After a reconnection known lines are dropped, equal ones counted, and a gap is noticed."""
    one, two, far = StreamLine(1, "a"), StreamLine(2, "b"), StreamLine(900, "z")
    seen = Overlap()
    assert [seen.take(line) for line in (one, one, two)] == [True, True, True]
    seen.reconnect()
    assert [seen.take(line) for line in (one, one, two, far)] == [False, False, False, True]
    assert not seen.gap
    seen.reconnect()
    assert seen.take(StreamLine(1000, "q")) and seen.gap


def test_overlap_with_what_was_read_elsewhere() -> None:
    """A stream that begins where another reader ended shows only what is new, and no gap."""
    one, two = StreamLine(1, "a"), StreamLine(2, "b")
    seen = Overlap.of([one])
    seen.reconnect()
    assert [seen.take(line) for line in (one, two)] == [False, True]
    assert not seen.gap


def test_whole_lines() -> None:
    """Parts are joined under the last one's time; what never ended stays partial."""
    parts = [StreamLine(1, "a"), StreamLine(2, "b", partial=True), StreamLine(3, "c"), StreamLine(4, "d", partial=True)]
    assert list(whole(parts)) == [StreamLine(1, "a"), StreamLine(3, "bc"), StreamLine(4, "d", partial=True)]


def test_broken_connection() -> None:
    """What came before the break is given, then Cut."""

    def broken() -> object:
        yield (LINE + "\n").encode()
        raise httpx.ReadError("reset")

    http = client("", httpx.MockTransport(lambda request: httpx.Response(200, content=broken())))  # type: ignore[arg-type]
    lines = read(http, "http://x/logstream", "t", follow=True)
    assert next(lines).time_ns == NS
    with pytest.raises(Cut):
        next(lines)
