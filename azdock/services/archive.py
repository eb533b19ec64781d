"""The local side of a copy: what is at a path, tar archives of it, and unpacking them where nothing can escape."""

from __future__ import annotations

import copy
import os
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from azdock.docker import paths
from azdock.docker.paths import Entry
from azdock.errors import AzdockError

END = 2 * tarfile.BLOCKSIZE  # of an archive; what pads it further is not counted, as docker's archives have none
LINKS = 10  # of a target, one behind the other, that are followed


class Sink(Protocol):
    """What takes an archive's bytes."""

    def write(self, data: bytes, /) -> int:
        """Take some."""


class Source:
    """An archive's bytes, piece by piece, as something that tarfile can read from."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._waiting = bytearray()

    def read(self, size: int) -> bytes:
        """`size` bytes, fewer only at the end."""
        while len(self._waiting) < size and (piece := next(self._pieces, None)) is not None:
            self._waiting += piece
        found = bytes(self._waiting[:size])
        del self._waiting[:size]
        return found


def source(path: str, follow: bool) -> Entry:
    """What is copied from an absolute local path, links before its last part resolved. Raises AzdockError."""
    folder, name = path.rpartition("/")[::2]
    try:
        if follow:
            found, rename = paths.followed(path, os.path.realpath(path, strict=True))
        else:
            found = f"{os.path.realpath(folder or '/', strict=True).rstrip('/')}/{name}"
            own = paths.parent_and_name(path)[1]
            rename = own if path.endswith("/") and own != paths.parent_and_name(found)[1] else ""
        kind = os.lstat(found)
    except NotADirectoryError as wrong:
        raise AzdockError("not a directory") from wrong
    except OSError as wrong:
        raise AzdockError(f"lstat {wrong.filename}: {(wrong.strerror or '').lower()}") from wrong
    return Entry(found, folder=stat.S_ISDIR(kind.st_mode), rename=rename)


def target(path: str) -> Entry:
    """What is at an absolute local path that is copied to; links are followed. Raises AzdockError."""
    place = path
    for _ in range(LINKS + 1):
        if not Path(place).is_symlink():
            break
        place = paths.link_target(place, str(Path(place).readlink()))
    else:
        raise AzdockError(f"too many symlinks in {path}")
    if os.path.lexists(place):
        return Entry(place, folder=Path(place).is_dir())
    parent = Path(paths.parent_and_name(place)[0])
    if not parent.exists():
        raise AzdockError(f"lstat {parent}: no such file or directory")
    if not parent.is_dir():
        raise AzdockError("not a directory")
    return Entry(place, exists=False)


def check_output(path: str) -> None:
    """Raise AzdockError in docker's words for an absolute path that cannot be written to."""
    folder = Path(paths.clean(path)).parent
    if not folder.exists():
        raise AzdockError(f'invalid output path: directory "{folder}" does not exist')
    try:
        kind = Path(path).stat().st_mode
    except FileNotFoundError:
        return
    except OSError as wrong:
        raise AzdockError(f"stat {path}: {(wrong.strerror or '').lower()}") from wrong
    if stat.S_ISCHR(kind) or stat.S_ISBLK(kind):
        raise AzdockError(f'invalid output path: "{path}" must be a directory or a regular file: got a device')


def pack(entry: Entry, name: str, sink: Sink) -> int:
    """Write the archive of a local entry, its top called `name`; the bytes that docker would count.

    Links stay links, owners are numbers. Raises AzdockError when a file cannot be read or shrinks meanwhile.
    """
    found = entry.path
    try:
        with tarfile.open(fileobj=sink, mode="w|", format=tarfile.GNU_FORMAT, bufsize=1 << 18) as archive:  # type: ignore[call-overload]
            archive.add(found, arcname=name, filter=_nameless)
            return int(archive.offset) + END
    except OSError as wrong:
        where = wrong.filename or found
        raise AzdockError(f"{where}: {(wrong.strerror or str(wrong)).lower()}") from wrong


