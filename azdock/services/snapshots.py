"""The content of a local file or folder in a volume, and back: several files at once, contents and times exact.

SMB keeps no modes, no owners and no links: a link within the folder becomes what it leads to, others are left out.
"""

from __future__ import annotations

import os
import secrets
import stat
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from azdock.backends.base import VolumeFiles, VolumeItem
from azdock.docker.units import human_size
from azdock.errors import AzdockError

PARALLEL = 8
PRECISION = 1000  # nanoseconds, to which times come back as they were sent
PERIOD = 0.1  # seconds between two lines of progress
Show = Callable[[str], None]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Carried:
    """What was carried: files, their bytes, and how many entries were left out."""

    files: int = 0
    size: int = 0
    left_out: int = 0

    def __add__(self, other: Carried) -> Carried:
        return Carried(self.files + other.files, self.size + other.size, self.left_out + other.left_out)

    def __str__(self) -> str:
        return f"{self.files} file{'' if self.files == 1 else 's'}, {human_size(self.size)}"


@dataclass(frozen=True, slots=True)
class _Local:
    """A local entry: its path from the top, where it is, its size in bytes and its time in nanoseconds."""

    path: str
    place: str
    folder: bool = False
    size: int = 0
    modified: int = 0


def upload(source: str, files: VolumeFiles, show: Show) -> Carried:
    """Put what is at an absolute local path into an empty volume: the content of a folder, or a file by its name.

    Raises AzdockError when something cannot be read, or has a name that a share cannot hold.
    """
    try:
        found, left_out = _scan(source)
    except OSError as failed:
        raise AzdockError(f"{failed.filename}: {(failed.strerror or str(failed)).lower()}") from failed
    plain = [one for one in found if not one.folder]
    line = _Counter(f"Uploading {source}", plain, show)
    with ThreadPoolExecutor(PARALLEL) as pool:
        for depth in sorted({one.path.count("/") for one in found if one.folder}):
            level = [one.path for one in found if one.folder and one.path.count("/") == depth]
            _every(pool, files.make_folder, level)
        _every(pool, lambda one: line.count(_send(one, files)), plain)
    return Carried(len(plain), sum(one.size for one in plain), left_out)


def download(files: VolumeFiles, target: str, show: Show) -> Carried:
    """Bring what a volume holds home to the local path that was uploaded: new and changed files are written, none is
    removed. What a local link would lead out of the folder is left out."""
    top = os.path.realpath(target)
    alone = not Path(top).is_dir()
    items = [one for one in files.walk("") if not alone or one.path == Path(target).name]
    places = {one.path: _home(top, "" if alone else one.path) for one in items}
    inside = [one for one in items if places[one.path]]
    for one in inside:
        if one.folder:
            Path(places[one.path]).mkdir(exist_ok=True)
    changed = [one for one in inside if not one.folder and not _is_same(places[one.path], one)]
    line = _Counter(f"Bringing {target} home", changed, show)
    with ThreadPoolExecutor(PARALLEL) as pool:
        _every(pool, lambda one: line.count(_fetch(one, places[one.path], files)), changed)
    return Carried(len(changed), sum(one.size for one in changed), len(items) - len(inside))


def _scan(source: str) -> tuple[list[_Local], int]:
    top = os.path.realpath(source)
    facts = Path(top).stat()
    if stat.S_ISREG(facts.st_mode):
        return [_Local(Path(source).name, top, False, facts.st_size, facts.st_mtime_ns)], 0
    seen = list(_below(top, top, "", (top,)))
    return [one for one in seen if one is not None], seen.count(None)


def _below(top: str, folder: str, path: str, above: Sequence[str]) -> Iterator[_Local | None]:
    """Everything below a folder; None for what is left out. `above` are the real folders on the way, since a link may
    lead to one of them."""
    for entry in sorted(os.scandir(folder), key=lambda one: one.name):
        inner = f"{path}/{entry.name}" if path else entry.name
        place = os.path.realpath(entry.path) if entry.is_symlink() else entry.path
        if entry.is_symlink() and (not _within(place, top) or not Path(place).exists() or place in above):
            yield None
            continue
        facts = Path(place).stat()
        if stat.S_ISDIR(facts.st_mode):
            yield _Local(inner, place, True)
            yield from _below(top, place, inner, (*above, place))
        elif stat.S_ISREG(facts.st_mode):
            yield _Local(inner, place, False, facts.st_size, facts.st_mtime_ns)
        else:
            yield None


def _send(one: _Local, files: VolumeFiles) -> int:
    try:
        with open(one.place, "rb") as file:
            files.write(one.path, file, one.size, one.modified)
    except OSError as failed:
        raise AzdockError(f"{one.place}: {(failed.strerror or str(failed)).lower()}") from failed
    return one.size


def _fetch(one: VolumeItem, place: str, files: VolumeFiles) -> int:
    """Write a file in one step, so that a broken connection leaves the old one."""
    try:
        fresh = f"{Path(place).parent}/.azdock-{secrets.token_hex(8)}"
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            with os.fdopen(handle, "wb") as file:
                for piece in files.read(one.path):
                    file.write(piece)
            if Path(place).exists():
                Path(fresh).chmod(stat.S_IMODE(Path(place).stat().st_mode))
            if one.modified:
                os.utime(fresh, ns=(one.modified, one.modified))
            Path(fresh).replace(place)
        except BaseException:
            with suppress(FileNotFoundError):
                Path(fresh).unlink()
            raise
    except OSError as failed:
        raise AzdockError(f"{place}: {(failed.strerror or str(failed)).lower()}") from failed
    return one.size


def _home(top: str, path: str) -> str:
    """Where an item of a volume belongs below `top`; "" when that is elsewhere."""
    if ".." in path.split("/"):
        return ""
    place = os.path.realpath(f"{top}/{path}" if path else top)
    return place if _within(place, top) else ""


def _is_same(place: str, item: VolumeItem) -> bool:
    try:
        facts = Path(place).stat()
    except FileNotFoundError:
        return False
    return facts.st_size == item.size and abs(facts.st_mtime_ns - item.modified) < PRECISION


def _within(place: str, top: str) -> bool:
    return place == top or place.startswith(top.rstrip("/") + "/")


def _every(pool: ThreadPoolExecutor, work: Callable[[T], object], items: Sequence[T]) -> None:
    """Do it for all; after the first failure nothing more is begun, and it is raised."""
    begun = [pool.submit(work, one) for one in items]
    try:
        done, _ = wait(begun, return_when=FIRST_EXCEPTION)
    finally:
        for one in begun:
            one.cancel()
    for one in done:
        one.result()


class _Counter:
    """Tells how far it is."""

    def __init__(self, what: str, wanted: Sequence[_Local | VolumeItem], show: Show) -> None:
        self._what, self._show = what, show
        self._files, self._total = 0, len(wanted)
        self._size, self._all = 0, sum(one.size for one in wanted)
        self._lock = threading.Lock()
        self._shown = 0.0

    def count(self, size: int) -> None:
        """One more file of `size` bytes is there."""
        with self._lock:
            self._files += 1
            self._size += size
            now = time.monotonic()
            if self._files < self._total and now - self._shown < PERIOD:
                return
            self._shown = now
            done = f"{self._files} of {self._total} files, {human_size(self._size)} of {human_size(self._all)}"
        self._show(f"{self._what}: {done}")
