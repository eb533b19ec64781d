"""Checksums as the programs sha256sum, md5sum and cksum of a container print them."""

from __future__ import annotations

import hashlib
import zlib

_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def every(data: bytes) -> tuple[str, str, str]:
    """What sha256sum, md5sum and cksum say of `data`: whichever of them a container has, it is among these."""
    return sha256(data), md5(data), cksum(data)


def matches(data: bytes, told: str) -> bool:
    """Whether `told`, printed by one of the three programs, is the checksum of `data`."""
    known = {64: sha256, 32: md5}.get(len(told), cksum)
    return known(data) == told


def sha256(data: bytes) -> str:
    """64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def md5(data: bytes) -> str:
    """32 hexadecimal digits; a check against accidents, not against people."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def cksum(data: bytes) -> str:
    """The decimal CRC of POSIX. SOURCE: POSIX.1-2017, utility cksum: most significant bit first, length appended."""
    length = len(data)
    tail = length.to_bytes((length.bit_length() + 7) // 8, "little")
    # zlib computes the same polynomial with every bit order turned around; ^0xFFFFFFFF makes its register begin at 0.
    register = zlib.crc32((data + tail).translate(_MIRRORED), 0xFFFFFFFF)
    return str(int(f"{register:032b}"[::-1], 2))
