"""Pure translation: a container's mounts to the volumes of a template and the volumeMounts of its container.

SOURCE: azure-rest-api-specs, Microsoft.App/ContainerApps stable/2026-07-01 (Volume, VolumeMount).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from azdock.backends.volume_names import storage_name
from azdock.docker.mounts import MOUNT_OPTIONS, NFS, Mount

Json = dict[str, Any]


def template_volumes(mounts: Sequence[Mount]) -> tuple[list[Json], list[Json]]:
    """The `volumes` of a template and the `volumeMounts` of its container; both empty without mounts.

    Mounts are of type volume, with the volume's driver and mount options written into their own by whoever made the
    volume, or tmpfs. Two mounts of one storage with equal options share a volume.
    """
    volumes: list[Json] = []
    places: list[Json] = []
    for mount in mounts:
        wanted = _volume(mount)
        same = [one for one in volumes if {**one, "name": ""} == {**wanted, "name": ""} and mount.type == "volume"]
        if not same:
            wanted["name"] = f"volume-{len(volumes)}"
            volumes.append(wanted)
        place = {"volumeName": (same or [wanted])[0]["name"], "mountPath": mount.target}
        if within := mount.options.get("volume-subpath"):
            place["subPath"] = within
        places.append(place)
    return volumes, places


def _volume(mount: Mount) -> Json:
    if mount.type == "tmpfs":
        return {"name": "", "storageType": "EmptyDir"}
    nfs = mount.options.get("volume-driver") == NFS
    found: Json = {
        "name": "",
        "storageType": "NfsAzureFile" if nfs else "AzureFile",
        "storageName": storage_name(mount.source, mount.read_only),
    }
    if options := mount.options.get(MOUNT_OPTIONS):
        found["mountOptions"] = options
    return found
