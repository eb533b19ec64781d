"""The volumes of a replica as folders of this machine.

Sources: learn.microsoft.com/azure/container-apps/storage-mounts; kubernetes.io/docs/concepts/storage/volumes (emptyDir
is writable for everybody and lives as long as its replica; a subPath that is missing is made)
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

from azdock.emulator import shares
from azdock.emulator.runtimes.base import Folder
from azdock.emulator.secretvalues import secret_values
from azdock.emulator.world import World

Document = dict[str, Any]
VOLUMES = "~volumes"  # the folder in a replica's scratch; no container has such a name
OPEN, READABLE, SECRET = 0o777, 0o755, 0o644


class VolumeError(Exception):
    """A volume that cannot be mounted; the text says why."""


class Volumes:
    """The volumes of one replica of `document` (a job or an app); what belongs to the replica alone is in `folder`."""

    def __init__(self, world: World, document: Document, template: Document, folder: Path) -> None:
        self._world, self._document, self._folder = world, document, folder
        self._known = {one["name"]: one for one in template.get("volumes") or ()}

    def folders(self, container: Document) -> tuple[Folder, ...]:
        """What a container of the template mounts, parents before what lies in them. Raises VolumeError."""
        mounts = sorted(container.get("volumeMounts") or (), key=lambda one: len(PurePosixPath(one["mountPath"]).parts))
        return tuple(self._mounted(one) for one in mounts)

    def _mounted(self, mount: Document) -> Folder:
        volume = self._known.get(mount["volumeName"])
        if volume is None:
            raise VolumeError(f"the template has no volume '{mount['volumeName']}'")
        source, read_only = self._source(volume)
        read_only = read_only or "ro" in str(volume.get("mountOptions") or "").split(",")
        below = str(mount.get("subPath") or "")
        return Folder(self._below(source, below, read_only) if below else source, mount["mountPath"], read_only)

    def _source(self, volume: Document) -> tuple[Path, bool]:
        kind, name = volume.get("storageType", "EmptyDir"), volume["name"]
        if kind == "EmptyDir":
            return self._own(name, OPEN), False
        if kind == "Secret":
            return self._secrets(volume), True
        try:
            return shares.resolve(self._world, self._document["properties"]["environmentId"], volume["storageName"])
        except shares.MountFailed as failed:
            raise VolumeError(f"volume '{name}': {failed}") from failed

    def _own(self, name: str, mode: int) -> Path:
        folder = self._folder / name
        if not folder.exists():
            folder.mkdir(parents=True)
            folder.chmod(mode)
        return folder

    def _secrets(self, volume: Document) -> Path:
        """The secrets that a volume lists as files; all of them when it lists none."""
        values = secret_values(self._document)
        listed = volume.get("secrets") or [{"secretRef": name} for name in values]
        folder = self._own(volume["name"], READABLE)
        for one in listed:
            file = self._inside(folder, str(one.get("path") or one["secretRef"]))
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(values.get(one["secretRef"], ""), encoding="utf-8")
            file.chmod(SECRET)
        return folder

    def _below(self, source: Path, path: str, read_only: bool) -> Path:
        folder = self._inside(source, path)
        if not folder.exists():  # a file is mounted as such
            if read_only:
                raise VolumeError(f"subPath '{path}' does not exist in a read-only volume")
            folder.mkdir(parents=True)
            folder.chmod(OPEN)
        return folder

    @staticmethod
    def _inside(source: Path, path: str) -> Path:
        """A path in a volume; neither dots nor links lead out of it. Raises VolumeError."""
        found = (source / path.lstrip("/")).resolve()
        if not found.is_relative_to(source.resolve()):
            raise VolumeError(f"path '{path}' leads out of its volume")
        return found
