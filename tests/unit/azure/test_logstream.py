"""The log stream's records, as recorded by azure-cli-extensions (test_containerappjob_logstream.yaml)."""

from __future__ import annotations

import pytest

from azdock.azure.logstream import Cut, batches, decode, parse_time, read
from azdock.azure.web import client, httpx

BANNER = '{"TimeStamp":"2025-05-24T17:39:34.30993","Log":"Connecting to the container \\u0027main\\u0027..."}'
LINE = '{"TimeStamp":"2025-05-24T17:39:25.439303+00:00","Log":"F 2025/05/24 17:39:25 Listening on :80..."}'
STAMP = "2025-05-24T17:39:25.439303+00:00"


def test_recorded_stream() -> None:
    """Banners go; the time and the tag are what Azure wrote."""
    found = decode(f"{BANNER}\n{LINE}".encode())
    assert found == [(STAMP, "F 2025/05/24 17:39:25 Listening on :80...")]


@pytest.mark.parametrize("size", [1, 7, 64, 10_000])
def test_chunks(size: int) -> None:
    """However the bytes arrive, records come whole, and only what is payload."""
    body = f"{BANNER}\n{LINE}\n{BANNER}\n{LINE}\n".encode()
    chunks = [body[start : start + size] for start in range(0, len(body), size)]
    assert [record for batch in batches(chunks) for record in batch] == decode(LINE.encode()) * 2
    assert all(batches(chunks))


def test_what_separates_records() -> None:
    """Only a line feed ends a record, blank lines are none, and a last line may lack its end."""
    odd = LINE.replace("Listening", "\u2028\\u0000\\n")
    assert decode(f"\n{odd}\n\n{odd}".encode()) == [(STAMP, "F 2025/05/24 17:39:25 \u2028\0\n on :80...")] * 2
    assert list(batches([odd.encode()])) == [decode(odd.encode())]


@pytest.mark.parametrize("body", [b"<html>", b'{"TimeStamp":1,"Log":""}', b"[1]", b'{"error":{}}'])
def test_what_is_no_record(body: bytes) -> None:
    """Anything else is refused, not shown."""
    with pytest.raises(ValueError):
        decode(body)


@pytest.mark.parametrize(
    ("text", "ns"),
    [("1970-01-01T00:00:01.5+00:00", 1_500_000_000), ("1970-01-01T00:00:00.1234567Z", 123_456_700),
     ("1970-01-01T01:00:00+01:00", 0), ("1970-01-01T00:00:01+00:00", 10**9),
     ("1970-01-01T00:00:00.123456789+00:00", 123_456_789), (STAMP, 1748108365439303000)],
)  # fmt: skip
def test_times(text: str, ns: int) -> None:
    """Times are Unix nanoseconds whatever their decimals and offset."""
    assert parse_time(text) == ns


def test_broken_connection() -> None:
    """What came before the break is given, then Cut."""

    def broken() -> object:
        yield (LINE + "\n").encode()
        raise httpx.ReadError("reset")

    http = client("", httpx.MockTransport(lambda request: httpx.Response(200, content=broken())))  # type: ignore[arg-type]
    lines = read(http, "http://x/logstream", "t", follow=True)
    assert next(lines)[0][0] == STAMP
    with pytest.raises(Cut):
        next(lines)
