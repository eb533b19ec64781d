"""The files of a share, through azure-storage-file-share. Paths are relative to the share: "" is its root.

SMB carries names, contents and times. It keeps no modes and no owners; a share refuses the characters of FORBIDDEN.
SOURCE: learn.microsoft.com/rest/api/storageservices/naming-and-referencing-shares--directories--files--and-metadata
and put-range (a range has at most 4 MiB).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, BinaryIO

from azdock.azure import errors as translate
from azdock.azure.client import Azure
from azdock.azure.storage import Account, Storage
from azdock.errors import AzdockError

RANGE = 4 << 20  # bytes
PARALLEL = 8
FORBIDDEN = '"\\:|<>*?'
_SECOND = 1_000_000_000  # nanoseconds


@dataclass(frozen=True, slots=True)
class Item:
    """A file or folder of a share; `modified` is Unix nanoseconds, 0 for unknown."""

    path: str
    folder: bool = False
    size: int = 0
    modified: int = 0


class Files:
    """One share's files. Every method may be called from several threads and raises AzdockError only."""

    def __init__(self, azure: Azure, storage: Storage, account: Account, share: str) -> None:
        self._azure, self._storage, self._account, self._share = azure, storage, account, share

    @cached_property
    def _client(self) -> Any:
        from azdock.azure.filesdk import share_client

        embedded = self._azure.place.base_url if self._azure.is_embedded else ""
        key = self._storage.key(self._account)
        return share_client(self._account.files, self._account.name, key, self._share, embedded)

    def close(self) -> None:
        """Drop the connections."""
        if "_client" in self.__dict__:
            self.__dict__.pop("_client").close()

    def stat(self, path: str) -> Item | None:
        """What is at a path; None for nothing. A share does not tell "Data" from "data"."""
        if not path:
            return Item("", folder=True)
        folder, name = posixpath.split(path)
        try:
            with _translated(path):
                listed = self._client.list_directories_and_files(
                    directory_name=folder or None, name_starts_with=name, include=["timestamps"]
                )
                found = [_item(folder, one) for one in listed]
        except AzdockError as failed:
            # no folder of that name, or a file
            if getattr(failed, "error_code", "") in ("ResourceNotFound", "ParentNotFound", "ResourceTypeMismatch"):
                return None
            raise
        same = [one for one in found if one.path == path]
        return next(iter(same or [one for one in found if one.path.lower() == path.lower()]), None)

    def entries(self, path: str) -> list[Item]:
        """What is in a folder, by name."""
        with _translated(path):
            listed = self._client.list_directories_and_files(directory_name=path or None, include=["timestamps"])
            return sorted((_item(path, one) for one in listed), key=lambda one: one.path)

    def walk(self, path: str) -> Iterator[Item]:
        """Everything below a folder, a folder before what is in it."""
        level = [path]
        with ThreadPoolExecutor(PARALLEL) as pool:
            while level:
                deeper: list[str] = []
                for found in pool.map(self.entries, level):
                    yield from found
                    deeper += [one.path for one in found if one.folder]
                level = deeper

    def make_folder(self, path: str) -> None:
        """Make a folder whose parent exists; one that is there already is no error."""
        from azure.core.exceptions import ResourceExistsError

        with _translated(path):
            try:
                self._client.get_directory_client(path).create_directory()
            except ResourceExistsError as exists:
                if getattr(exists, "error_code", "") != "ResourceAlreadyExists":
                    raise

    def write(self, path: str, source: BinaryIO, size: int, modified: int) -> None:
        """Make or replace a file by the next `size` bytes of `source`; `modified` is Unix nanoseconds.

        Raises AzdockError when the source has fewer.
        """
        check_path(path)
        first = _read(source, min(size, RANGE), path)
        file = self._client.get_file_client(path)
        with _translated(path):
            file.create_file(size, data=first if 0 < size <= RANGE else None, file_last_write_time=_stamp(modified))
            if size <= RANGE:
                return
            at, data = 0, first
            while data:
                file.upload_range(data, at, len(data), file_last_write_mode="preserve")
                at += len(data)
                data = _read(source, min(size - at, RANGE), path)

    def read(self, path: str) -> Iterator[bytes]:
        """The content of a file, piece by piece."""
        with _translated(path):
            yield from self._client.get_file_client(path).download_file().chunks()


def check_path(path: str) -> None:
    """Raises AzdockError for a name that no share can hold."""
    for part in path.split("/"):
        if any(one in FORBIDDEN or ord(one) < 32 for one in part) or len(part) > 255:
            raise AzdockError(f'"{path}": Azure Files cannot hold a file of this name (no {" ".join(FORBIDDEN)})')
        try:
            part.encode()
        except UnicodeEncodeError as bad:
            raise AzdockError(f'"{path!a}": Azure Files cannot hold a file whose name is not UTF-8') from bad


def _read(source: BinaryIO, size: int, path: str) -> bytes:
    data = bytearray()
    while len(data) < size:
        piece = source.read(size - len(data))
        if not piece:
            raise AzdockError(f"{path}: the file became shorter while it was read")
        data += piece
    return bytes(data)


def _item(folder: str, found: Any) -> Item:
    path = f"{folder}/{found.name}" if folder else str(found.name)
    written = found.last_write_time
    modified = _nanoseconds(written) if written else 0
    return Item(path, bool(found.is_directory), 0 if found.is_directory else int(found.size or 0), modified)


def _stamp(modified: int) -> str:
    """RFC 3339 with the seven decimals of a Windows file time."""
    seconds, rest = divmod(modified, _SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest // 100:07}Z"


def _nanoseconds(written: str | datetime) -> int:
    if isinstance(written, datetime):
        return int(written.timestamp()) * _SECOND + written.microsecond * 1000
    whole, _, rest = written.rstrip("Z").partition(".")
    seconds = int(datetime.fromisoformat(f"{whole}+00:00").timestamp())
    return seconds * _SECOND + int(rest.ljust(9, "0")[:9])


@contextmanager
def _translated(path: str) -> Iterator[None]:
    from azure.core.exceptions import AzureError

    try:
        yield
    except AzureError as failed:
        raise translate.of_storage(failed, path) from failed
