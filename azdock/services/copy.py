"""Copy files, folders and tar archives between this machine and a container, as docker cp does: through exec, or
directly through the share of a volume, for which the container need not run."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from azdock.docker import paths
from azdock.docker.paths import Entry
from azdock.errors import AzdockError, DaemonError, NotFound
from azdock.services import archive, compressed
from azdock.services import transfer_scripts as scripts
from azdock.services.shell import Commands, Shell
from azdock.services.transfer import Transfer, Upload

if TYPE_CHECKING:
    from azdock.backends.base import VolumeFiles
    from azdock.docker.mounts import Mount
    from azdock.services.share_copy import Shares

STOPPED = "cp: Azure keeps no files of a container that does not run"
EXPORT_STOPPED = "export: Azure keeps no files of a container that does not run"


@dataclass(frozen=True, slots=True)
class Copied:
    """What was copied: bytes as docker counts them, where to, and what went wrong without failing."""

    size: int
    where: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What is at a path in a container: folder, file, link, device, other or none; `target` is where a link leads."""

    kind: str
    target: str = ""


class Place(Protocol):
    """The far side of a copy; `carried` is bytes, `warnings` what did not make the copy fail."""

    warnings: list[str]

    @property
    def carried(self) -> int: ...

    def stat(self, *wanted: str) -> list[Found]:
        """What is at paths."""

    def pieces(self, folder: str, top: str) -> Generator[bytes, None, None]:
        """The archive of `top` ("." for its contents) in a folder. Close the iterator, so that nothing is left."""

    def sink(self, folder: str, owners: bool) -> Unpacker:
        """What unpacks an archive in a folder, with its owners or without."""

    def close(self) -> None:
        """Take away what may be left there."""


class Unpacker(Protocol):
    """A file to write an archive to."""

    def write(self, data: bytes, /) -> int:
        """Take some."""

    def finish(self) -> None:
        """Unpack the rest."""


class Copy:
    """cp. `show` is told the bytes carried so far; `shares` finds the volumes that paths lie on."""

    def __init__(
        self, commands: Commands, show: Callable[[int], None] = lambda _: None, shares: Shares | None = None
    ) -> None:
        self._commands, self._show, self._shares = commands, show, shares

    # ---- into a container
    def into(self, name: str, path: str, source: str, *, follow: bool = False, owners: bool = False) -> Copied:
        """Copy a local absolute path to `path` in container `name`."""
        entry = archive.source(source, follow)
        with self._open(name, path) as there:
            target, seen = _target(there, name, path, entry.rename or paths.parent_and_name(entry.path)[1])
            folder, top = paths.landing(entry, target)
            _check_landing(name, folder, top, entry, seen)
            upload = there.sink(paths.absolute(folder), owners)
            size = archive.pack(entry, top, upload)
            upload.finish()
        return Copied(size, f"{name}:{target.path}", tuple(there.warnings))

    def archive_into(self, name: str, path: str, read: Callable[[], bytes], *, owners: bool = False) -> Copied:
        """Unpack a tar archive, compressed or not, in a folder of container `name`; `read` gives the next bytes, b""
        at the end."""
        refusal = AzdockError(f'destination "{name}:{path}" must be a directory')
        try:
            with self._open(name, path) as there:
                target, _ = _target(there, name, path, "")
                if not target.folder:
                    raise refusal
                upload = there.sink(paths.absolute(target.path), owners)
                for data in compressed.plain(read):
                    upload.write(data)
                upload.finish()
        except NotFound as missing:
            raise refusal from missing
        return Copied(there.carried, f"{name}:{target.path}", tuple(there.warnings))

    # ---- out of a container
    def out_of(self, name: str, path: str, target: str, *, follow: bool = False, owners: bool = False) -> Copied:
        """Copy `path` in container `name` to a local absolute path."""
        archive.check_output(target)
        with self._open(name, path) as there:
            entry, folder, top = _source(there, name, path, follow)
            where, new = paths.landing(entry, archive.target(target))
            with closing(there.pieces(folder, top)) as pieces:
                size = archive.unpack(pieces, where, top, new, owners=owners)
        return Copied(size, target, tuple(there.warnings))

    def archive_out_of(self, name: str, path: str, write: Callable[[bytes], None], *, follow: bool = False) -> Copied:
        """The tar archive of `path` in container `name`, piece by piece to `write`."""
        with self._open(name, path) as there:
            _, folder, top = _source(there, name, path, follow)
            with closing(there.pieces(folder, top)) as pieces:
                for piece in pieces:
                    write(piece)
        return Copied(there.carried, "-", tuple(there.warnings))

    def export(self, name: str, write: Callable[[bytes], object]) -> None:
        """The tar archive of a container's whole file system, without what is mounted into it, to `write`."""
        box = Shell(self._commands, name, EXPORT_STOPPED)
        with closing(Transfer(box, self._show).stream(scripts.EXPORT)) as pieces:
            for piece in pieces:
                write(piece)

    @contextmanager
    def _open(self, name: str, path: str) -> Iterator[Place]:
        """The far side at a path of a container; its temporary files are gone afterwards."""
        on_share = self._shares.at(name, paths.absolute(path)) if self._shares is not None and path else None
        there: Place = self._inside(name) if on_share is None else self._on_share(*on_share)
        try:
            yield there
        finally:
            there.close()

    def _inside(self, name: str) -> Place:
        box = Shell(self._commands, name, STOPPED)
        return _Inside(box, Transfer(box, self._show))

    def _on_share(self, files: VolumeFiles, mount: Mount) -> Place:
        from azdock.services.share_copy import SharePlace

        return SharePlace(files, mount, self._show)


