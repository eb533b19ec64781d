"""What is kept of files and how it is told."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from azdock.emulator.azurefiles import properties
from azdock.emulator.azurefiles.errors import FilesError
from azdock.emulator.azurefiles.properties import Asked, Kept

NOW = 1_600_000_000_123_456_700


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, Asked()),
        ({"x-ms-file-creation-time": "now"}, Asked(created=NOW)),
        ({"x-ms-file-last-write-time": "preserve"}, Asked()),
        ({"x-ms-file-last-write-time": "2020-01-02T03:04:05.6000000Z"}, Asked(written=1577934245_600_000_000)),
        ({"x-ms-file-attributes": "readonly|HIDDEN"}, Asked(attributes="ReadOnly | Hidden")),
        ({"x-ms-content-type": "text/plain"}, Asked(content={"content-type": "text/plain"})),
        ({"x-ms-content-type": "application/octet-stream"}, Asked()),
        ({"x-ms-meta-a_1": "b"}, Asked(metadata={"a_1": "b"})),
        ({"x-ms-mode": "0755", "x-ms-owner": "5"}, Asked(mode=0o755, owner=5)),
    ],
)
def test_asked(headers: dict[str, str], expected: Asked) -> None:
    """Headers say what a file is to be like."""
    assert properties.asked(headers, NOW, nfs=True) == expected


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"x-ms-file-creation-time": "soon"}, "InvalidHeaderValue"),
        ({"x-ms-file-attributes": "Pretty"}, "InvalidHeaderValue"),
        ({"x-ms-mode": "rwx"}, "InvalidHeaderValue"),
        ({"x-ms-meta-a-b": "c"}, "InvalidMetadata"),
        ({"x-ms-meta-1": "c"}, "InvalidMetadata"),
    ],
)
def test_bad_headers(headers: dict[str, str], code: str) -> None:
    """What cannot be understood is refused."""
    with pytest.raises(FilesError) as refused:
        properties.asked(headers, NOW, nfs=True)
    assert refused.value.code == code


def test_modes_are_for_nfs() -> None:
    """A share that speaks SMB has no modes."""
    assert properties.asked({"x-ms-mode": "rwx"}, NOW) == Asked()


def test_file_systems_without_attributes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no extended attribute can be kept, metadata is refused; only the time of creation gets lost."""

    def refuse(*_arguments: object) -> None:
        raise OSError(errno.ENOTSUP, "no")

    monkeypatch.setattr(os, "setxattr", refuse, raising=False)
    monkeypatch.setattr(os, "getxattr", refuse, raising=False)
    with open(tmp_path / "f", "wb") as file:
        properties.write(file.fileno(), Kept(created=5))
        assert properties.read(file.fileno()) == Kept()
        with pytest.raises(FilesError, match="extended attributes"):
            properties.write(file.fileno(), Kept(metadata={"a": "b"}))
    monkeypatch.delattr(os, "setxattr")
    monkeypatch.delattr(os, "getxattr")
    with open(tmp_path / "f", "wb") as file:
        assert properties.read(file.fileno()) == Kept()
        with pytest.raises(FilesError, match="extended attributes"):
            properties.write(file.fileno(), Kept(attributes="Hidden"))


def test_nfs_headers(tmp_path: Path) -> None:
    """A file of an NFS share tells mode, owner and type, one of an SMB share attributes."""
    (tmp_path / "f").write_bytes(b"")
    (tmp_path / "f").chmod(0o640)
    (tmp_path / "link").symlink_to("f")
    shown = properties.shown((tmp_path / "f").stat(), Kept(), nfs=True)
    assert (shown["x-ms-mode"], shown["x-ms-owner"]) == ("0640", str(os.geteuid()))
    assert (shown["x-ms-file-file-type"], shown["x-ms-link-count"]) == ("Regular", "1")
    assert properties.shown((tmp_path / "link").lstat(), Kept(), nfs=True)["x-ms-file-file-type"] == "SymLink"
    assert properties.shown((tmp_path / "f").stat(), Kept())["x-ms-file-attributes"] == "Archive"
    assert properties.shown(tmp_path.stat(), Kept(attributes="Hidden"))["x-ms-file-attributes"] == "Directory | Hidden"
