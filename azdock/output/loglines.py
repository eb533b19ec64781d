"""Lines of logs as text: docker's own look, times in front, JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from itertools import groupby
from operator import attrgetter

from azdock.docker.channels import Ending, LogLine, Stream

BILLION = 1_000_000_000
Render = Callable[[LogLine], bytes]
_stream: Callable[[LogLine], Stream] = attrgetter("stream")
plain: Render = attrgetter("data")  # what the program wrote


def pieces(lines: Iterable[LogLine], render: Render = plain) -> Iterator[tuple[Stream, bytes]]:
    """Neighbours that were written to one stream as one piece, so that much output needs few writes."""
    for stream, group in groupby(lines, _stream):
        yield stream, b"".join(map(render, group))


def stamped(line: LogLine) -> bytes:
    """The line's time in front, as `docker logs --timestamps` has it."""
    return f"{rfc3339_nano(line.time_ns)} ".encode() + line.data


def prefixed(render: Render) -> Render:
    """The name of the replica in front of what `render` makes, for lines of several that ran side by side."""

    def with_replica(line: LogLine) -> bytes:
        return f"{line.replica} | ".encode() + render(line)

    return with_replica


def as_json(line: LogLine) -> bytes:
    """One line of JSON with the names of docker's json-file driver; bytes that are no UTF-8 become U+FFFD."""
    found = {
        "time": rfc3339_nano(line.time_ns),
        "stream": "stdout" if line.stream == "out" else "stderr",
        "log": line.data.decode("utf-8", "replace"),
        "replica": line.replica,
    }
    return json.dumps(found, ensure_ascii=False).encode() + b"\n"


def ending_as_json(ending: Ending) -> bytes:
    """The last line of JSON: whether every line is there, else the reason."""
    found = {"complete": True} if ending.complete else {"complete": False, "reason": ending.missing}
    return json.dumps(found, ensure_ascii=False).encode() + b"\n"


@lru_cache(maxsize=64)
def _whole_seconds(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"


def rfc3339_nano(time_ns: int) -> str:
    """Unix nanoseconds as docker prints them: nine digits and Z."""
    seconds, rest = divmod(time_ns, BILLION)
    return f"{_whole_seconds(seconds)}.{rest:09d}Z"
