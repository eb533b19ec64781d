"""Bytes of a container's output streams, cut into log records the way a container runtime writes them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import NamedTuple

# containerd, internal/cri/config: max_container_log_line_size
PART_SIZE = 16 * 1024
FULL, PARTIAL = "F", "P"
# A last line whose end never came: shown as P (containerd, cri/io/logger.go), yet nothing follows it.
UNENDED = "E"
# Two records of one container never share a time: readers recognise a repeated record by time and text.
TICK_NS = 1000


class Record(NamedTuple):
    """One record of a container's log; a long line is several records, all but the last tagged P."""

    time_ns: int  # Unix nanoseconds
    stream: str  # stdout or stderr
    tag: str  # FULL: the end of a line; PARTIAL: more of the same line follows; UNENDED
    text: str  # without the line's end


def cut(data: bytes) -> Iterator[bytes]:
    """Pieces of at most PART_SIZE bytes; a UTF-8 character is not split, so that joined parts are the line again."""
    start = 0
    while len(data) - start > PART_SIZE:
        end = start + PART_SIZE
        while end > start + PART_SIZE - 4 and data[end] & 0xC0 == 0x80:
            end -= 1
        yield data[start:end]
        start = end
    yield data[start:]


class Cutter:
    """Turns one output stream's chunks into (tag, text) pairs; bytes that are not UTF-8 become U+FFFD."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[tuple[str, str]]:
        """The records that `data` completes; what is left of it waits for more."""
        *lines, rest = data.split(b"\n")
        if lines:
            lines[0] = self._rest + lines[0]
            self._rest = rest
        else:
            self._rest += rest
        found = _whole(lines)
        if len(self._rest) > PART_SIZE:
            *parts, self._rest = cut(self._rest)
            found += [(PARTIAL, part.decode("utf-8", "replace")) for part in parts]
        return found

    def end(self) -> list[tuple[str, str]]:
        """The unfinished last line, if there is one."""
        rest, self._rest = self._rest, b""
        return [(UNENDED, rest.decode("utf-8", "replace"))] if rest else []


def _whole(lines: list[bytes]) -> list[tuple[str, str]]:
    """Records of whole lines."""
    if max(map(len, lines), default=0) <= PART_SIZE:
        # A line's end is never part of a character, so that all lines can be decoded at once.
        texts = b"\n".join(lines).decode("utf-8", "replace").split("\n") if lines else []
        return [(FULL, text) for text in texts]
    found: list[tuple[str, str]] = []
    for line in lines:
        *parts, last = cut(line)
        found += [(PARTIAL, part.decode("utf-8", "replace")) for part in parts]
        found.append((FULL, last.decode("utf-8", "replace")))
    return found


_ENCODER = json.JSONEncoder(separators=(",\n", ":"))


def packed(records: list[Record]) -> str:
    """Records as lines of JSON, all encoded at once: inside JSON text there is no line's end."""
    text = _ENCODER.encode(records)[1:-1]
    return text.replace("],\n[", "]\n[").replace(",\n", ",") + "\n"


def unpacked(lines: Iterable[str]) -> Iterator[Record]:
    """Records out of such lines. A process that was killed may have left half a line at the end."""
    whole = [line for line in lines if line.endswith("]\n")]
    return map(Record._make, json.loads(f"[{','.join(whole)}]"))


def whole_lines(records: list[Record], limit: int) -> list[Record]:
    """The same as `joined`, at once when no line is in parts or longer than `limit`."""
    parts = PARTIAL in [record.tag for record in records]
    long = max([len(record.text) for record in records], default=0) > limit
    return list(joined(records, limit)) if parts or long else records


def joined(records: list[Record], limit: int) -> Iterator[Record]:
    """Whole lines out of `records`: parts of one stream are joined, at most `limit` characters of each line kept."""
    open_lines: dict[str, list[str]] = {}
    last: dict[str, Record] = {}
    for record in records:
        parts = open_lines.get(record.stream)
        if parts is None and record.tag != PARTIAL:
            yield record if len(record.text) <= limit else record._replace(text=record.text[:limit])
            continue
        if parts is None:
            parts = open_lines[record.stream] = []
        if sum(map(len, parts)) < limit:
            parts.append(record.text)
        last[record.stream] = record
        if record.tag != PARTIAL:
            yield record._replace(text="".join(open_lines.pop(record.stream))[:limit])
    for stream, parts in open_lines.items():
        yield last[stream]._replace(tag=FULL, text="".join(parts)[:limit])
