"""One request to a file service, taken apart."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

from starlette.requests import Request

from azdock.emulator import shares
from azdock.emulator.azurefiles import disk, errors
from azdock.emulator.world import World

Document = dict[str, Any]
RANGE = re.compile(r"bytes=(\d+)-(\d*)\Z")
LONGEST_BODY = 4 << 20  # learn.microsoft.com/rest/api/storageservices/put-range: 4 MiB


@dataclass(frozen=True, slots=True)
class Call:
    """A request that has been let in. `parts` is the path below the share; header names are in lower case."""

    world: World
    request: Request
    owner: Document
    share_name: str
    parts: tuple[str, ...]
    headers: Mapping[str, str]
    query: Mapping[str, str]

    @property
    def share(self) -> Document:
        """The share of the path. Raises FilesError."""
        found = self.find_share()
        if found is None:
            raise errors.no_share()
        return found

    def find_share(self) -> Document | None:
        """The share of the path, if there is one. Raises FilesError for a name that none can have."""
        try:
            shares.check_name(self.share_name)
        except shares.BadShare as bad:
            raise errors.FilesError(400, bad.code, bad.message) from bad
        return self.world.store.get(shares.share_id(self.owner, self.share_name))

    @property
    def nfs(self) -> bool:
        """Whether the share speaks NFS, so that files have modes instead of attributes."""
        return bool(self.share["properties"]["enabledProtocols"] == "NFS")

    @property
    def root(self) -> Path:
        """The share's folder, after a look at the path. Raises FilesError."""
        name = self.share["name"]
        disk.check(self.parts, self.nfs)
        return shares.folder(self.world, self.owner["name"], name)

    @property
    def now(self) -> int:
        """The time in Unix nanoseconds."""
        return self.world.clock.now_ns()

    @property
    def endpoint(self) -> str:
        """The address of the service, as documents tell it."""
        return f"https://{self.owner['name']}{shares.SUFFIX}/"

    @property
    def preserves(self) -> bool:
        """Whether a write is to leave the time of the last write alone."""
        return self.headers.get("x-ms-file-last-write-time", "").lower() == "preserve"

    def number(self, name: str, low: int, high: int, default: int | None = None) -> int:
        """A header that is a whole number. Raises FilesError."""
        given = self.headers.get(name, "")
        if not given and default is not None:
            return default
        if not given:
            raise errors.missing_header(name)
        if not given.isascii() or not given.isdigit():
            raise errors.bad_header(name, given)
        if not low <= int(given) <= high:
            raise errors.FilesError(400, "OutOfRangeInput", f"One of the request inputs is out of range: {name}")
        return int(given)

    def range(self) -> tuple[int, int | None] | None:
        """The first byte asked for and the one after the last (None: to the end). Raises FilesError."""
        given = self.headers.get("x-ms-range") or self.headers.get("range") or ""
        if not given:
            return None
        match = RANGE.match(given)
        if match is None or (match[2] and int(match[2]) < int(match[1])):
            raise errors.bad_header("Range", given)
        return int(match[1]), int(match[2]) + 1 if match[2] else None

    async def body(self) -> list[bytes]:
        """The request's body as it came in pieces, checked against its hash. Raises FilesError."""
        pieces: list[bytes] = []
        length = 0
        async for piece in self.request.stream():
            length += len(piece)
            if length > LONGEST_BODY:
                raise errors.too_large(LONGEST_BODY)
            if piece:
                pieces.append(piece)
        if given := self.headers.get("content-md5"):
            _check(pieces, given)
        return pieces


def _check(pieces: Sequence[bytes], given: str) -> None:
    digest = hashlib.md5(usedforsecurity=False)
    for piece in pieces:
        digest.update(piece)
    try:
        right = base64.b64decode(given, validate=True) == digest.digest()
    except binascii.Error as broken:
        raise errors.bad_header("Content-MD5", given) from broken
    if not right:
        raise errors.wrong_md5()


def split(path: bytes) -> tuple[str, tuple[str, ...]]:
    """The share and the parts below it of a path as it was sent; the published package sends slashes as %2F, too."""
    share, *parts = os.fsdecode(unquote_to_bytes(path)).strip("/").split("/")
    return share, tuple(parts)
