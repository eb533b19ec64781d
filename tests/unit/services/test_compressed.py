"""Compressed archives."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
from collections.abc import Callable

import pytest

from azdock.errors import AzdockError
from azdock.services import compressed

DATA = random.Random(0).randbytes(50_000) + b"x" * 200_000


def reading(data: bytes, size: int) -> Callable[[], bytes]:
    pieces = iter([data[place : place + size] for place in range(0, len(data), size)])
    return lambda: next(pieces, b"")


@pytest.mark.parametrize("size", [1, 7, 4096, 1_000_000])
@pytest.mark.parametrize("compress", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_plain(compress: Callable[[bytes], bytes], size: int) -> None:
    """What comes out is what was compressed, however it is cut; what was not compressed stays as it is."""
    data = DATA[:3000] if size == 1 else DATA
    assert b"".join(compressed.plain(reading(compress(data), size))) == data


def test_streams_behind_one_another() -> None:
    """Two files of gzip in a row are one, as for gzip itself."""
    assert b"".join(compressed.plain(reading(gzip.compress(b"one ") + gzip.compress(b"two"), 9))) == b"one two"


@pytest.mark.parametrize("data", [b"", b"a", b"\x1f"])
def test_short(data: bytes) -> None:
    """Less than a beginning is nothing compressed."""
    assert b"".join(compressed.plain(reading(data, 1))) == data


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_damage(compress: Callable[[bytes], bytes]) -> None:
    """Half a stream, and one with a wrong byte, are refused."""
    data = compress(DATA)
    for broken in (data[: len(data) // 2], data[:5000] + bytes([data[5000] ^ 1]) + data[5001:]):
        with pytest.raises(AzdockError, match="is damaged"):
            b"".join(compressed.plain(reading(broken, 4096)))
