"""What a storage of an environment leads to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from azdock.emulator import shares
from azdock.emulator.shares import MountFailed
from tests.support.emulator import ENVIRONMENT_ID, GROUP, Emulator, emulator

__all__ = ["emulator"]
KEY = "a2V5"


def put(emulator: Emulator, kind: str = "StorageV2") -> dict[str, Any]:
    """A storage account in the emulator's store."""
    account = {
        "id": f"{GROUP}/providers/{shares.ACCOUNTS}/acc1", "name": "acc1", "type": shares.ACCOUNTS, "kind": kind,
        "keys": [{"value": "b3RoZXI="}, {"value": KEY}],
    }  # fmt: skip
    emulator.call(emulator.world.store.put, account)
    return account


def storage(emulator: Emulator, properties: dict[str, Any], key: str = "") -> None:
    """A storage "vol" of the default environment."""
    document = {"id": f"{ENVIRONMENT_ID}/storages/vol", "name": "vol", "type": shares.STORAGES,
                "properties": properties, "key": key}  # fmt: skip
    emulator.call(emulator.world.store.put, document)


def smb(account: str = "acc1", share: str = "data", mode: str = "ReadWrite") -> dict[str, Any]:
    """The properties of a storage reached by SMB."""
    return {"azureFile": {"accountName": account, "shareName": share, "accessMode": mode}}


def nfs(server: str = "acc1.file.core.windows.net", path: str = "/acc1/data") -> dict[str, Any]:
    """The properties of a storage reached by NFS."""
    return {"nfsAzureFile": {"server": server, "shareName": path, "accessMode": "ReadOnly"}}


@pytest.mark.parametrize(("mode", "read_only"), [("ReadWrite", False), ("ReadOnly", True)])
def test_smb(emulator: Emulator, mode: str, read_only: bool) -> None:
    """Either key of the account opens a share; the folder exists."""
    owner = put(emulator)
    emulator.call(shares.add, emulator.world, owner, "data", {})
    storage(emulator, smb(mode=mode), KEY)
    found, only = shares.resolve(emulator.world, ENVIRONMENT_ID.upper(), "VOL")
    assert (found, only) == (emulator.home / "shares/acc1/data", read_only)
    assert found.is_dir()


def test_nfs(emulator: Emulator) -> None:
    """NFS needs no key, but a share that speaks it."""
    owner = put(emulator, "FileStorage")
    emulator.call(shares.add, emulator.world, owner, "data", {"enabledProtocols": "NFS"})
    emulator.call(shares.add, emulator.world, owner, "smb", {})
    storage(emulator, nfs())
    assert shares.resolve(emulator.world, ENVIRONMENT_ID, "vol") == (Path(emulator.home / "shares/acc1/data"), True)
    storage(emulator, nfs(path="/acc1/smb"))
    with pytest.raises(MountFailed, match="No such file or directory"):
        shares.resolve(emulator.world, ENVIRONMENT_ID, "vol")
    storage(emulator, smb(), KEY)
    with pytest.raises(MountFailed, match=r"mount error\(2\)"):
        shares.resolve(emulator.world, ENVIRONMENT_ID, "vol")


@pytest.mark.parametrize(
    ("properties", "key", "message"),
    [
        (smb(), "d3Jvbmc=", r"mount error\(13\): Permission denied"),
        (smb(), "", r"mount error\(13\): Permission denied"),
        (smb(share="nosuch"), KEY, r"mount error\(2\): No such file or directory"),
        (smb(share=""), KEY, r"mount error\(2\): No such file or directory"),
        (smb("nosuch"), KEY, "could not resolve address for nosuch.file.core.windows.net"),
        (nfs("nosuch.file.core.windows.net"), "", "Failed to resolve server nosuch.file.core.windows.net"),
        (nfs(path="/other/data"), "", "No such file or directory"),
    ],
)
def test_mount_failures(emulator: Emulator, properties: dict[str, Any], key: str, message: str) -> None:
    """A wrong key, no such share and no such account fail like the mount programs fail."""
    emulator.call(shares.add, emulator.world, put(emulator), "data", {})
    storage(emulator, properties, key)
    with pytest.raises(MountFailed, match=message):
        shares.resolve(emulator.world, ENVIRONMENT_ID, "vol")


def test_no_storage(emulator: Emulator) -> None:
    """A storage that the environment does not have is told by its name."""
    with pytest.raises(MountFailed, match="no storage named 'nosuch'"):
        shares.resolve(emulator.world, ENVIRONMENT_ID, "nosuch")


def test_stuck_files(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that cannot be removed are out of the share at once, and the next start sweeps them."""
    owner = put(emulator)
    made = emulator.call(shares.add, emulator.world, owner, "data", {})
    (emulator.home / "shares/acc1/data/f").write_bytes(b"x")

    def stuck(_path: Path) -> None:
        raise PermissionError("stuck")

    with monkeypatch.context() as patched:
        patched.setattr(shares, "remove_tree", stuck)
        emulator.call(shares.drop, emulator.world, owner, made)
        assert not (emulator.home / "shares/acc1/data").exists()
        emulator.stop()
    assert list((emulator.home / "scratch").iterdir())
    emulator.start()
    assert not (emulator.home / "scratch").exists() or not list((emulator.home / "scratch").glob("gone-*"))
