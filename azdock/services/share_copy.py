"""The far side of a copy that lies on a volume: its share is read and written directly, whether the container runs or
not.

A share keeps no modes, owners or links: folders come out as 0755 and files as 0644, links that go in are left out.
"""

from __future__ import annotations

import posixpath
import tarfile
import tempfile
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from io import BytesIO
from itertools import chain
from typing import BinaryIO, cast

from azdock.backends.base import VolumeFiles, VolumeItem
from azdock.docker.mounts import NFS, Mount
from azdock.docker.record import ContainerRecord
from azdock.errors import AzdockError, DaemonError
from azdock.services.copy import Found
from azdock.services.volumes import Volumes

PARALLEL = 8
SMALL = 4 << 20  # bytes: files of this size are read ahead and written several at once
FOLDER_MODE, FILE_MODE = 0o755, 0o644
_SECOND = 1_000_000_000  # nanoseconds


class Shares:
    """Finds the volume that a path in a container lies on."""

    def __init__(self, find: Callable[[str], ContainerRecord], volumes: Callable[[], Volumes]) -> None:
        """`find` gives a container, running or not; `volumes` is asked for only when a path lies on one."""
        self._find, self._volumes = find, volumes

    def at(self, name: str, path: str) -> tuple[VolumeFiles, Mount] | None:
        """The files and the mount at an absolute path of container `name`; None where only the container itself can be
        asked. Raises NotFound for the container."""
        mount = mount_at(self._find(name), path)
        if mount is None:
            return None
        volumes = self._volumes()
        return volumes.files(volumes.get(mount.source)), mount


def mount_at(record: ContainerRecord, path: str) -> Mount | None:
    """The mount whose share holds everything at a path: no other mount lies on it or below it."""
    place = posixpath.normpath(path)
    over = [one for one in record.spec.mounts if _within(place, _target(one))]
    if not over or any(_within(_target(one), place) and _target(one) != place for one in record.spec.mounts):
        return None
    nearest = max(over, key=lambda one: len(_target(one)))
    usable = nearest.type == "volume" and nearest.options.get("volume-driver") != NFS
    return nearest if usable else None


class SharePlace:
    """A mounted share, addressed with the container's paths. `carried` counts bytes of archives."""

    def __init__(self, files: VolumeFiles, mount: Mount, show: Callable[[int], None]) -> None:
        self._files, self._mount, self._show = files, mount, show
        self.carried = 0
        self.warnings: list[str] = []

    def stat(self, *wanted: str) -> list[Found]:
        """What is at paths: folder, file or none. What lies above the mount is a folder."""
        return [Found(self._kind(posixpath.normpath(f"/{path.lstrip('/')}"))) for path in wanted]

    def pieces(self, folder: str, top: str) -> Generator[bytes, None, None]:
        """The archive of `top` in a folder."""
        path = self._inner(posixpath.normpath(posixpath.join(folder, top)))
        found = self._files.stat(path)
        if found is None:
            raise AzdockError(f"{posixpath.join(folder, top)}: it is gone")
        below = self._files.walk(path) if found.folder else iter(())
        for piece in archive(self._files, found, below, top):
            yield self._count(piece)

    def sink(self, folder: str, owners: bool) -> ShareSink:  # noqa: ARG002 (a share keeps none)
        """What unpacks an archive in a folder. Raises DaemonError for a read-only mount."""
        if self._mount.read_only:
            raise DaemonError("mounted volume is marked read-only")
        return ShareSink(self._files, self._inner(posixpath.normpath(folder)), self._count, self.warnings)

    def close(self) -> None:
        """Drop the connections."""
        self._files.close()

    def _kind(self, path: str) -> str:
        if not _within(path, _target(self._mount)):
            return "folder" if _within(_target(self._mount), path) else "none"
        found = self._files.stat(self._inner(path))
        return "none" if found is None else "folder" if found.folder else "file"

    def _inner(self, path: str) -> str:
        """A path of the container as one of the share."""
        rest = path.removeprefix(_target(self._mount)).strip("/")
        return posixpath.join(self._mount.options.get("volume-subpath", "").strip("/"), rest).rstrip("/")

    def _count(self, data: bytes) -> bytes:
        self.carried += len(data)
        self._show(self.carried)
        return data


