"""The mounts that flags of run and create ask for: -v, --mount, --tmpfs, --volume-driver."""

from __future__ import annotations

import posixpath
from dataclasses import replace
from pathlib import Path

from azdock.commands.flags import CreateFlags
from azdock.docker import mounts
from azdock.docker.mounts import BIND, Mount


def mounts_of(flags: CreateFlags) -> tuple[Mount, ...]:
    """Every mount, local paths that begin with a dot made absolute as docker's client does. Raises BadValue."""
    found = [_volume(text, flags.volume_driver) for text in flags.volume]
    found += [_absolute(one) for one in flags.mount]
    return (*found, *(mounts.parse_tmpfs(text) for text in flags.tmpfs))


def _volume(text: str, driver: str) -> Mount:
    mount = _absolute(mounts.parse_volume(text))
    if driver and mount.type == "volume":
        mount = replace(mount, options={**mount.options, "volume-driver": driver})
    return mount


def _absolute(mount: Mount) -> Mount:
    if mount.type != "bind" or not mount.source.startswith("."):
        return mount
    source = posixpath.normpath(posixpath.join(str(Path.cwd()), mount.source))
    options = dict(mount.options)
    if BIND in options:
        options[BIND] = source + options[BIND].removeprefix(mount.source)
    return replace(mount, source=source, options=options)
