"""Checksums."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from azdock.services import checksums


@pytest.mark.parametrize("data", [b"", b"a", b"hello\n", bytes(range(256)) * 300, b"\0" * 70000])
def test_like_the_programs(data: bytes, tmp_path: Path) -> None:
    """The three sums are what the three programs print."""
    file = tmp_path / "data"
    file.write_bytes(data)
    for program, told in zip(("sha256sum", "md5sum", "cksum"), checksums.every(data), strict=True):
        with file.open("rb") as source:
            printed = subprocess.run([program], stdin=source, capture_output=True, check=True).stdout.decode().split()
        assert printed[0] == told
        assert checksums.matches(data, told)
        assert not checksums.matches(data + b"x", told)


@pytest.mark.parametrize("told", ["", "0", "x" * 64, "nonsense"])
def test_nonsense_matches_nothing(told: str) -> None:
    """An answer that is no checksum is not taken for one."""
    assert not checksums.matches(b"data", told)
