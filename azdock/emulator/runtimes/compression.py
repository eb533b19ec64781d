"""Streams of layers: measured as they pass, and decompressed by what they begin with."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import importlib
import io
import lzma
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import IO, Any, BinaryIO, cast

from azdock.emulator.runtimes.base import ImageError

MAX_READ = 64 << 20  # one read; tar headers that claim more are an attack on memory
MAX_STREAM = 64 << 30  # bytes of one stream, plain or packed
ZSTD = b"\x28\xb5\x2f\xfd"


class Meter(io.RawIOBase):
    """A stream that is read once, forwards, while its SHA-256 is taken. `seek` only skips ahead."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__()
        self._stream, self._hash, self._at = stream, hashlib.sha256(), 0
        self._ahead = b""

    @property
    def digest(self) -> str:
        """sha256:... of all that was read."""
        return f"sha256:{self._hash.hexdigest()}"

    def peek(self, size: int) -> bytes:
        """The next bytes, still to be read."""
        while len(self._ahead) < size and (data := self._stream.read(size - len(self._ahead))):
            self._ahead += data
        return self._ahead[:size]

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int | None = -1) -> bytes:
        """Read exactly `size` bytes, fewer only at the end. Raises ImageError when that is unreasonable."""
        if size is None or size < 0 or size > MAX_READ or self._at > MAX_STREAM:
            raise ImageError("LAYER_INVALID", "invalid layer: unreasonable size")
        parts = [self._ahead[:size]]
        self._ahead = self._ahead[size:]
        missing = size - len(parts[0])
        while missing and (data := self._stream.read(missing)):
            parts.append(data)
            missing -= len(data)
        data = b"".join(parts)
        self._hash.update(data)
        self._at += len(data)
        return data

    def tell(self) -> int:
        """Bytes read so far."""
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        """Skip ahead to `offset` from the start; the end may come first."""
        if whence or offset < self._at:
            raise ImageError("LAYER_INVALID", "invalid layer: entries overlap")
        while self._at < offset and self.read(min(offset - self._at, 1 << 20)):
            pass
        return self._at

    def drain(self) -> None:
        """Read to the end."""
        while self.read(1 << 20):
            pass


def decompressed(stream: Meter) -> AbstractContextManager[BinaryIO]:
    """The plain content of gzip, bzip2, xz, zstd or plain data. Raises ImageError for zstd without a library."""
    head = stream.peek(6)
    openers: dict[bytes, Callable[[Any], Any]] = {
        b"\x1f\x8b": lambda raw: gzip.GzipFile(fileobj=raw),
        b"BZh": bz2.BZ2File,
        b"\xfd7zXZ\x00": lzma.LZMAFile,
        ZSTD: _zstd,
    }
    opener = next((opener for magic, opener in openers.items() if head.startswith(magic)), nullcontext)
    return cast("AbstractContextManager[BinaryIO]", opener(stream))


def _zstd(stream: Meter) -> Any:
    """Python 3.14 has zstd in its library; before, the package zstandard has it."""
    for name in ("compression.zstd", "zstandard"):
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError:
            continue
        return module.ZstdFile(stream) if name.startswith("compression") else module.open(stream, "rb")
    raise ImageError("LAYER_INVALID", "zstd layers need Python 3.14 or the package zstandard (pip install zstandard)")
