"""Paths of a share on a real folder, walked so that none leads out of it.

Each folder on the way is opened by its name in the one before, never through a link: what a container has put into
the share, or puts there this very moment, cannot lead elsewhere.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from azdock.emulator.azurefiles import errors, properties
from azdock.emulator.azurefiles.properties import Kept

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# a pipe that a container has made must not hold anybody up
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
NOWHERE = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}
FORBIDDEN = frozenset('"\\:|<>*?') | frozenset(map(chr, range(32)))
LONGEST = 255


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or directory as it was found; `parent` is the id of the folder that holds it."""

    name: str
    status: os.stat_result
    kept: Kept
    parent: int

    @property
    def is_directory(self) -> bool:
        """Whether it is a directory; a link to one is not."""
        return stat.S_ISDIR(self.status.st_mode)


def check(parts: Sequence[str], nfs: bool = False) -> None:
    """Raise FilesError unless these are names that files may have."""
    for part in parts:
        if part in ("", ".", "..") or "/" in part or "\0" in part or len(part) > LONGEST:
            raise errors.bad_path()
        if not nfs and FORBIDDEN & set(part):
            raise errors.bad_path()


@contextmanager
def folder(root: Path, parts: Sequence[str]) -> Iterator[int]:
    """A descriptor of a folder of the share. Raises FilesError ParentNotFound."""
    current = os.open(root, FOLDER)
    try:
        for part in parts:
            try:
                deeper = os.open(part, FOLDER, dir_fd=current)
            except OSError as failure:
                if failure.errno in NOWHERE:
                    raise errors.no_parent() from failure
                raise
            os.close(current)
            current = deeper
        yield current
    finally:
        os.close(current)


def look(root: Path, parts: Sequence[str]) -> Entry:
    """A file or directory of the share; no parts are the share's own folder. Raises FilesError."""
    if not parts:
        with folder(root, ()) as top:
            return Entry("", os.fstat(top), properties.read(top), 0)
    with folder(root, parts[:-1]) as parent:
        return entry(parent, parts[-1])


def entry(parent: int, name: str, status: os.stat_result | None = None) -> Entry:
    """What has this name in an open folder. Raises FilesError ResourceNotFound."""
    try:
        status = status or os.stat(name, dir_fd=parent, follow_symlinks=False)
    except FileNotFoundError as missing:
        raise errors.not_found() from missing
    return Entry(name, status, _kept(parent, name, status), os.fstat(parent).st_ino)


def _kept(parent: int, name: str, status: os.stat_result) -> Kept:
    if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
        return Kept()
    try:
        opened = os.open(name, FILE, dir_fd=parent)
    except (PermissionError, FileNotFoundError):
        return Kept()  # a container's own file, or one that has just gone: nothing is kept of it
    try:
        return properties.read(opened)
    finally:
        os.close(opened)


def typed(found: Entry, directory: bool) -> Entry:
    """The same entry. Raises FilesError when it is of the other type."""
    if found.is_directory is not directory:
        raise errors.wrong_type()
    return found


def listing(
    root: Path, parts: Sequence[str], prefix: str, after: str, limit: int, detailed: bool
) -> tuple[list[Entry], str]:
    """At most `limit` entries of a folder, in the order of their names, of those that come after `after`; the name of
    the last one when there are more. What is kept is read only when `detailed`. Raises FilesError."""
    with folder(root, parts) as opened:
        own = os.fstat(opened).st_ino
        with os.scandir(opened) as found:
            names = sorted(one.name for one in found if one.name.startswith(prefix) and one.name > after)
        entries = []
        for name in names[:limit]:
            try:
                status = os.stat(name, dir_fd=opened, follow_symlinks=False)
            except FileNotFoundError:
                continue  # gone since the folder was read
            entries.append(Entry(name, status, _kept(opened, name, status) if detailed else Kept(), own))
        return entries, names[limit - 1] if len(names) > limit else ""
