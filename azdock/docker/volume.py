"""Volumes in Docker's words: what one is, which names are legal, and what its driver options mean.

SOURCE: moby, volume/local/local.go (names), daemon/volumes.go and api/types/volume (the label of anonymous volumes).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from azdock.docker.mounts import NFS
from azdock.docker.spec import EMPTY
from azdock.docker.units import parse_memory
from azdock.docker.values import BadValue

LOCAL = "local"  # docker's name for the driver of ordinary volumes
DRIVERS = (LOCAL, NFS)
ANONYMOUS = "com.docker.volume.anonymous"  # label
SNAPSHOT = "azdock.snapshot"  # label: the local path whose content was uploaded
GIBIBYTE = 1 << 30

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
_MOUNT_OPTION = re.compile(r"[a-z][a-z0-9_]*(=[a-zA-Z0-9_./:+-]+)?")
_SECRET = ("user", "username", "password", "pass", "credentials", "cred", "domain")
_SMB = ("", "none", "cifs", "smb", "smb3")


@dataclass(frozen=True, slots=True)
class Volume:
    """A volume; `created` is an aware datetime in UTC, `mountpoint` the URL of its share."""

    name: str
    created: datetime
    driver: str = LOCAL
    labels: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    options: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    mountpoint: str = ""

    @property
    def anonymous(self) -> bool:
        """Whether it was made without a name, for one container."""
        return ANONYMOUS in self.labels


@dataclass(frozen=True, slots=True)
class Options:
    """What driver options ask for: mount options as Azure takes them, and the most a share may hold in GiB (0: any)."""

    mount: str = ""
    size: int = 0


def check_name(name: str) -> None:
    """Raises BadValue in docker's words for a name that no volume can have."""
    if len(name) == 1:
        raise BadValue("volume name is too short, names should be at least two alphanumeric characters")
    if not _NAME.fullmatch(name):
        raise BadValue(
            f'"{name}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are '
            "allowed. If you intended to pass a host directory, use absolute path"
        )


def driver_of(driver: str, options: Mapping[str, str]) -> str:
    """The driver that a name ("" is docker's own) and options mean. Raises BadValue for an unknown one."""
    name = driver or LOCAL
    if name not in DRIVERS:
        raise BadValue(f'error looking up volume plugin {name}: plugin "{name}" not found')
    return NFS if options.get("type", "").startswith(NFS) else name


def parse_options(options: Mapping[str, str], driver: str) -> Options:
    """Driver options: those of docker's local driver (type, o, device), `size`, and mount options as they are.

    Raises BadValue for what an Azure Files share cannot be.
    """
    kind = options.get("type", "")
    if driver != NFS and kind not in _SMB:
        raise BadValue(f"type={kind}: a volume on Azure is a file share: smb, or nfs")
    if options.get("device", "") not in ("", "none"):
        raise BadValue(f"device={options['device']}: a volume on Azure is a share of its own storage account")
    # `-o nobrl,uid=1000` is the key "nobrl,uid" for docker
    asked = [options.get("o", "")]
    asked += [f"{key}={value}" if value else key for key, value in options.items() if key not in _OWN]
    mount = ",".join(one for one in asked if one)
    for one in mount.split(",") if mount else ():
        _check_option(one)
    return Options(mount, _gibibytes(options["size"]) if options.get("size") else 0)


_OWN = frozenset({"type", "device", "o", "size"})


def _check_option(text: str) -> None:
    if text.partition("=")[0] in _SECRET:
        raise BadValue(f"{text.partition('=')[0]}: Azure mounts a share with the key of its storage account")
    if not _MOUNT_OPTION.fullmatch(text):
        raise BadValue(f'invalid mount option: "{text}"')


def _gibibytes(text: str) -> int:
    size = parse_memory(text)
    if size <= 0:
        raise BadValue(f"invalid size: '{text}'")
    return -(-size // GIBIBYTE)
