"""Changes of files on a real folder."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from azdock.emulator.azurefiles import changes, disk
from azdock.emulator.azurefiles.errors import FilesError
from azdock.emulator.azurefiles.properties import Asked


def test_short_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system call that writes less than asked is followed by others, also with more buffers than one takes."""
    whole = os.pwritev

    def short(opened: int, buffers: list[memoryview], offset: int) -> int:
        return whole(opened, [buffers[0][: max(1, len(buffers[0]) // 2)]], offset)

    monkeypatch.setattr(os, "pwritev", short)
    pieces = [bytes([number % 251]) * 3 for number in range(1100)]
    changes.make_file(tmp_path, ("f",), 3300, pieces, Asked(), 1)
    assert (tmp_path / "f").read_bytes() == b"".join(pieces)


def test_no_holes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the file system makes no holes, zeros are written."""
    monkeypatch.setattr(changes, "_punched", lambda *_arguments: False)
    monkeypatch.setattr(changes, "ZEROS", bytes(100))
    (tmp_path / "f").write_bytes(b"x" * 1000)
    changes.clear_range(tmp_path, ("f",), 10, 333, False)
    assert (tmp_path / "f").read_bytes() == b"x" * 10 + bytes(323) + b"x" * 667


def test_a_race_for_a_link(tmp_path: Path) -> None:
    """A folder that is exchanged for a link again and again never leads a write outside."""
    root, outside = tmp_path / "root", tmp_path / "outside"
    for one in (root, outside, root / "real"):
        one.mkdir()
    done = threading.Event()

    def exchange() -> None:
        while not done.is_set():
            (root / "real").rename(root / "kept")
            (root / "real").symlink_to(outside)
            (root / "real").unlink()
            (root / "kept").rename(root / "real")

    thread = threading.Thread(target=exchange)
    thread.start()
    made = 0
    for number in range(500):
        try:
            changes.make_file(root, ("real", f"f{number}"), 1, [b"x"], Asked(), 1)
            made += 1
        except FilesError as refused:
            assert refused.code == "ParentNotFound"
    done.set()
    thread.join()
    assert list(outside.iterdir()) == []
    assert len(list((root / "real").iterdir())) == made


def test_modes(tmp_path: Path) -> None:
    """Files and folders are open to every user unless a mode is asked for."""
    changes.make_file(tmp_path, ("f",), 0, [], Asked(), 1)
    changes.make_directory(tmp_path, ("d",), Asked(mode=0o750), 1)
    assert ((tmp_path / "f").stat().st_mode & 0o777, (tmp_path / "d").stat().st_mode & 0o777) == (0o777, 0o750)


def test_listing_goes_on(tmp_path: Path) -> None:
    """Pages follow one another by name, without a gap when something goes in between."""
    for name in "abcde":
        (tmp_path / name).write_bytes(b"")
    first, last = disk.listing(tmp_path, (), "", "", 2, False)
    assert ([one.name for one in first], last) == (["a", "b"], "b")
    (tmp_path / "b").unlink()
    second, last = disk.listing(tmp_path, (), "", last, 3, False)
    assert ([one.name for one in second], last) == (["c", "d", "e"], "")


def test_a_file_of_somebody_else(tmp_path: Path) -> None:
    """A file that may not be written, as one of a container's root, is replaced all the same."""
    (tmp_path / "f").write_bytes(b"old")
    (tmp_path / "f").chmod(0o444)
    changes.make_file(tmp_path, ("f",), 3, [b"new"], Asked(), 1)
    assert (tmp_path / "f").read_bytes() == b"new"
