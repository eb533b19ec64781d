"""What docker's engine and Azure refuse of mounts, before anything is made.

SOURCE: moby, volume/mounts/linux_parser.go and validate.go, for docker's words.
"""

from __future__ import annotations

import posixpath
import stat
from collections.abc import Sequence
from pathlib import Path

from azdock.docker.mounts import BIND, Mount, check_tmpfs
from azdock.docker.values import BadValue
from azdock.docker.volume import check_name, driver_of, parse_options
from azdock.errors import DaemonError, Unsupported

_OF_THE_MACHINE = ("/proc", "/sys", "/dev", "/run", "/var/run")
_ENGINE = "docker.sock"
NAMED = "name a volume (-v NAME:/path), or put the files into the image"


def check(mounts: Sequence[Mount]) -> None:
    """Raises DaemonError in docker's words for a mount that no engine takes, Unsupported for one that Azure cannot
    have."""
    for mount in mounts:
        _check_target(mount)
        if mount.type == "bind":
            _check_bind(mount)
        elif mount.type == "volume":
            _check_volume(mount)
        elif mount.type == "tmpfs":
            _check_tmpfs(mount)
        elif mount.type == "image":
            raise Unsupported("--mount type=image: Azure mounts no images", hint="put the files into the image")
        else:
            raise _invalid(mount, "mount type unknown")
    _check_twice(mounts)


def flag(mount: Mount) -> str:
    """The flag that a mount was asked for with."""
    if BIND not in mount.options:
        return "mount"
    return "tmpfs" if mount.type == "tmpfs" else "volume"


def options_of(mount: Mount) -> dict[str, str]:
    """Driver options of a mount: each of its volume-opt is KEY=VALUE."""
    lines = mount.options.get("volume-opt", "")
    return {key: value for key, _, value in (one.partition("=") for one in lines.split("\n") if one)}


def _check_target(mount: Mount) -> None:
    if not mount.target.startswith("/"):
        raise _invalid(mount, f"invalid mount path: '{mount.target}' mount path must be absolute")
    if posixpath.normpath(mount.target) == "/":
        raise _invalid(mount, "invalid specification: destination can't be '/'")


def _check_volume(mount: Mount) -> None:
    driver, options = mount.options.get("volume-driver", ""), options_of(mount)
    try:
        if mount.source:
            check_name(mount.source)
        parse_options(options, driver_of(driver, options))
    except BadValue as bad:
        raise DaemonError(f"create {mount.source}: {bad}" if mount.source else str(bad)) from bad


def _check_tmpfs(mount: Mount) -> None:
    try:
        check_tmpfs(mount.options.get(BIND, ""))
    except BadValue as bad:
        raise DaemonError(str(bad)) from bad
    if mount.source:
        raise _invalid(mount, "field Source must not be specified")
    if mount.read_only:
        raise Unsupported(f"--{flag(mount)} {mount.target}: Azure has no read-only EmptyDir", hint="leave out ro")


def _check_bind(mount: Mount) -> None:
    source = mount.source
    if not source:
        raise _invalid(mount, "field Source must not be empty")
    if not source.startswith("/"):
        if BIND in mount.options:
            raise DaemonError(f"create {source}: {_bad_name(source)}")
        raise _invalid(mount, f"invalid mount path: '{source}' mount path must be absolute")
    found = posixpath.normpath(source)
    if posixpath.basename(found) == _ENGINE:
        raise _refusal(mount, "there is no engine on Azure whose socket a container could have", "use Azure's SDK")
    if found == "/" or any(found == one or found.startswith(f"{one}/") for one in _OF_THE_MACHINE):
        raise _refusal(mount, "it belongs to this machine, and the container runs on another", NAMED)
    _check_source(mount, source)


def _check_source(mount: Mount, source: str) -> None:
    try:
        kind = Path(source).stat().st_mode
    except OSError as missing:
        if BIND not in mount.options:
            raise _invalid(mount, f"bind source path does not exist: {source}") from missing
        why = (missing.strerror or "cannot be read").lower()
        raise _refusal(mount, f"its content is uploaded, and there is none: {why}", NAMED) from missing
    if not (stat.S_ISDIR(kind) or stat.S_ISREG(kind)):
        raise _refusal(mount, "it is neither a file nor a folder, and only those can be uploaded", NAMED)


def _check_twice(mounts: Sequence[Mount]) -> None:
    seen = set()
    for mount in mounts:
        place = posixpath.normpath(mount.target)
        if place in seen:
            raise DaemonError(f"Duplicate mount point: {place}")
        seen.add(place)


def _bad_name(source: str) -> str:
    try:
        check_name(source)
    except BadValue as bad:
        return str(bad)
    return f'"{source}" is no absolute path'


def _invalid(mount: Mount, why: str) -> DaemonError:
    if flag(mount) == "tmpfs":
        return DaemonError(why)
    text = f'invalid mount config for type "{mount.type}": {why}'
    if flag(mount) == "volume":
        return DaemonError(f"invalid volume specification: '{mount.options[BIND]}': {text}")
    return DaemonError(text)


def _refusal(mount: Mount, why: str, instead: str) -> Unsupported:
    return Unsupported(f"--{flag(mount)} {mount.source}: {why}", hint=instead)
