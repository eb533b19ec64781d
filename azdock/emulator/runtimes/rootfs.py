"""A root file system made of layers, as a program inside would see it: symlinks, whiteouts, users, programs."""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from azdock.emulator.runtimes.base import StartError

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"  # docker's, for images that set none
SYMLINK_LIMIT = 40  # path_resolution(7)


@dataclass(frozen=True, slots=True)
class User:
    """Who a program runs as, and where its home is."""

    uid: int = 0
    gid: int = 0
    groups: tuple[int, ...] = ()
    home: str = "/"


class Root:
    """A root file system: folders on the host, lowest layer first (one folder for a root that is already mounted)."""

    def __init__(self, layers: Sequence[Path]) -> None:
        self._layers = tuple(reversed(layers))

    def entry(self, path: str) -> Path | None:
        """The host path that shows at `path`, whose parents hold no symlink."""
        layers = self._layers
        here = ""
        for name in PurePosixPath(path).parts[1:]:
            here = f"{here}/{name}"
            layers = _merged(layers, here)
            if not layers:
                return None
        return Path(f"{layers[0]}{here}")

    def names(self, path: str) -> list[str]:
        """The names in a folder, those of whiteouts included; `path` holds no symlinks."""
        layers = self._layers
        here = ""
        for name in PurePosixPath(path).parts[1:]:
            here = f"{here}/{name}"
            layers = _merged(layers, here)
        return sorted({entry.name for layer in layers for entry in Path(f"{layer}{here}").iterdir()})

    def find(self, path: str, cwd: str = "/") -> tuple[str, Path] | None:
        """Follow `path`: its real path inside and the host path that shows there; None when there is no such file."""
        real, entry, whole = self._follow(posixpath.join(cwd, path))
        return (real, entry) if whole and entry is not None else None

    def real(self, path: str) -> str:
        """The real path of a folder that is there, or would be made: symlinks are followed even where they dangle."""
        return self._follow(path)[0]

    def _follow(self, path: str) -> tuple[str, Path | None, bool]:
        """Where `path` leads, what is there, and whether everything on the way was there."""
        todo = [name for name in reversed(path.split("/")) if name]
        done, entry, whole, links = "/", self.entry("/"), True, 0
        while todo and links <= SYMLINK_LIMIT:
            done = posixpath.normpath(posixpath.join(done, todo.pop()))
            entry = self.entry(done)
            if entry is not None and entry.is_symlink():
                links += 1
                target = str(entry.readlink())
                todo += [part for part in reversed(target.split("/")) if part]
                done = "/" if target.startswith("/") else posixpath.dirname(done)
                entry = self.entry(done)
            whole = whole and entry is not None
        return done, entry, whole and links <= SYMLINK_LIMIT

    def text(self, path: str) -> str:
        """A file's text; "" when there is no such file."""
        found = self.find(path)
        return found[1].read_text(errors="replace") if found and found[1].is_file() else ""

    def check_program(self, name: str, path: str, cwd: str) -> None:
        """Raise the StartError runc would raise for argv[0] `name` with this PATH and working directory."""
        if "/" in name:
            found = self.find(name, cwd)
            if found is None:
                raise StartError(127, f'exec: "{name}": stat {name}: no such file or directory')
            if not _executable(found[1]):
                raise StartError(126, f'exec: "{name}": permission denied')
            return
        places = [self.find(f"{place or '.'}/{name}", cwd) for place in path.split(":")] if name else []
        if not any(place and _executable(place[1]) for place in places):
            raise StartError(127, f'exec: "{name}": executable file not found in $PATH')

    def user(self, text: str) -> User:
        """Read an image's USER (name or uid, optionally :group or :gid) with the image's own passwd and group files.

        Raises StartError when a name is unknown.
        """
        name, _, group = text.partition(":")
        line = _row(self.text("/etc/passwd"), name or "0", 6)
        if line is None and name and not name.isdigit():
            raise StartError(126, f"unable to find user {name}: no matching entries in passwd file")
        uid = int(line[2]) if line else int(name or 0)
        gid = int(line[3]) if line else 0
        groups = [row for row in _rows(self.text("/etc/group"), 4) if line and line[0] in row[3].split(",")]
        if group:
            row = _row(self.text("/etc/group"), group)
            if row is None and not group.isdigit():
                raise StartError(126, f"unable to find group {group}: no matching entries in group file")
            gid = int(row[2]) if row else int(group)
        home = line[5] if line else ""
        return User(uid, gid, () if group else tuple(int(row[2]) for row in groups), home or "/")


def _merged(layers: Sequence[Path], path: str) -> tuple[Path, ...]:
    """Which of the layers, highest first, take part in what shows at `path`: overlayfs' rules."""
    taking: list[Path] = []
    for layer in layers:
        host = f"{layer}{path}"
        try:
            facts = os.lstat(host)
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            continue
        if _whiteout(host, facts) or (taking and not stat.S_ISDIR(facts.st_mode)):
            break
        taking.append(layer)
        if not stat.S_ISDIR(facts.st_mode) or _opaque(host):
            break
    return tuple(taking)


def _whiteout(path: str, facts: os.stat_result) -> bool:
    if stat.S_ISCHR(facts.st_mode):
        return facts.st_rdev == 0
    return stat.S_ISREG(facts.st_mode) and facts.st_size == 0 and _attribute(path, "overlay.whiteout") is not None


def _opaque(path: str) -> bool:
    return _attribute(path, "overlay.opaque") == b"y"


def _attribute(path: str, name: str) -> bytes | None:
    for space in ("user", "trusted"):
        try:
            return os.getxattr(path, f"{space}.{name}", follow_symlinks=False)
        except OSError:
            continue
    return None


def _executable(path: Path) -> bool:
    try:
        mode = path.stat(follow_symlinks=False).st_mode
    except OSError:
        return False
    return stat.S_ISREG(mode) and bool(mode & 0o111)


def _rows(text: str, width: int) -> list[list[str]]:
    return [row for line in text.splitlines() if len(row := line.split(":")) >= width]


def _row(text: str, key: str, width: int = 3) -> list[str] | None:
    """The line of a passwd or group file with this name, or this number."""
    rows = _rows(text, width)
    return next((row for row in rows if row[0] == key), None) or next((row for row in rows if row[2] == key), None)
