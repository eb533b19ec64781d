"""Storage accounts, file shares, and the storages of environments, through the resource manager.

SOURCE: azure-rest-api-specs, Microsoft.Storage stable/2026-09-01 (StorageAccounts, FileShares) and Microsoft.App
ContainerApps stable/2026-07-01 (ManagedEnvironmentsStorages).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from azdock import wire
from azdock.azure import progress, retry
from azdock.azure.client import Azure
from azdock.errors import AzdockError, AzureFailure, NotFound

Json = dict[str, Any]
ROLE = "azdock-role"  # tag: what azdock uses an account for
SMB, NFS, FUNCTIONS = "volumes", "volumes-nfs", "functions"  # its values
PURPOSES = {FUNCTIONS: "functions"}  # what a role is told to be for; else volumes
PARALLEL = 8
NAMES = 5  # that are tried, as the names of accounts are taken by anybody in the world
ACCOUNT_SECONDS = 300.0
# A standard share costs what is in it, a premium one what it may hold.
LARGEST, PREMIUM = 5120, 100  # GiB
_TAKEN = frozenset({"StorageAccountAlreadyTaken", "AccountAlreadyExists"})
# another azdock makes the same account just now; learn.microsoft.com/rest/api/storageservices/delete-share: the name of
# a share is free half a minute after it was deleted
_BUSY = frozenset({"StorageAccountOperationInProgress", "ShareBeingDeleted"})
_UNREGISTERED = "MissingSubscriptionRegistration"


@dataclass(frozen=True, slots=True)
class Account:
    """A storage account: its ARM id, and where its files are served (a URL without a slash at its end)."""

    name: str
    id: str
    files: str


class Storage:
    """The storage of one context. Keys are kept in memory only."""

    def __init__(self, azure: Azure, sleep: Callable[[float], None] = time.sleep) -> None:
        self.azure = azure
        self._sleep = sleep
        self._accounts: dict[str, Account] = {}
        self._keys: dict[str, str] = {}

    # ---- accounts
    def account(self, role: str) -> Account | None:
        """The account that azdock made for this role in the context's resource group; None before the first need."""
        if role not in self._accounts:
            for one in self.azure.arm.every(self._root, wire.STORAGE_API_VERSION):
                tag = str((one.get("tags") or {}).get(ROLE))
                if tag in (SMB, NFS, FUNCTIONS):
                    done = (one.get("properties") or {}).get("provisioningState") == "Succeeded"
                    # another azdock may just be making it
                    self._accounts[tag] = _account(one) if done else self._ready(str(one["name"]))
        return self._accounts.get(role)

    def need(self, role: str) -> Account:
        """The account of this role, made if there is none. Raises AzdockError."""
        found = self.account(role)
        if found is not None:
            return found
        with progress.waiting("Azure makes a storage account", 0):
            made = self._accounts[role] = self._make(role)
        if not self.azure.is_embedded:
            purpose = PURPOSES.get(role, "volumes")
            progress.warn(f"the storage account {made.name} was made for the {purpose} of this context")
        return made

    def key(self, account: Account) -> str:
        """A key that opens the account; never to be shown, kept or logged."""
        if account.name not in self._keys:
            answer = self.azure.arm.post(f"{account.id}/listKeys", wire.STORAGE_API_VERSION)
            self._keys[account.name] = str(answer["keys"][0]["value"])
        return self._keys[account.name]

    def _make(self, role: str) -> Account:
        for attempt in range(NAMES):
            name = account_name(self.azure.group, role, attempt)
            try:
                self._patient(f"{self._root}/{name}", account_body(role, self.azure.location()), "the storage account")
            except AzureFailure as failed:
                if failed.error_code in _TAKEN:
                    continue
                if failed.error_code == _UNREGISTERED:
                    failed.hint = f"az provider register -n {wire.STORAGE_NAMESPACE}"
                raise
            return self._ready(name)
        raise AzdockError("no free name for a storage account was found")

    def _patient(self, path: str, body: Json, what: str) -> Any:
        """PUT, again as long as Azure is busy with what is there."""
        patience = retry.Patience(self._sleep)
        while True:
            try:
                return self.azure.arm.put(path, body, wire.STORAGE_API_VERSION)
            except AzureFailure as failed:
                if failed.error_code not in _BUSY or not patience.wait(f"Azure is busy with {what}", None):
                    raise

    def _ready(self, name: str) -> Account:
        patience = retry.Patience(self._sleep, ACCOUNT_SECONDS, pause=retry.backoff(0.1, 5.0))
        while True:
            found = self.azure.arm.get(f"{self._root}/{name}", wire.STORAGE_API_VERSION)
            state = str((found.get("properties") or {}).get("provisioningState"))
            if state == "Succeeded":
                return _account(found)
            if not patience.wait("Azure makes a storage account", None):
                raise AzureFailure(f"the storage account {name} stays in the state {state}")

    # ---- shares
    def shares(self, account: Account) -> list[Json]:
        """Every share of an account with its metadata, which Azure's list leaves out.

        SOURCE: github.com/Azure/azure-sdk-for-net/issues/17717.
        """
        listed = list(self.azure.arm.every(_shares(account), wire.STORAGE_API_VERSION))
        return [one for one in _parallel(lambda share: self._whole(account, share), listed) if one is not None]

    def _whole(self, account: Account, share: Json) -> Json | None:
        if (share.get("properties") or {}).get("metadata"):
            return share
        try:
            return self.share(account, str(share["name"]))
        except NotFound:
            return None  # it went meanwhile

    def share(self, account: Account, name: str) -> Json:
        """One share with its metadata. Raises NotFound."""
        return self.azure.arm.get(f"{_shares(account)}/{name}", wire.STORAGE_API_VERSION)

    def put_share(self, account: Account, name: str, metadata: dict[str, str], *, nfs: bool, size: int = 0) -> Json:
        """Make a share that may hold `size` GiB (0: what costs nothing more); one that exists keeps its files, and the
        end of one that is being deleted is waited for."""
        properties: Json = {"metadata": metadata, "shareQuota": size or (PREMIUM if nfs else LARGEST)}
        if nfs:
            properties |= {"enabledProtocols": "NFS", "rootSquash": "NoRootSquash"}
        made: Json = self._patient(f"{_shares(account)}/{name}", {"properties": properties}, "the file share")
        return made

    def delete_share(self, account: Account, name: str) -> None:
        """Delete a share with its files; one that is gone is no error."""
        self.azure.arm.delete(f"{_shares(account)}/{name}", wire.STORAGE_API_VERSION)

    # ---- storages of environments
    def environments(self) -> list[str]:
        """ARM ids of the context's environment and of those in its resource group, which are its networks."""
        path = f"{self.azure.group}/providers/{wire.APP_NAMESPACE}/managedEnvironments"
        own = self.azure.place.environment_id
        others = [str(one["id"]) for one in self.azure.arm.every(path)]
        return [own, *(one for one in others if one.lower() != own.lower())]

    def storages(self, environment: str) -> list[Json]:
        """The storages of an environment; none of one that is gone."""
        try:
            return list(self.azure.arm.every(f"{environment}/storages"))
        except NotFound:
            return []

    def storage(self, environment: str, name: str) -> Json | None:
        """One storage; None when there is none of that name."""
        try:
            return self.azure.arm.get(f"{environment}/storages/{name}")
        except NotFound:
            return None

    def put_storage(self, environment: str, name: str, properties: Json) -> None:
        """Make or replace a storage; `properties` are those of storage_body()."""
        self.azure.arm.put(f"{environment}/storages/{name}", {"properties": properties})

    def delete_storage(self, environment: str, name: str) -> None:
        """Delete a storage; one that is gone is no error."""
        self.azure.arm.delete(f"{environment}/storages/{name}")

    def storage_body(self, account: Account, share: str, *, read_only: bool, nfs: bool) -> Json:
        """The properties of a storage that leads to a share; with the account's key, unless it is NFS."""
        mode = "ReadOnly" if read_only else "ReadWrite"
        if nfs:
            server = account.files.partition("://")[2]
            return {
                "nfsAzureFile": {"server": server, "shareName": f"/{account.name}/{share}", "accessMode": mode},
            }
        key = self.key(account)
        return {
            "azureFile": {"accountName": account.name, "accountKey": key, "shareName": share, "accessMode": mode},
        }

    @property
    def _root(self) -> str:
        return f"{self.azure.group}/providers/{wire.STORAGE_NAMESPACE}/storageAccounts"


