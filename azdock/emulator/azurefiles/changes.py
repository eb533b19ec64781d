"""Changes of files and directories of a share on its real folder. Times are Unix nanoseconds."""

from __future__ import annotations

import ctypes
import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from azdock.emulator.azurefiles import disk, errors, properties
from azdock.emulator.azurefiles.disk import Entry
from azdock.emulator.azurefiles.properties import Asked, Kept
from azdock.emulator.shares import OPEN_TO_ALL

PUNCH_HOLE, KEEP_SIZE = 2, 1  # linux/falloc.h
AT_ONCE = 512  # buffers in one system call: IOV_MAX is 1024
ZEROS = bytes(1 << 20)
NO_FILE = {errno.ELOOP, errno.ENXIO}  # a link, or a pipe without a reader
IN_THE_WAY = NO_FILE | {errno.EACCES}  # a file of a container's user


def make_directory(root: Path, parts: Sequence[str], asked: Asked, now_ns: int) -> Entry:
    """Make a directory. Raises FilesError when there is something of this name."""
    with disk.folder(root, parts[:-1]) as parent:
        try:
            os.mkdir(parts[-1], dir_fd=parent)
        except FileExistsError as taken:
            raise errors.exists() from taken
        opened = os.open(parts[-1], disk.FOLDER, dir_fd=parent)
        try:
            os.fchmod(opened, OPEN_TO_ALL if asked.mode < 0 else asked.mode)
            _set(opened, asked, asked.kept(Kept(metadata=asked.metadata), now_ns))
        finally:
            os.close(opened)
        return disk.entry(parent, parts[-1])


def make_file(root: Path, parts: Sequence[str], size: int, data: Sequence[bytes], asked: Asked, now_ns: int) -> Entry:
    """Make a file of `size` bytes that begins with `data`, or make an old one anew. Raises FilesError."""
    with disk.folder(root, parts[:-1]) as parent:
        opened = _emptied(parent, parts[-1])
        try:
            if os.fstat(opened).st_uid == os.geteuid():  # a container's own file keeps the rights that it has
                os.fchmod(opened, OPEN_TO_ALL if asked.mode < 0 else asked.mode)
            os.ftruncate(opened, size)
            _write(opened, data, 0)
            _set(opened, asked, asked.kept(Kept(metadata=asked.metadata), now_ns))
        finally:
            os.close(opened)
        return disk.entry(parent, parts[-1])


