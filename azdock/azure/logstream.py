"""The live log endpoint as an iterator of lines.

SOURCE: azure-cli-extensions, test_containerappjob_logstream.yaml (banners have no offset, payload has one and starts
with the runtime's full/partial tag); kubernetes CRI logging format for the tags.
"""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from azdock.azure import errors as translate
from azdock.azure.web import httpx

# The tail that Azure's own command line allows at most.
MAX_TAIL = 300
# Keep-alives come every minute; a stream that is silent for longer is dead.
SILENCE_SECONDS = 150.0


@dataclass(frozen=True, slots=True)
class StreamLine:
    """One record: Unix nanoseconds, text without tag, `partial` when the program's line goes on in the next record."""

    time_ns: int
    text: str
    partial: bool = False

    @property
    def data(self) -> bytes:
        """The bytes the program wrote, newline included."""
        return (self.text + ("" if self.partial else "\n")).encode("utf-8", "surrogateescape")


class Cut(Exception):
    """The connection broke in the middle of a stream; what was read before is good."""


def parse_time(text: str) -> int:
    """Unix nanoseconds of an ISO time with up to nine decimals; without an offset it is UTC."""
    head, _, rest = text.replace("Z", "+00:00").partition(".")
    digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
    whole = datetime.fromisoformat(head + rest[len(digits) :])
    whole = whole if whole.tzinfo else whole.replace(tzinfo=UTC)
    return int(whole.timestamp()) * 1_000_000_000 + int((digits + "000000000")[:9])


def is_payload(stamp: str) -> bool:
    """True for the time of a container's line: banners and keep-alives carry no offset."""
    return stamp.endswith("Z") or "+" in stamp[10:] or "-" in stamp[10:]


def decode(records: Iterable[str]) -> Iterator[StreamLine]:
    """Lines of a JSON stream. Tags are taken off while every payload line of the stream has had one."""
    tagged = True
    for record in records:
        if not record.strip():
            continue
        item = json.loads(record)
        stamp, text = str(item["TimeStamp"]), str(item["Log"])
        if not is_payload(stamp):
            continue
        tagged = tagged and text[:2] in ("F ", "P ")
        if tagged:
            yield StreamLine(parse_time(stamp), text[2:], text[0] == "P")
        else:
            yield StreamLine(parse_time(stamp), text)


def read(http: httpx.Client, url: str, token: str, *, follow: bool, tail: int = MAX_TAIL) -> Iterator[StreamLine]:
    """Lines of a replica's container, from at most `tail` back. Raises Cut when the connection breaks, AzdockError
    when the server refuses."""
    query = {"follow": "true" if follow else "false", "output": "json", "tailLines": str(min(tail, MAX_TAIL))}
    timeout = httpx.Timeout(10.0, read=SILENCE_SECONDS)
    headers = {"Authorization": f"Bearer {token}"}
    try:
        with http.stream("GET", url, params=query, headers=headers, timeout=timeout) as answer:
            if answer.status_code != 200:
                answer.read()
                raise translate.of_response(answer.status_code, answer.text, answer.headers)
            yield from decode(_records(answer))
    except (httpx.HTTPError, ValueError) as broken:
        raise Cut(str(broken)) from broken


def whole(lines: Iterable[StreamLine]) -> Iterator[StreamLine]:
    """Parts of long lines joined; a line whose end never came stays partial. The time is that of the last part."""
    parts: list[str] = []
    for line in lines:
        parts.append(line.text)
        if not line.partial:
            yield line if len(parts) == 1 else StreamLine(line.time_ns, "".join(parts))
            parts = []
    if parts:
        yield StreamLine(line.time_ns, "".join(parts), partial=True)


def _records(answer: httpx.Response) -> Iterator[str]:
    # Not iter_lines(): it also splits at U+2028 and other characters that a program may print.
    rest = b""
    for chunk in answer.iter_bytes():
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line.decode("utf-8", "replace")
    if rest:
        yield rest.decode("utf-8", "replace")


class Overlap:
    """Drops what a repeated stream shows again, by (time, text)."""

    def __init__(self, remember: int = 2000) -> None:
        self._recent: deque[StreamLine] = deque(maxlen=remember)
        self._again: Counter[StreamLine] = Counter()
        self._touched = True
        self.last: StreamLine | None = None

    @classmethod
    def of(cls, lines: Iterable[StreamLine]) -> Overlap:
        """What a stream shows again after `lines` of it were read."""
        overlap = cls()
        for line in lines:
            overlap.take(line)
        return overlap

    def reconnect(self) -> None:
        """A new stream begins: its first lines may be known."""
        self._again = Counter(self._recent)
        self._touched = not self._recent

    def take(self, line: StreamLine) -> bool:
        """True for a line that was not seen before."""
        if self._again.get(line, 0) > 0:
            self._again[line] -= 1
            self._touched = True
            return False
        self._recent.append(line)
        self.last = line
        return True

    @property
    def gap(self) -> bool:
        """True while nothing of a new stream was known: lines between may be missing."""
        return not self._touched

    def close_gap(self) -> None:
        """The lines between were fetched, or are known to be lost."""
        self._touched = True