def account_name(group: str, role: str, attempt: int) -> str:
    """A legal account name (24 lower-case letters and digits), the same on every machine that uses the group."""
    digest = hashlib.sha256(f"{group.lower()}\n{role}\n{attempt}".encode()).hexdigest()
    return f"azdock{digest[:18]}"


def account_body(role: str, location: str) -> Json:
    """The body of PUT storageAccounts. NFS needs a premium account, and one that does not insist on https."""
    nfs = role == NFS
    return {
        "location": location,
        "kind": "FileStorage" if nfs else "StorageV2",
        "sku": {"name": "Premium_LRS" if nfs else "Standard_LRS"},
        "tags": {ROLE: role},
        "properties": {
            "allowBlobPublicAccess": False,
            "minimumTlsVersion": "TLS1_2",
            "supportsHttpsTrafficOnly": not nfs,
        },
    }


def leads_to(storage: Json, account: str, share: str) -> bool:
    """Whether a storage of an environment leads to this share."""
    properties = storage.get("properties") or {}
    if smb := properties.get("azureFile"):
        return bool(smb.get("accountName") == account and smb.get("shareName") == share)
    nfs = properties.get("nfsAzureFile") or {}
    return bool(nfs.get("shareName") == f"/{account}/{share}")


def _account(found: Json) -> Account:
    endpoints = (found.get("properties") or {}).get("primaryEndpoints") or {}
    name = str(found["name"])
    files = str(endpoints.get("file") or f"https://{name}.file.core.windows.net").rstrip("/")
    return Account(name, str(found["id"]), files)


def _shares(account: Account) -> str:
    return f"{account.id}/fileServices/default/shares"


def _parallel(work: Callable[[Json], Json | None], items: Iterable[Json]) -> list[Json | None]:
    wanted = list(items)
    if len(wanted) < 2:
        return [work(one) for one in wanted]
    with ThreadPoolExecutor(min(PARALLEL, len(wanted))) as pool:
        return list(pool.map(work, wanted))
