"""File shares as folders of this machine: where they are, who may open them, what a volume of a container leads to.

Each share is the folder `shares/ACCOUNT/SHARE` of the emulator's home; containers mount the folder itself.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from azdock.emulator.folders import remove_tree
from azdock.emulator.world import SUBSCRIPTION, World

Document = dict[str, Any]
ACCOUNTS = "Microsoft.Storage/storageAccounts"
SERVICE = "fileServices/default"
SHARES = f"{ACCOUNTS}/fileServices/shares"
STORAGES = "Microsoft.App/managedEnvironments/storages"  # their key is kept in document["key"]
SUFFIX = ".file.core.windows.net"
OPEN_TO_ALL = 0o777  # what a mounted Azure share shows when no mount option says otherwise
# learn.microsoft.com/rest/api/storageservices/naming-and-referencing-shares--directories--files--and-metadata
NAME = re.compile(r"(?=.{3,63}\Z)[a-z0-9]+(-[a-z0-9]+)*\Z")
METADATA_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
PROTOCOLS = ("SMB", "NFS")
SQUASHES = ("NoRootSquash", "RootSquash", "AllSquash")
TIERS = {"StorageV2": ("TransactionOptimized", "Hot", "Cool"), "FileStorage": ("Premium",)}
QUOTA = {"StorageV2": range(1, 102401), "FileStorage": range(100, 102401)}  # GiB
DEFAULT_QUOTA = 5120
log = logging.getLogger(__name__)


class BadShare(Exception):
    """A share that Azure would refuse: its error's code and text."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class MountFailed(Exception):
    """A volume that cannot be mounted; the text is what the mount program says.

    Source: manual page mount.cifs(8); learn.microsoft.com/troubleshoot/azure/azure-storage/files/connectivity
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def account(world: World, name: str) -> Document | None:
    """The storage account of this name; names are unique in all of Azure."""
    found = world.store.under(f"/subscriptions/{SUBSCRIPTION}", ACCOUNTS)
    return next((one for one in found if one["name"] == name.lower()), None)


def share_id(owner: Document, share: str) -> str:
    """The id of a share of an account."""
    return f"{owner['id']}/{SERVICE}/shares/{share}"


def of_account(world: World, owner: Document) -> Iterator[Document]:
    """The shares of an account, by name as Azure lists them."""
    return iter(sorted(world.store.under(owner["id"], SHARES), key=lambda one: str(one["name"])))


def folder(world: World, account_name: str, share: str) -> Path:
    """Where the files of a share are; the names must have been checked before."""
    return world.home / "shares" / account_name / share


def size_of(path: Path) -> int:
    """Bytes of all files in a folder, links not followed."""
    return sum(one.lstat().st_size for one in path.rglob("*") if one.is_file() and not one.is_symlink())


def check_name(name: str) -> None:
    """Raise BadShare unless a share may have this name."""
    if not NAME.match(name):
        raise BadShare("InvalidResourceName", "The specified resource name contains invalid characters.")


def checked(owner: Document, given: Document, old: Document | None = None) -> Document:
    """The properties of a share that are given, checked; `old` is a share that is to be changed. Raises BadShare."""
    kind = owner["kind"]
    found: Document = {}
    if (quota := given.get("shareQuota")) is not None:
        if not isinstance(quota, int) or isinstance(quota, bool) or quota not in QUOTA[kind]:
            low, high = QUOTA[kind].start, QUOTA[kind].stop - 1
            raise BadShare("OutOfRangeInput", f"The share quota {quota} is not between {low} and {high} GiB.")
        found["shareQuota"] = quota
    for name, allowed in (("enabledProtocols", PROTOCOLS), ("accessTier", TIERS[kind])):
        if (value := given.get(name)) is not None:
            if value not in allowed:
                raise BadShare("InvalidRequestPropertyValue", f"'{name}' must be one of {', '.join(allowed)}.")
            found[name] = value
    protocol = found.get("enabledProtocols")
    if old and protocol and protocol != old["properties"]["enabledProtocols"]:
        raise BadShare("InvalidRequestPropertyValue", "The enabled protocols of a share cannot be changed.")
    if (squash := given.get("rootSquash")) is not None:
        if squash not in SQUASHES:
            raise BadShare("InvalidRequestPropertyValue", f"'rootSquash' must be one of {', '.join(SQUASHES)}.")
        found["rootSquash"] = squash
    if protocol == "NFS" and kind != "FileStorage":
        raise BadShare("FeatureNotSupportedForAccount", "NFS is not supported for the account.")
    if (metadata := given.get("metadata")) is not None:
        if any(not METADATA_KEY.match(key) or not str(value).isascii() for key, value in metadata.items()):
            raise BadShare(
                "InvalidMetadata", "The metadata specified is invalid. It has characters that are not permitted."
            )
        found["metadata"] = {str(key): str(value) for key, value in metadata.items()}
    return found


def add(world: World, owner: Document, name: str, given: Document) -> Document:
    """Make a share with its folder; the account must have none of this name. Raises BadShare."""
    check_name(name)
    defaults = {"accessTier": TIERS[owner["kind"]][0], "shareQuota": DEFAULT_QUOTA, "enabledProtocols": "SMB"}
    properties = defaults | checked(owner, given)
    document = {"id": share_id(owner, name), "name": name, "type": SHARES, "properties": properties,
                "modified": world.clock.now_ns()}  # fmt: skip
    path = folder(world, owner["name"], name)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.mkdir()
    path.chmod(OPEN_TO_ALL)  # whatever user a container runs as may write there
    world.store.put(document)
    return document


def change(world: World, document: Document, given: Document) -> None:
    """Change checked properties of a share; metadata is replaced as a whole."""
    document["properties"] |= given
    document["modified"] = world.clock.now_ns()
    world.store.changed()


def drop(world: World, owner: Document, document: Document) -> None:
    """Delete a share. Its files are gone at once, and from the disk soon."""
    world.store.delete(document["id"])
    _discard(world, folder(world, owner["name"], document["name"]))


def drop_account(world: World, owner: Document) -> None:
    """Delete an account with its shares and their files."""
    for one in of_account(world, owner):
        world.store.delete(one["id"])
    world.store.delete(owner["id"])
    _discard(world, world.home / "shares" / owner["name"])


def _discard(world: World, path: Path) -> None:
    """Move a folder to where the next start of the emulator sweeps, if the sweep of now does not succeed."""
    if not path.exists():
        return
    bin_ = world.home / "scratch" / f"gone-{uuid.uuid4().hex}"
    bin_.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.rename(bin_)

    def sweep() -> None:
        try:
            remove_tree(bin_)
        except OSError as stuck:
            log.warning("files of a deleted share are still there: %s", stuck)

    asyncio.get_running_loop().run_in_executor(None, sweep)


def resolve(world: World, environment_id: str, storage_name: str) -> tuple[Path, bool]:
    """The folder behind a storage of an environment, and whether it is mounted read-only. Raises MountFailed."""
    storage = world.store.get(f"{environment_id}/storages/{storage_name}")
    if storage is None:
        raise MountFailed(f"the environment has no storage named '{storage_name}'")
    properties = storage["properties"]
    if "nfsAzureFile" in properties:
        given = properties["nfsAzureFile"]
        return _nfs(world, given), given.get("accessMode") == "ReadOnly"
    given = properties["azureFile"]
    found = smb(world, given["accountName"], given["shareName"], storage.get("key") or "")
    return found, given.get("accessMode") == "ReadOnly"


def smb(world: World, account_name: str, share_name: str, key: str) -> Path:
    """The folder of an SMB share, opened with an account key. Raises MountFailed."""
    owner = account(world, account_name)
    if owner is None:
        host = f"{account_name}{SUFFIX}"
        raise MountFailed(f"mount error: could not resolve address for {host}: Unknown error")
    if not any(hmac.compare_digest(key.encode(), one["value"].encode()) for one in owner["keys"]):
        raise MountFailed("mount error(13): Permission denied")
    share = _share(world, owner, share_name)
    if share is None or share["properties"]["enabledProtocols"] != "SMB":
        raise MountFailed("mount error(2): No such file or directory")
    return folder(world, owner["name"], share["name"])


def _nfs(world: World, given: Document) -> Path:
    server, path = given["server"], given["shareName"]
    owner = account(world, server.lower().removesuffix(SUFFIX))
    if owner is None:
        raise MountFailed(f"mount.nfs: Failed to resolve server {server}: Name or service not known")
    prefix = f"/{owner['name']}/"
    share = _share(world, owner, path.removeprefix(prefix)) if path.startswith(prefix) else None
    if share is None or share["properties"]["enabledProtocols"] != "NFS":
        raise MountFailed(
            f"mount.nfs: mounting {server}:{path} failed, reason given by server: No such file or directory"
        )
    return folder(world, owner["name"], share["name"])


def _share(world: World, owner: Document, name: str) -> Document | None:
    return world.store.get(share_id(owner, name)) if name else None