class _Inside:
    """A container that runs, reached through exec."""

    def __init__(self, box: Shell, transfer: Transfer) -> None:
        self._box, self._transfer = box, transfer
        self.warnings = transfer.warnings

    @property
    def carried(self) -> int:
        return self._transfer.carried

    def stat(self, *wanted: str) -> list[Found]:
        _, output = self._box.run(scripts.STAT, *(paths.absolute(path) for path in wanted))
        answers = output.decode("utf-8", "surrogateescape").split("\0")[:-1]
        if len(answers) != len(wanted):
            raise AzdockError("the container's answer could not be understood")
        return [Found(kind, target) for kind, _, target in (answer.partition(" ") for answer in answers)]

    def pieces(self, folder: str, top: str) -> Generator[bytes, None, None]:
        if (folder, top) == ("/", "."):  # the whole file system, without what is mounted into it
            return self._transfer.stream(scripts.EXPORT)
        return self._transfer.pull(folder, top)

    def sink(self, folder: str, owners: bool) -> Upload:
        # modes are kept; owners become the container's user unless they are asked for
        return Upload(self._transfer, folder, "xpf" if owners else "xpof")

    def close(self) -> None:
        self._transfer.remove()


def _source(there: Place, name: str, path: str, follow: bool) -> tuple[Entry, str, str]:
    """What is copied out: the entry, and the folder and name that tar is to be given."""
    if not path:
        raise DaemonError("bad parameter: path cannot be empty")
    rename = ""
    found, plain = there.stat(path, path.rstrip("/.") if paths.wants_folder(path) else path)
    if follow and found.kind == "link":
        path, rename = paths.followed(path, paths.link_target(paths.absolute(path), found.target))
        found = plain = there.stat(path)[0]
    if found.kind == "none":
        if plain.kind not in ("none", "link"):
            raise DaemonError(f"lstat {path}: not a directory")
        raise NotFound(f"Could not find the file {path} in container {name}", code=1)
    entry = Entry(path, folder=found.kind == "folder", rename=rename)
    if path.endswith("/") and plain.kind == "link":
        return entry, paths.absolute(path), "."
    folder, top = paths.parent_and_name(paths.absolute(path))
    return entry, folder, top


def _target(there: Place, name: str, path: str, top: str) -> tuple[Entry, list[Found]]:
    """What is copied to, links followed; and what is in its parent's place, and in the place of `top` within it."""
    place = path
    for _ in range(2):
        here, parent, inner = there.stat(place or ".", paths.parent_and_name(place)[0], f"{place}/{top}")
        if here.kind != "link" or place != path:
            break
        place = paths.link_target(path, here.target)
    if here.kind == "device":
        raise AzdockError(f'destination "{name}:{path}" must be a directory or a regular file: got a device')
    exists = here.kind != "none" and bool(path)
    return Entry(place, exists=exists, folder=exists and here.kind == "folder"), [here, parent, inner]


def _check_landing(name: str, folder: str, top: str, entry: Entry, seen: list[Found]) -> None:
    """Raise DaemonError in docker's words when the archive could not be unpacked there."""
    here, parent, inner = seen
    inside = here.kind == "folder"
    if not inside and parent.kind == "none":
        raise NotFound(f"Could not find the file {folder} in container {name}", code=1)
    if not inside and parent.kind not in ("folder", "link"):
        raise DaemonError("extraction point is not a directory")
    there = inner.kind if inside and top != "." else "none"
    place = paths.absolute(f"{folder}/{top}")
    if there == "folder" and not entry.folder:
        raise DaemonError(f'cannot overwrite directory "{place}" with non-directory "{paths.absolute(folder)}"')
    if there not in ("folder", "none", "link") and entry.folder:
        raise DaemonError(f'cannot overwrite non-directory "{place}" with directory "{paths.absolute(folder)}"')
