"""Mounts as volumes of a template."""

from __future__ import annotations

from azdock.backends.volume_map import template_volumes
from azdock.backends.volume_names import storage_name
from azdock.docker.mounts import MOUNT_OPTIONS, Mount


def test_nothing() -> None:
    """Without mounts there is nothing to say."""
    assert template_volumes(()) == ([], [])


def test_every_kind() -> None:
    """A share, read-only, over NFS, with options and a part of it, and an empty folder."""
    volumes, places = template_volumes(
        (
            Mount(source="a", target="/a"),
            Mount(source="a", target="/r", read_only=True),
            Mount(source="n", target="/n", options={"volume-driver": "nfs", MOUNT_OPTIONS: "nconnect=4"}),
            Mount(source="s", target="/s", options={"volume-subpath": "x/y"}),
            Mount("tmpfs", "", "/t"),
        )
    )
    assert volumes == [
        {"name": "volume-0", "storageType": "AzureFile", "storageName": storage_name("a", False)},
        {"name": "volume-1", "storageType": "AzureFile", "storageName": storage_name("a", True)},
        {
            "name": "volume-2",
            "storageType": "NfsAzureFile",
            "storageName": storage_name("n", False),
            "mountOptions": "nconnect=4",
        },
        {"name": "volume-3", "storageType": "AzureFile", "storageName": storage_name("s", False)},
        {"name": "volume-4", "storageType": "EmptyDir"},
    ]
    assert [one["mountPath"] for one in places] == ["/a", "/r", "/n", "/s", "/t"]
    assert [one["volumeName"] for one in places] == [one["name"] for one in volumes]
    assert places[3]["subPath"] == "x/y"


def test_shared() -> None:
    """One volume that is mounted twice is one in the template; two empty folders are two."""
    twice = template_volumes((Mount(source="a", target="/a"), Mount(source="a", target="/b")))
    assert (len(twice[0]), [one["volumeName"] for one in twice[1]]) == (1, ["volume-0", "volume-0"])
    assert len(template_volumes((Mount("tmpfs", "", "/a"), Mount("tmpfs", "", "/b")))[0]) == 2