def _nameless(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Names of users mean somebody else in a container."""
    member.uname = member.gname = ""
    return member


def unpack(pieces: Iterator[bytes], folder: str, old: str, new: str, *, owners: bool = False) -> int:
    """Unpack an archive whose top entry is `old` ("." for a folder's contents) as `new` in a local folder.

    Returns the bytes that docker would count. Raises AzdockError in docker's words for entries that do not fit.
    """
    unpacking = _Unpacking(folder, owners)
    try:
        with tarfile.open(fileobj=Source(pieces), mode="r|") as archive:  # type: ignore[call-overload]
            # take() has looked at the entry. An argument would say so more clearly, but Python 3.11.2 knows none.
            archive.extraction_filter = _as_it_is
            if new != "." and old == ".":
                Path(folder, new).mkdir(exist_ok=True)  # the archive need not have an entry for it
            for member in archive:
                member.name = _renamed(member.name, old, new)
                if member.islnk():
                    member.linkname = _renamed(member.linkname, old, new)
                unpacking.take(archive, member)
            unpacking.finish()
            return int(archive.offset) + END
    except tarfile.TarError as broken:
        raise AzdockError(f"the archive from the container cannot be read: {broken}") from broken


def _as_it_is(member: tarfile.TarInfo, _path: str) -> tarfile.TarInfo:
    return member


def _renamed(name: str, old: str, new: str) -> str:
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if old != "." and parts[:1] == [old]:
        parts = parts[1:]
    elif old != ".":
        raise AzdockError(f'the archive from the container holds "{name}", which was not asked for')
    return "/".join([new, *parts])


class _Unpacking:
    """Writes entries below one folder. A link made on the way is never followed out of it."""

    def __init__(self, folder: str, owners: bool) -> None:
        self._folder, self._owners = folder.rstrip("/") or "/", owners
        self._real = os.path.realpath(folder)
        self._folders: list[tarfile.TarInfo] = []

    def take(self, archive: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        """Write one entry."""
        place = self._place(member)
        folder = place.is_dir() and not place.is_symlink()
        exists = os.path.lexists(place)
        if folder and not member.isdir():
            raise AzdockError(f'cannot overwrite directory "{place}" with non-directory "{self._folder}"')
        if exists and not folder and member.isdir():
            raise AzdockError(f'cannot overwrite non-directory "{place}" with directory "{self._folder}"')
        if member.isdir():
            place.mkdir(parents=True, exist_ok=True)
            self._folders.append(member)
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        archive.extract(self._owned(member), self._folder, numeric_owner=True)

    def finish(self) -> None:
        """Give folders their owners, modes and times, the deepest first: writing into them is over."""
        for member in reversed(self._folders):
            place = Path(self._folder, member.name)
            if self._owners and os.geteuid() == 0:  # nobody else may give files away
                os.chown(place, member.uid, member.gid)
            place.chmod(member.mode)
            os.utime(place, (member.mtime, member.mtime))

    def _owned(self, member: tarfile.TarInfo) -> tarfile.TarInfo:
        """Modes and times stay; owners only when asked for."""
        owned = copy.copy(member)
        if not self._owners:
            owned.uid, owned.gid = os.geteuid(), os.getegid()
        return owned

    def _place(self, member: tarfile.TarInfo) -> Path:
        """Where an entry goes. Raises AzdockError when that is outside the folder, or a link leads there."""
        place = paths.clean(f"{self._folder}/{member.name}")
        real = os.path.realpath(place.rpartition("/")[0] or "/") if place != self._folder else self._real
        if not _within(place, self._folder) or not _within(real, self._real):
            raise AzdockError(f'"{member.name}" is outside of "{self._folder}"')
        # docker takes an absolute link to begin at the folder, too
        leads = paths.clean(f"{place.rpartition('/')[0] if member.issym() else self._folder}/{member.linkname}")
        if (member.issym() or member.islnk()) and not _within(leads, self._folder):
            raise AzdockError(f'invalid {"symlink" if member.issym() else "hardlink"} "{place}" -> "{member.linkname}"')
        return Path(place)


def _within(place: str, folder: str) -> bool:
    return place == folder or place.startswith(folder.rstrip("/") + "/")
