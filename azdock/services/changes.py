"""What changed in a running container's file system, as far as it can be seen from inside."""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass, field
from datetime import UTC, datetime

from azdock.errors import AzdockError
from azdock.services.changes_script import CHANGES
from azdock.services.shell import Commands, Shell

STOPPED = "diff: Azure keeps no files of a container that does not run"
# Folders that images have even when they are empty: what is new in them does not make them new.
USUAL = {"/etc", "/home", "/media", "/mnt", "/opt", "/root", "/run", "/srv", "/tmp", "/var", "/var/log", "/var/tmp"}
# What engines put into a container themselves, which docker's diff does not tell either.
ENGINES = {"/.dockerenv", "/etc/hostname", "/etc/hosts", "/etc/mtab", "/etc/resolv.conf"}
_ESCAPE = re.compile(r"\\([0-7]{3})")
_STAMP = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\.?(\d*) \+0000 ?(.*)")
SECOND = 10**9  # nanoseconds
# How long engines may go on preparing the file system after the first process began.
PREPARING = SECOND // 2


@dataclass(frozen=True, slots=True)
class Change:
    """One line of `diff`: "A" added, "C" changed."""

    kind: str
    path: str


@dataclass(slots=True)
class Seen:
    """What the script found; times are Unix nanoseconds."""

    now: int = 0
    uptime: int = 0
    ticks: int = 0  # hundredths of a second
    mounts: set[str] = field(default_factory=set)
    oldest: dict[str, int] = field(default_factory=dict)  # folder -> the oldest ctime in it
    entries: dict[str, tuple[int, int, int]] = field(default_factory=dict)  # path -> (ctime, mtime, mode)

    @property
    def start(self) -> int:
        """When the container's first process began, as the clock that stamps files tells it."""
        return self.now - self.uptime + self.ticks * SECOND // 100


class Changes:
    """diff."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands

    def of(self, name: str) -> tuple[list[Change], list[str]]:
        """The changes by path, and what could not be looked at. Raises NotFound, Unsupported for one not running."""
        program, output = Shell(self._commands, name, STOPPED).run(CHANGES)
        seen = parse(output.decode("utf-8", "surrogateescape"))
        if not (seen.now and seen.uptime and seen.ticks):
            raise AzdockError(program.error or "the container's answer could not be understood", code=1)
        # a file that went away between two looks is no trouble
        trouble = [line for line in program.error.splitlines() if "No such file" not in line]
        return changes(seen), trouble


def parse(text: str) -> Seen:
    """The script's answer; lines that are none of its own belong to file names with line breaks and are left out."""
    seen = Seen()
    for line in text.splitlines():
        word, _, rest = line.partition(" ")
        if word == "now":
            seen.now = _stamp(rest)[0]
        elif word == "uptime":
            seen.uptime = round(float(rest) * 100) * SECOND // 100
        elif word == "ticks":
            seen.ticks = int(rest)
        elif word == "mount":
            seen.mounts.add(_ESCAPE.sub(lambda found: chr(int(found[1], 8)), rest))
        elif word == "oldest":
            time, path = _stamp(rest)
            seen.oldest[path] = time
        elif _STAMP.match(line):
            time, rest = _stamp(line)
            written, mode, path = rest.split(" ", 2)
            seen.entries[path] = (time, int(written) * SECOND, int(mode, 16))
    return seen


def _stamp(text: str) -> tuple[int, str]:
    """ "2026-01-02 12:00:00.5 +0000 rest" -> Unix nanoseconds, "rest"; 0 for what is no time."""
    found = _STAMP.match(text)
    if found is None:
        return 0, text
    seconds = datetime.strptime(found[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp()
    return int(seconds) * SECOND + int(found[2].ljust(9, "0")), found[3]


def changes(seen: Seen) -> list[Change]:
    """Everything made or changed since the start, sorted by path as docker does; mounts are not the container's own."""
    managed = seen.mounts | ENGINES
    kept = {
        path: (written, stat.S_ISDIR(mode))
        for path, (changed, written, mode) in seen.entries.items()
        if changed >= seen.start and path != "/" and path not in managed
    }
    for path in sorted({parent for one in managed for parent in _parents(one)}, reverse=True):
        # The engine made places for mounts in it, which is no change of the container's. Its mtime tells whether
        # something was deleted later; its ctime does not, as an overlay changes marks of its own on folders.
        untouched = path in kept and kept[path][0] <= seen.start + PREPARING
        if untouched and not any(one.startswith(path + "/") for one in kept):
            del kept[path]
    return [
        Change("C" if folder and (path in USUAL or seen.oldest.get(path, seen.start) < seen.start) else "A", path)
        for path, (_, folder) in sorted(kept.items())
    ]


def _parents(path: str) -> list[str]:
    """The folders above a path, the nearest first."""
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(len(parts) - 1, 1, -1)]
