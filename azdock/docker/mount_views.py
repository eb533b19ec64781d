"""A container's mounts as docker shows them: in inspect, and in ps.

SOURCE: moby, container/container_unix.go and api/types/container/container.go (MountPoint), api/types/mount.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from azdock.docker.mounts import ANONYMOUS, BIND, SNAPSHOT_OF, Mount
from azdock.docker.record import ContainerRecord

Json = dict[str, Any]


def mounts(record: ContainerRecord) -> list[Json]:
    """Mounts of inspect. A snapshot is shown as the bind mount that was asked for; --tmpfs has a place of its own."""
    return [_point(one) for one in record.spec.mounts if not (one.type == "tmpfs" and BIND in one.options)]


def host_config(record: ContainerRecord) -> Json:
    """The parts of HostConfig about mounts, apart from those that docker leaves out when they are empty."""
    given = record.spec.mounts
    binds = [one.options[BIND] for one in given if BIND in one.options and one.type != "tmpfs" and not _is_bare(one)]
    requests = [_request(one) for one in given if BIND not in one.options and not _of_image(record, one)]
    tmpfs = [one.options[BIND].partition(":") for one in given if BIND in one.options and one.type == "tmpfs"]
    found: Json = {"Binds": binds or None}
    if requests:
        found["Mounts"] = requests
    if tmpfs:
        found["Tmpfs"] = {target: options for target, _, options in tmpfs}
    return found


def config_volumes(record: ContainerRecord) -> Json | None:
    """Config.Volumes: the paths of anonymous volumes, those of the image included."""
    bare = [one.target for one in record.spec.mounts if _is_bare(one)]
    return {path: {} for path in sorted({*bare, *record.image.volumes})} or None


def sources(record: ContainerRecord) -> list[str]:
    """What is mounted, as ps shows it: names of volumes, paths of local folders."""
    return [_source(one) for one in record.spec.mounts if one.type != "tmpfs"]


def local_volumes(record: ContainerRecord) -> int:
    """How many of the mounts are docker's local volumes."""
    driver = "volume-driver"
    return sum(_kind(one) == "volume" and one.options.get(driver, "local") == "local" for one in record.spec.mounts)


def has_volume(record: ContainerRecord, value: str) -> bool:
    """Whether something of this name, path or mount point is mounted."""
    return any(value in (_source(one), one.target) for one in record.spec.mounts)


def _point(mount: Mount) -> Json:
    kind = _kind(mount)
    found: Json = {"Type": kind}
    if kind == "volume":
        found["Name"] = mount.source
    found["Source"] = mount.options.get(SNAPSHOT_OF, "")
    found["Destination"] = mount.target
    if kind == "volume":
        found["Driver"] = mount.options.get("volume-driver", "local")
    return found | {
        "Mode": _mode(mount),
        "RW": not mount.read_only,
        "Propagation": "rprivate" if kind == "bind" else "",
    }


def _mode(mount: Mount) -> str:
    sections: Sequence[str] = mount.options.get(BIND, "").split(":")
    if len(sections) > 2:
        return sections[-1]
    return "z" if _kind(mount) == "volume" and ANONYMOUS not in mount.options else ""


def _request(mount: Mount) -> Json:
    kind = _kind(mount)
    source = "" if kind == "volume" and ANONYMOUS in mount.options else _source(mount)
    found: Json = {"Type": kind} | ({"Source": source} if source else {}) | {"Target": mount.target}
    return found | ({"ReadOnly": True} if mount.read_only else {})


def _kind(mount: Mount) -> str:
    return "bind" if SNAPSHOT_OF in mount.options else mount.type


def _source(mount: Mount) -> str:
    return mount.options.get(SNAPSHOT_OF) or mount.source


def _is_bare(mount: Mount) -> bool:
    """Whether only a path was given, as in `-v /data`."""
    return mount.options.get(BIND) == mount.target


def _of_image(record: ContainerRecord, mount: Mount) -> bool:
    """Whether nobody asked for it but the image."""
    return ANONYMOUS in mount.options and SNAPSHOT_OF not in mount.options and mount.target in record.image.volumes