def _emptied(parent: int, name: str) -> int:
    """A descriptor of an empty regular file of this name; what cannot be one makes way for it."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    for _ in range(2):
        try:
            opened = os.open(name, flags, 0o600, dir_fd=parent)
        except IsADirectoryError as folder:
            raise errors.wrong_type() from folder
        except OSError as failure:
            if failure.errno not in IN_THE_WAY:
                raise
        else:
            if stat.S_ISREG(os.fstat(opened).st_mode):
                return opened
            os.close(opened)
        os.unlink(name, dir_fd=parent)
    raise errors.wrong_type()


def put_range(root: Path, parts: Sequence[str], start: int, data: Sequence[bytes], preserve: bool) -> Entry:
    """Overwrite bytes of a file, which it must have; `preserve` keeps its time of writing. Raises FilesError."""
    with _for_writing(root, parts) as (opened, parent):
        status = os.fstat(opened)
        if start + sum(map(len, data)) > status.st_size:
            raise errors.bad_range()
        _write(opened, data, start)
        if preserve:
            os.utime(opened, ns=(status.st_atime_ns, status.st_mtime_ns))
        return disk.entry(parent, parts[-1])


def clear_range(root: Path, parts: Sequence[str], start: int, end: int, preserve: bool) -> Entry:
    """Make bytes of a file zero, up to but not including `end`, and give their room back. Raises FilesError."""
    with _for_writing(root, parts) as (opened, parent):
        status = os.fstat(opened)
        if end > status.st_size:
            raise errors.bad_range()
        if not _punched(opened, start, end - start):
            for at in range(start, end, len(ZEROS)):
                os.pwrite(opened, ZEROS[: min(len(ZEROS), end - at)], at)
        if preserve:
            os.utime(opened, ns=(status.st_atime_ns, status.st_mtime_ns))
        return disk.entry(parent, parts[-1])


def _punched(opened: int, start: int, length: int) -> bool:
    """Whether the file system made a hole; not every one can."""
    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, "fallocate"):
        return False
    arguments = (
        ctypes.c_int(opened),
        ctypes.c_int(PUNCH_HOLE | KEEP_SIZE),
        ctypes.c_int64(start),
        ctypes.c_int64(length),
    )
    return bool(library.fallocate(*arguments) == 0)


def resize(root: Path, parts: Sequence[str], size: int) -> None:
    """Cut a file off, or lengthen it by zeros. Raises FilesError."""
    with _for_writing(root, parts) as (opened, _):
        os.ftruncate(opened, size)


def set_properties(root: Path, parts: Sequence[str], asked: Asked, now_ns: int, directory: bool) -> Entry:
    """Replace the properties of a file or directory, metadata aside. Raises FilesError."""
    with _opened(root, parts, directory) as (opened, _):
        kept = asked.kept(properties.read(opened), now_ns)
        if asked.mode >= 0:
            os.fchmod(opened, asked.mode)
        _set(opened, asked, kept)
    return disk.look(root, parts)


def set_metadata(root: Path, parts: Sequence[str], metadata: dict[str, str], directory: bool) -> Entry:
    """Replace the metadata of a file or directory. Raises FilesError."""
    with _opened(root, parts, directory) as (opened, _):
        properties.write(opened, replace(properties.read(opened), metadata=metadata))
    return disk.look(root, parts)


def remove(root: Path, parts: Sequence[str], directory: bool) -> None:
    """Remove a file, a link, or an empty directory. Raises FilesError."""
    with disk.folder(root, parts[:-1]) as parent:
        disk.typed(disk.entry(parent, parts[-1]), directory)
        if directory:
            os.rmdir(parts[-1], dir_fd=parent)
        else:
            os.unlink(parts[-1], dir_fd=parent)


def rename(root: Path, old: Sequence[str], new: Sequence[str], directory: bool, overwrite: bool) -> Entry:
    """Move a file or directory within the share; only a file is moved over another one. Raises FilesError."""
    with disk.folder(root, old[:-1]) as source, disk.folder(root, new[:-1]) as target:
        disk.typed(disk.entry(source, old[-1]), directory)
        try:
            there = disk.entry(target, new[-1])
        except errors.FilesError:
            there = None
        if there is not None and (not overwrite or directory or there.is_directory):
            raise errors.exists()
        os.rename(old[-1], new[-1], src_dir_fd=source, dst_dir_fd=target)
        return disk.entry(target, new[-1])


@contextmanager
def _for_writing(root: Path, parts: Sequence[str]) -> Iterator[tuple[int, int]]:
    with disk.folder(root, parts[:-1]) as parent:
        disk.typed(disk.entry(parent, parts[-1]), directory=False)
        try:
            opened = os.open(parts[-1], os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=parent)
        except OSError as failure:
            if failure.errno in NO_FILE:
                raise errors.wrong_type() from failure
            raise
        try:
            if not stat.S_ISREG(os.fstat(opened).st_mode):
                raise errors.wrong_type()
            yield opened, parent
        finally:
            os.close(opened)


@contextmanager
def _opened(root: Path, parts: Sequence[str], directory: bool) -> Iterator[tuple[int, int]]:
    if not parts:
        with disk.folder(root, ()) as top:
            yield top, top
        return
    if not directory:
        with _for_writing(root, parts) as found:
            yield found
        return
    with disk.folder(root, parts[:-1]) as parent:
        disk.typed(disk.entry(parent, parts[-1]), directory)
        opened = os.open(parts[-1], disk.FOLDER, dir_fd=parent)
        try:
            yield opened, parent
        finally:
            os.close(opened)


def _set(opened: int, asked: Asked, kept: Kept) -> None:
    properties.write(opened, kept)
    if asked.owner >= 0 or asked.group >= 0:
        os.fchown(opened, asked.owner, asked.group)
    if asked.written is not None:
        os.utime(opened, ns=(asked.written, asked.written))


def _write(opened: int, data: Sequence[bytes], start: int) -> None:
    for first in range(0, len(data), AT_ONCE):
        left = [memoryview(one) for one in data[first : first + AT_ONCE]]
        while left:
            done = os.pwritev(opened, left, start)
            start += done
            while left and done >= len(left[0]):
                done -= len(left.pop(0))
            if left:
                left[0] = left[0][done:]
