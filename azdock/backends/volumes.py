"""Volumes on Azure: file shares whose metadata says what docker knows of them, so that every machine sees the same.

An environment reaches a share through a storage of its own; a read-only mount through a second one.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from azdock.azure.client import Azure
from azdock.azure.files import Files
from azdock.azure.storage import NFS as NFS_ROLE
from azdock.azure.storage import SMB as SMB_ROLE
from azdock.azure.storage import Account, Storage, leads_to
from azdock.backends.volume_names import share_name, storage_name
from azdock.docker.mounts import NFS
from azdock.docker.volume import LOCAL, Volume, parse_options
from azdock.errors import AzdockError, Conflict, NotFound, Unsupported
from azdock.settings import Settings

Json = dict[str, Any]
NAME, CREATED, DRIVER, LABELS, OPTIONS = (f"azdock_{one}" for one in ("name", "created", "driver", "labels", "options"))
LIMIT = 8192  # bytes of all metadata of a share: learn.microsoft.com/rest/api/storageservices/set-share-metadata


def connect(settings: Settings) -> AzureVolumes:
    """The volumes of the context in `settings`."""
    return AzureVolumes(Azure(settings))


class AzureVolumes:
    """VolumeStore over shares of the storage accounts that azdock made for the context."""

    def __init__(self, azure: Azure) -> None:
        self._azure = azure
        self._storage = Storage(azure)

    def all(self) -> list[Volume]:
        """Every volume, by name."""
        found = []
        for role in (SMB_ROLE, NFS_ROLE):
            if account := self._storage.account(role):
                found += [of_share(account, one) for one in self._storage.shares(account) if is_ours(one)]
        return sorted(found, key=lambda one: one.name)

    def get(self, name: str) -> Volume:
        """One volume. Raises NotFound in docker's words."""
        for role in (SMB_ROLE, NFS_ROLE):
            account = self._storage.account(role)
            if account is None:
                continue
            try:
                share = self._storage.share(account, share_name(name))
            except NotFound:
                continue
            if is_ours(share) and share["properties"]["metadata"][NAME] == name:
                return of_share(account, share)
        raise NotFound(f"get {name}: no such volume", code=1)

    def create(self, volume: Volume) -> Volume:
        """Make a volume; with its mountpoint then. Raises AzdockError for labels that do not fit."""
        nfs = volume.driver == NFS
        size = parse_options(volume.options, volume.driver).size
        metadata = to_metadata(volume)
        account = self._storage.need(NFS_ROLE if nfs else SMB_ROLE)
        share = share_name(volume.name)
        self._storage.put_share(account, share, metadata, nfs=nfs, size=size)
        return of_share(account, {"name": share, "properties": {"metadata": metadata}})

    def link(self, volume: Volume, network: str, *, read_only: bool, again: bool = False) -> None:
        """Let the containers of a network mount a volume. Raises Conflict when the name is taken there."""
        account, share = self._place(volume)
        environment = self._environment(network)
        name = storage_name(volume.name, read_only)
        there = self._storage.storage(environment, name)
        if there is not None and not leads_to(there, account.name, share):
            where = environment.rpartition("/")[2]
            raise Conflict(f"the environment {where} has a storage {name} that leads to another share")
        if there is None or again:
            body = self._storage.storage_body(account, share, read_only=read_only, nfs=volume.driver == NFS)
            self._storage.put_storage(environment, name, body)

    def remove(self, volume: Volume) -> None:
        """Delete a volume with its files, and the storages that lead to it."""
        account, share = self._place(volume)
        for environment in self._storage.environments():
            for one in self._storage.storages(environment):
                if leads_to(one, account.name, share):
                    self._storage.delete_storage(environment, str(one["name"]))
        self._storage.delete_share(account, share)

    def files(self, volume: Volume) -> Files:
        """The way to a volume's files. Raises Unsupported for NFS, which only the environment's network reaches."""
        if volume.driver == NFS:
            raise Unsupported(f"{volume.name}: an NFS share is reached from its virtual network only", code=1)
        account, share = self._place(volume)
        return Files(self._azure, self._storage, account, share)

    def close(self) -> None:
        """Drop the connections."""
        self._azure.close()

    def _place(self, volume: Volume) -> tuple[Account, str]:
        account = self._storage.account(NFS_ROLE if volume.driver == NFS else SMB_ROLE)
        if account is None:
            raise NotFound(f"get {volume.name}: no such volume", code=1)
        return account, share_name(volume.name)

    def _environment(self, network: str) -> str:
        if not network:
            return self._azure.place.environment_id
        from azdock.backends.network_names import environment_id

        return str(environment_id(self._azure, network))


def is_ours(share: Json) -> bool:
    """True for a share that is a volume of azdock; every other one is left alone."""
    return NAME in ((share.get("properties") or {}).get("metadata") or {})


def of_share(account: Account, share: Json) -> Volume:
    """The volume of a share. Raises KeyError or ValueError when its metadata was damaged."""
    metadata = share["properties"]["metadata"]
    return Volume(
        name=metadata[NAME],
        created=datetime.fromisoformat(metadata[CREATED]),
        driver=metadata.get(DRIVER, LOCAL),
        labels=json.loads(metadata.get(LABELS, "{}")),
        options=json.loads(metadata.get(OPTIONS, "{}")),
        mountpoint=f"{account.files}/{share['name']}",
    )


def to_metadata(volume: Volume) -> dict[str, str]:
    """A volume as metadata of its share, ASCII only. Raises AzdockError when it is more than Azure keeps."""
    found = {NAME: volume.name, CREATED: volume.created.isoformat(), DRIVER: volume.driver}
    for key, value in ((LABELS, volume.labels), (OPTIONS, volume.options)):
        if value:
            found[key] = json.dumps(dict(value), separators=(",", ":"))
    if sum(len(key) + len(value) for key, value in found.items()) > LIMIT:
        raise AzdockError(f"the labels and options of the volume {volume.name} do not fit into Azure's {LIMIT} bytes")
    return found