class ShareSink:
    """A file to write an archive to; finish() unpacks it into a share."""

    def __init__(self, files: VolumeFiles, folder: str, count: Callable[[bytes], bytes], warnings: list[str]) -> None:
        self._files, self._folder, self._count, self._warnings = files, folder, count, warnings
        self._archive = tempfile.SpooledTemporaryFile(max_size=64 << 20)  # noqa: SIM115 (closed by finish)
        self._made: set[str] = set()

    def write(self, data: bytes) -> int:
        """Take more of the archive."""
        return self._archive.write(self._count(data))

    def finish(self) -> None:
        """Unpack; nothing at all is no archive, and no mistake for docker either."""
        with self._archive as file:
            if not file.tell():
                return
            file.seek(0)
            try:
                with tarfile.open(fileobj=cast(BinaryIO, file)) as found, ThreadPoolExecutor(PARALLEL) as pool:
                    self._unpack(found, pool)
            except tarfile.TarError as broken:
                raise AzdockError(f"the archive cannot be read: {broken}") from broken

    def _unpack(self, found: tarfile.TarFile, pool: ThreadPoolExecutor) -> None:
        under_way: deque[Future[None]] = deque()
        left_out = 0
        for member in found:
            path = self._path(member.name)
            if member.isdir():
                self._make(path)
            elif member.isreg():
                self._make(posixpath.dirname(path))
                self._write(found, member, path, pool, under_way)
            else:
                left_out += 1
        for one in under_way:
            one.result()
        if left_out:
            self._warnings.append(f"Azure Files holds no links and no special files: {left_out} left out")

    def _write(
        self,
        found: tarfile.TarFile,
        member: tarfile.TarInfo,
        path: str,
        pool: ThreadPoolExecutor,
        under_way: deque[Future[None]],
    ) -> None:
        source, modified = found.extractfile(member), int(member.mtime * _SECOND)
        assert source is not None
        if member.size > SMALL:
            self._files.write(path, cast(BinaryIO, source), member.size, modified)
            return
        if len(under_way) >= 2 * PARALLEL:
            under_way.popleft().result()
        data = BytesIO(source.read())
        under_way.append(pool.submit(self._files.write, path, data, member.size, modified))

    def _path(self, name: str) -> str:
        parts = [part for part in name.split("/") if part not in ("", ".")]
        if ".." in parts:
            raise AzdockError(f'"{name}" is outside of the volume')
        return "/".join(([self._folder] if self._folder else []) + parts)

    def _make(self, path: str) -> None:
        """Make a folder and those above it; the one that is unpacked into is there."""
        if path in ("", self._folder) or path in self._made:
            return
        self._make(posixpath.dirname(path))
        self._files.make_folder(path)
        self._made.add(path)


def archive(files: VolumeFiles, root: VolumeItem, below: Iterable[VolumeItem], top: str) -> Iterator[bytes]:
    """A tar archive of an item of a share, called `top`, and of what is below it; small files are read ahead."""
    waiting: deque[tuple[VolumeItem, Future[bytes] | None]] = deque()
    with ThreadPoolExecutor(PARALLEL) as pool:
        for item in chain((root,), below):
            small = not item.folder and item.size <= SMALL
            ahead = pool.submit(lambda path: b"".join(files.read(path)), item.path) if small else None
            waiting.append((item, ahead))
            if len(waiting) > 2 * PARALLEL:
                yield from _packed(files, root, top, *waiting.popleft())
        while waiting:
            yield from _packed(files, root, top, *waiting.popleft())
    yield tarfile.NUL * (2 * tarfile.BLOCKSIZE)


def _packed(
    files: VolumeFiles, root: VolumeItem, top: str, item: VolumeItem, ahead: Future[bytes] | None
) -> Iterator[bytes]:
    rest = item.path.removeprefix(root.path).strip("/")
    info = tarfile.TarInfo(posixpath.join(top, rest) if rest else top)
    info.mtime = item.modified / _SECOND
    if item.folder:
        info.type, info.mode = tarfile.DIRTYPE, FOLDER_MODE
        yield info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")
        return
    info.size, info.mode = item.size, FILE_MODE
    yield info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")
    seen = 0
    for piece in files.read(item.path) if ahead is None else (ahead.result(),):
        seen += len(piece)
        yield piece
    if seen != item.size:
        raise AzdockError(f"{item.path}: the file changed while it was read")
    if rest_of_block := -seen % tarfile.BLOCKSIZE:
        yield tarfile.NUL * rest_of_block


def _target(mount: Mount) -> str:
    return posixpath.normpath(mount.target)


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")
