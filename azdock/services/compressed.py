"""Archives that were compressed with gzip, bzip2 or xz, which docker cp takes as well."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

from azdock.errors import AzdockError

_LONGEST = 6  # bytes of the longest beginning below


class Decompressor(Protocol):
    """What the three modules of the standard library have in common."""

    def decompress(self, data: bytes, /) -> bytes:
        """What comes out of some input."""

    @property
    def eof(self) -> bool:
        """Whether the compressed stream has ended."""

    @property
    def unused_data(self) -> bytes:
        """What came after that end."""


# SOURCE: RFC 1952 section 2.3.1; bzip2's and xz's own descriptions of their formats
_BEGINNINGS: dict[bytes, Callable[[], Decompressor]] = {
    b"\x1f\x8b": lambda: zlib.decompressobj(wbits=31),
    b"BZh": bz2.BZ2Decompressor,
    b"\xfd7zXZ\0": lzma.LZMADecompressor,
}


def plain(read: Callable[[], bytes]) -> Iterator[bytes]:
    """The pieces that `read` gives until b"", decompressed if they are compressed. Raises AzdockError for damage."""
    head = b""
    while len(head) < _LONGEST and (data := read()):
        head += data
    make = next((found for beginning, found in _BEGINNINGS.items() if head.startswith(beginning)), None)
    pieces = iter(read, b"")
    if make is None:
        yield head
        yield from pieces
        return
    try:
        yield from _decompressed(make, head, pieces)
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as broken:
        raise AzdockError(f"the compressed archive on standard input is damaged: {broken}") from broken


def _decompressed(make: Callable[[], Decompressor], head: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Streams behind one another are one, as the programs take them."""
    data, stream = head, make()
    while True:
        yield stream.decompress(data)
        if stream.eof:
            data, stream = stream.unused_data, make()
            if data:
                continue
            data = next(pieces, b"")
            if not data:
                return
        else:
            data = next(pieces, b"")
            if not data:
                raise EOFError("it ends too early")
