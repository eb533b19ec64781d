"""The live log endpoint as an iterator of batches of records.

SOURCE: azure-cli-extensions, test_containerappjob_logstream.yaml (banners have no offset, payload has one and starts
with the runtime's full/partial tag); kubernetes CRI logging format for the tags.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache

from azdock.azure import errors as translate
from azdock.azure.web import httpx

# The tail that Azure's own command line allows at most.
MAX_TAIL = 300
# Keep-alives come every minute; a stream that is silent for longer is dead.
SILENCE_SECONDS = 150.0

# One payload record as it came: its TimeStamp, and its Log with the tag. Tuples, because there are many of them.
Record = tuple[str, str]


class Cut(Exception):
    """The connection broke in the middle of a stream; what was read before is good."""


@lru_cache(maxsize=64)
def _whole_seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000_000


def parse_time(text: str) -> int:
    """Unix nanoseconds of an ISO time with up to nine decimals; without an offset it is UTC."""
    if text[19:20] == "." and text[-6:] == "+00:00":
        return _whole_seconds(text[:19]) + int((text[20:-6] + "000000000")[:9])
    head, _, rest = text.replace("Z", "+00:00").partition(".")
    digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
    whole = datetime.fromisoformat(head + rest[len(digits) :])
    whole = whole if whole.tzinfo else whole.replace(tzinfo=UTC)
    return int(whole.timestamp()) * 1_000_000_000 + int((digits + "000000000")[:9])


def is_payload(stamp: str) -> bool:
    """True for the time of a container's line: banners and keep-alives carry no offset."""
    return stamp[-6:] == "+00:00" or stamp.endswith("Z") or "+" in stamp[10:] or "-" in stamp[10:]


def decode(body: bytes) -> list[Record]:
    """The payload records of whole lines of a JSON stream. Raises ValueError for anything else."""
    text = body.decode("utf-8", "replace")
    try:
        # One call for all lines; JSON escapes line feeds, so that each one here ends a record.
        items = json.loads("[" + text.replace("\n", ",") + "]")
    except ValueError:
        items = [json.loads(line) for line in text.split("\n") if line.strip()]
    try:
        return [(item["TimeStamp"], item["Log"]) for item in items if is_payload(item["TimeStamp"])]
    except (KeyError, TypeError, AttributeError) as strange:
        raise ValueError(f"no log record: {strange}") from strange


def batches(chunks: Iterable[bytes]) -> Iterator[list[Record]]:
    """The records that each chunk of a JSON stream completes; nothing for a chunk without payload."""
    rest: list[bytes] = []
    for chunk in chunks:
        head, newline, tail = chunk.rpartition(b"\n")
        if not newline:
            rest.append(chunk)
            continue
        body, rest = b"".join((*rest, head)), [tail] if tail else []
        if found := decode(body):
            yield found
    if rest and (found := decode(b"".join(rest))):
        yield found


def read(http: httpx.Client, url: str, token: str, *, follow: bool, tail: int = MAX_TAIL) -> Iterator[list[Record]]:
    """Records of a replica's container, from at most `tail` back, in batches as they arrive. Raises Cut when the
    connection breaks, AzdockError when the server refuses."""
    query = {"follow": "true" if follow else "false", "output": "json", "tailLines": str(min(tail, MAX_TAIL))}
    timeout = httpx.Timeout(10.0, read=SILENCE_SECONDS)
    headers = {"Authorization": f"Bearer {token}"}
    try:
        with http.stream("GET", url, params=query, headers=headers, timeout=timeout) as answer:
            if answer.status_code != 200:
                answer.read()
                raise translate.of_response(answer.status_code, answer.text, answer.headers)
            yield from batches(answer.iter_bytes())
    except (httpx.HTTPError, ValueError) as broken:
        raise Cut(str(broken)) from broken
