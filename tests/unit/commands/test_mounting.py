"""Flags become mounts."""

from __future__ import annotations

from pathlib import Path

import pytest

from azdock.commands.flags import CreateFlags
from azdock.commands.mounting import mounts_of
from azdock.docker.mounts import BIND, parse_mount
from azdock.docker.values import BadValue


def test_all_kinds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """-v, --mount and --tmpfs in docker's order; a path that begins with a dot is absolute from here on."""
    monkeypatch.chdir(tmp_path)
    flags = CreateFlags(
        volume=("data:/a", "./d:/b:ro", "/c", "..:/d"),
        mount=(parse_mount("type=bind,src=./e,dst=/e"), parse_mount("src=x,dst=/f,volume-driver=local")),
        tmpfs=("/t:size=1m",),
        volume_driver="nfs",
    )
    found = mounts_of(flags)
    assert [one.target for one in found] == ["/a", "/b", "/c", "/d", "/e", "/f", "/t"]
    assert (found[1].source, found[1].options[BIND]) == (f"{tmp_path}/d", f"{tmp_path}/d:/b:ro")
    assert (found[3].source, found[4].source) == (str(tmp_path.parent), f"{tmp_path}/e")
    drivers = [one.options.get("volume-driver") for one in found]
    assert drivers == ["nfs", None, "nfs", None, None, "local", None]


def test_nonsense() -> None:
    """What docker's client refuses is refused here."""
    with pytest.raises(BadValue, match="too many colons"):
        mounts_of(CreateFlags(volume=("/a:/b:ro:x",)))
