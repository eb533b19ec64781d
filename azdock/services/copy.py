"""Copy files, folders and tar archives between this machine and a running container, as docker cp does."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from azdock.docker import paths
from azdock.docker.paths import Entry
from azdock.errors import AzdockError, DaemonError, NotFound
from azdock.services import archive, compressed
from azdock.services import transfer_scripts as scripts
from azdock.services.shell import Commands, Shell
from azdock.services.transfer import Transfer, Upload

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


class Copy:
    """cp. `show` is told the bytes carried so far."""

    def __init__(self, commands: Commands, show: Callable[[int], None] = lambda _: None) -> None:
        self._commands, self._show = commands, show

    # ---- into a container
    def into(self, name: str, path: str, source: str, *, follow: bool = False, owners: bool = False) -> Copied:
        """Copy a local absolute path to `path` in container `name`."""
        entry = archive.source(source, follow)
        with self._open(name) as (box, transfer):
            target, seen = _target(box, name, path, entry.rename or paths.parent_and_name(entry.path)[1])
            folder, top = paths.landing(entry, target)
            _check_landing(name, folder, top, entry, seen)
            upload = Upload(transfer, paths.absolute(folder), _options(owners))
            size = archive.pack(entry, top, upload)
            upload.finish()
        return Copied(size, f"{name}:{target.path}", tuple(transfer.warnings))

    def archive_into(self, name: str, path: str, read: Callable[[], bytes], *, owners: bool = False) -> Copied:
        """Unpack a tar archive, compressed or not, in a folder of container `name`; `read` gives the next bytes, b""
        at the end."""
        refusal = AzdockError(f'destination "{name}:{path}" must be a directory')
        try:
            with self._open(name) as (box, transfer):
                target, _ = _target(box, name, path, "")
                if not target.folder:
                    raise refusal
                upload = Upload(transfer, paths.absolute(target.path), _options(owners))
                for data in compressed.plain(read):
                    upload.write(data)
                upload.finish()
        except NotFound as missing:
            raise refusal from missing
        return Copied(transfer.carried, f"{name}:{target.path}", tuple(transfer.warnings))

    # ---- out of a container
    def out_of(self, name: str, path: str, target: str, *, follow: bool = False, owners: bool = False) -> Copied:
        """Copy `path` in container `name` to a local absolute path."""
        archive.check_output(target)
        with self._open(name) as (box, transfer):
            entry, folder, top = _source(box, name, path, follow)
            where, new = paths.landing(entry, archive.target(target))
            with closing(_pieces(transfer, folder, top)) as pieces:
                size = archive.unpack(pieces, where, top, new, owners=owners)
        return Copied(size, target, tuple(transfer.warnings))

    def archive_out_of(self, name: str, path: str, write: Callable[[bytes], None], *, follow: bool = False) -> Copied:
        """The tar archive of `path` in container `name`, piece by piece to `write`."""
        with self._open(name) as (box, transfer):
            _, folder, top = _source(box, name, path, follow)
            with closing(_pieces(transfer, folder, top)) as pieces:
                for piece in pieces:
                    write(piece)
        return Copied(transfer.carried, "-", tuple(transfer.warnings))

    def export(self, name: str, write: Callable[[bytes], object]) -> None:
        """The tar archive of a container's whole file system, without what is mounted into it, to `write`."""
        box = Shell(self._commands, name, EXPORT_STOPPED)
        with closing(Transfer(box, self._show).stream(scripts.EXPORT)) as pieces:
            for piece in pieces:
                write(piece)

    @contextmanager
    def _open(self, name: str) -> Iterator[tuple[Shell, Transfer]]:
        """The container's shell, and a transfer whose temporary files are gone afterwards."""
        box = Shell(self._commands, name, STOPPED)
        transfer = Transfer(box, self._show)
        try:
            yield box, transfer
        finally:
            transfer.remove()


def _options(owners: bool) -> str:
    """tar's: modes are kept; owners become the container's user unless they are asked for."""
    return "xpf" if owners else "xpof"


def stat(box: Shell, *wanted: str) -> list[Found]:
    """What is at paths in a container."""
    _, output = box.run(scripts.STAT, *(paths.absolute(path) for path in wanted))
    answers = output.decode("utf-8", "surrogateescape").split("\0")[:-1]
    if len(answers) != len(wanted):
        raise AzdockError("the container's answer could not be understood")
    return [Found(kind, target) for kind, _, target in (answer.partition(" ") for answer in answers)]


def _source(box: Shell, name: str, path: str, follow: bool) -> tuple[Entry, str, str]:
    """What is copied out: the entry, and the folder and name that tar is to be given."""
    if not path:
        raise DaemonError("bad parameter: path cannot be empty")
    rename = ""
    found, plain = stat(box, path, path.rstrip("/.") if paths.wants_folder(path) else path)
    if follow and found.kind == "link":
        path, rename = paths.followed(path, paths.link_target(paths.absolute(path), found.target))
        found = plain = stat(box, path)[0]
    if found.kind == "none":
        if plain.kind not in ("none", "link"):
            raise DaemonError(f"lstat {path}: not a directory")
        raise NotFound(f"Could not find the file {path} in container {name}", code=1)
    entry = Entry(path, folder=found.kind == "folder", rename=rename)
    if path.endswith("/") and plain.kind == "link":
        return entry, paths.absolute(path), "."
    folder, top = paths.parent_and_name(paths.absolute(path))
    return entry, folder, top


def _target(box: Shell, name: str, path: str, top: str) -> tuple[Entry, list[Found]]:
    """What is copied to, links followed; and what is in its parent's place, and in the place of `top` within it."""
    place = path
    for _ in range(2):
        here, parent, inner = stat(box, place or ".", paths.parent_and_name(place)[0], f"{place}/{top}")
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


def _pieces(transfer: Transfer, folder: str, top: str) -> Generator[bytes, None, None]:
    """The archive; of the whole file system without what is mounted into it."""
    if (folder, top) == ("/", "."):
        return transfer.stream(scripts.EXPORT)
    return transfer.pull(folder, top)
