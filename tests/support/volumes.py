"""Volumes in memory: what stands for the backend's, and their files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from azdock.docker.volume import Volume
from azdock.errors import AzdockError, NotFound


@dataclass(frozen=True)
class Item:
    """A file or folder; `modified` is Unix nanoseconds."""

    path: str
    folder: bool = False
    size: int = 0
    modified: int = 0


@dataclass
class MemoryFiles:
    """VolumeFiles: contents by path, None for a folder. `fail` names a path that cannot be written."""

    contents: dict[str, bytes | None] = field(default_factory=dict)
    times: dict[str, int] = field(default_factory=dict)
    fail: str = ""
    closed: int = 0

    def stat(self, path: str) -> Item | None:
        if not path:
            return Item("", True)
        if path not in self.contents:
            return None
        data = self.contents[path]
        return Item(path, data is None, len(data or b""), self.times.get(path, 0))

    def entries(self, path: str) -> list[Item]:
        start = f"{path}/" if path else ""
        names = [one for one in self.contents if one.startswith(start) and "/" not in one[len(start) :]]
        return [found for one in sorted(names) if (found := self.stat(one)) is not None]

    def walk(self, path: str) -> Iterator[Item]:
        for one in self.entries(path):
            yield one
            if one.folder:
                yield from self.walk(one.path)

    def make_folder(self, path: str) -> None:
        parent = path.rpartition("/")[0]
        assert not parent or self.contents.get(parent, b"") is None, f"{path}: its parent is missing"
        self.contents[path] = None

    def write(self, path: str, source: BinaryIO, size: int, modified: int) -> None:
        if path == self.fail:
            raise AzdockError(f"{path}: it cannot be written")
        data = source.read(size)
        assert len(data) == size
        self.contents[path], self.times[path] = data, modified

    def read(self, path: str) -> Iterator[bytes]:
        data = self.contents[path]
        assert data is not None
        for start in range(0, len(data), 3):
            yield data[start : start + 3]

    def close(self) -> None:
        self.closed += 1


@dataclass
class MemoryVolumes:
    """VolumeStore: volumes by name; `links` are (volume, network, read_only)."""

    known: dict[str, Volume] = field(default_factory=dict)
    links: list[tuple[str, str, bool]] = field(default_factory=list)
    contents: dict[str, MemoryFiles] = field(default_factory=dict)
    fail_link: str = ""

    def all(self) -> list[Volume]:
        return [self.known[name] for name in sorted(self.known)]

    def get(self, name: str) -> Volume:
        if name not in self.known:
            raise NotFound(f"get {name}: no such volume", code=1)
        return self.known[name]

    def create(self, volume: Volume) -> Volume:
        self.known[volume.name] = replace(volume, mountpoint=f"https://x/{volume.name}")
        self.contents.setdefault(volume.name, MemoryFiles())
        return self.known[volume.name]

    def link(self, volume: Volume, network: str, *, read_only: bool, again: bool = False) -> None:
        if self.fail_link and volume.labels.get("fail") == self.fail_link:
            raise AzdockError("no way in")
        self.links.append((volume.name, network, read_only))

    def remove(self, volume: Volume) -> None:
        self.known.pop(volume.name, None)

    def files(self, volume: Volume) -> MemoryFiles:
        return self.contents[volume.name]

    def close(self) -> None:
        pass
