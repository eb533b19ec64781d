"""The volumes of a replica as folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from azdock.emulator import shares
from azdock.emulator.runtimes.base import Folder
from azdock.emulator.volumes import VolumeError, Volumes
from azdock.emulator.world import World

NOBODY = cast(World, None)


def document(*secrets: tuple[str, str]) -> dict[str, Any]:
    """An app with secrets."""
    configuration = {"secrets": [{"name": name, "value": value} for name, value in secrets]}
    return {"properties": {"environmentId": "/env", "configuration": configuration}}


def mounted(folder: Path, volume: dict[str, Any], *mounts: tuple[str, str], **given: Any) -> tuple[Folder, ...]:
    """What a container mounts of one volume `v`, at places and sub-paths."""
    template = {"volumes": [{"name": "v", **volume}]}
    listed = [{"volumeName": "v", "mountPath": path, "subPath": below} for path, below in mounts]
    return Volumes(NOBODY, given.get("owner", document()), template, folder).folders({"volumeMounts": listed})


def test_an_empty_folder_is_the_replicas(tmp_path: Path) -> None:
    """EmptyDir is one folder for all containers of the replica, open to every user; parents are mounted first."""
    found = mounted(tmp_path, {"storageType": "EmptyDir"}, ("/a/b", "deep/er"), ("/a", ""))
    assert found == (Folder(tmp_path / "v", "/a"), Folder(tmp_path / "v/deep/er", "/a/b"))
    assert {(tmp_path / one).stat().st_mode & 0o777 for one in ("v", "v/deep/er")} == {0o777}
    (tmp_path / "v/file").write_text("x")
    assert mounted(tmp_path, {}, ("/c", "")) == (Folder(tmp_path / "v", "/c"),)
    assert (tmp_path / "v/file").read_text() == "x"


def test_secrets_are_files(tmp_path: Path) -> None:
    """All secrets of the app when none is listed, else those, under the paths given; nobody writes there."""
    owner = document(("one", "1"), ("two", "2"))
    (folder,) = mounted(tmp_path, {"storageType": "Secret"}, ("/s", ""), owner=owner)
    assert folder.read_only and {entry.name: entry.read_text() for entry in folder.source.iterdir()} == {
        "one": "1",
        "two": "2",
    }
    listed = {"storageType": "Secret", "secrets": [{"secretRef": "two", "path": "sub/second"}]}
    (folder,) = mounted(tmp_path / "other", listed, ("/s", ""), owner=owner)
    assert [str(one.relative_to(folder.source)) for one in folder.source.rglob("*")] == ["sub", "sub/second"]


@pytest.mark.parametrize(
    ("options", "only_read", "expected"), [("", False, False), ("ro", False, True), ("", True, True)]
)
def test_shares(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: str, only_read: bool, expected: bool) -> None:
    """A share is where the environment's storage says; read-only by the storage or by a mount option."""
    asked = []

    def resolve(_world: World, environment: str, storage: str) -> tuple[Path, bool]:
        asked.append((environment, storage))
        return tmp_path, only_read

    monkeypatch.setattr(shares, "resolve", resolve)
    volume = {"storageType": "AzureFile", "storageName": "st", "mountOptions": f"uid=1000,{options}"}
    assert mounted(tmp_path, volume, ("/data", "")) == (Folder(tmp_path, "/data", expected),)
    assert asked == [("/env", "st")]


def test_a_file_of_a_share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sub-path may be a file, read-only, too."""
    (tmp_path / "f").write_text("x")
    monkeypatch.setattr(shares, "resolve", lambda *_: (tmp_path, True))
    volume = {"storageType": "AzureFile", "storageName": "s"}
    assert mounted(tmp_path, volume, ("/etc/f", "f")) == (Folder(tmp_path / "f", "/etc/f", True),)


def test_what_cannot_be_mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A share that refuses, a path that leads out of its volume, and a sub-path that cannot be made."""

    def refuse(_world: World, _environment: str, _storage: str) -> tuple[Path, bool]:
        raise shares.MountFailed("mount error(13): Permission denied")

    monkeypatch.setattr(shares, "resolve", refuse)
    share = {"storageType": "AzureFile", "storageName": "st"}
    with pytest.raises(VolumeError, match=r"volume 'v': mount error\(13\)"):
        mounted(tmp_path, share, ("/data", ""))
    for below in ("../other", "link/x"):
        (tmp_path / "v").mkdir(exist_ok=True)
        if not (tmp_path / "v/link").is_symlink():
            (tmp_path / "v/link").symlink_to("/")
        with pytest.raises(VolumeError, match="leads out of its volume"):
            mounted(tmp_path, {}, ("/data", below))
    monkeypatch.setattr(shares, "resolve", lambda *_: (tmp_path, True))
    with pytest.raises(VolumeError, match="read-only"):
        mounted(tmp_path, share, ("/data", "nosuch"))
