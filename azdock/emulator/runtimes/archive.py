"""Images in files: `docker save` archives old and new, and OCI image layouts, as a tar or as a folder."""

from __future__ import annotations

import posixpath
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any, Protocol

from azdock.emulator.runtimes.base import ImageError
from azdock.emulator.runtimes.packed import MAX_JSON, Blob, Packed, checked, choose, digest_of, document, is_index


class Files(Protocol):
    """Named files."""

    def has(self, name: str) -> bool:
        """Whether there is such a file."""

    def open(self, name: str) -> IO[bytes]:
        """Open a file. Raises ImageError when it is not there."""


class _Folder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    def has(self, name: str) -> bool:
        return (self._folder / name).is_file()

    def open(self, name: str) -> IO[bytes]:
        path = (self._folder / name).resolve()
        if not path.is_relative_to(self._folder) or not path.is_file():
            raise _missing(name)
        return path.open("rb")


class _Tar:
    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._members = {posixpath.normpath(member.name): member for member in tar}

    def has(self, name: str) -> bool:
        return posixpath.normpath(name) in self._members

    def open(self, name: str) -> IO[bytes]:
        member = self._members.get(posixpath.normpath(name))
        try:
            file = self._tar.extractfile(member) if member else None
        except KeyError as error:
            raise _missing(name) from error
        if file is None:
            raise _missing(name)
        return file


def _missing(name: str) -> ImageError:
    return ImageError("MANIFEST_INVALID", f"invalid archive: {name} is not there")


@contextmanager
def opened(path: Path) -> Iterator[list[Packed]]:
    """The images of an archive or layout folder; their layers can be opened inside the `with` only.

    Raises ImageError: NOT_FOUND when there is no such file, MANIFEST_INVALID for anything that is no image archive.
    """
    if path.is_dir():
        yield read(_Folder(path))
        return
    if not path.is_file():
        raise ImageError("NOT_FOUND", f"open {path}: no such file or directory")
    try:
        with tarfile.open(path, "r:*", encoding="utf-8") as tar:
            yield read(_Tar(tar))
    except (tarfile.TarError, EOFError, zlib.error, RecursionError) as error:
        raise ImageError("MANIFEST_INVALID", f"invalid archive: {error}") from error


def read(files: Files) -> list[Packed]:
    """The images that named files make up. Raises ImageError."""
    try:
        if files.has("manifest.json"):  # new docker save archives have both, and this one leaves no choice of platform
            return [_saved(files, item) for item in document(_small(files, "manifest.json"), "manifest.json")]
        if files.has("index.json"):
            items = document(_small(files, "index.json"), "index.json")["manifests"]
            return [_laid_out(files, item, item) for item in _wanted(items)]
    except (KeyError, TypeError, AttributeError) as error:
        raise ImageError("MANIFEST_INVALID", f"invalid archive: a manifest lacks {error}") from error
    raise _missing("manifest.json")


def _small(files: Files, name: str) -> bytes:
    with files.open(name) as file:
        data = file.read(MAX_JSON + 1)
    if len(data) > MAX_JSON:
        raise ImageError("MANIFEST_INVALID", f"invalid archive: {name} is larger than {MAX_JSON} bytes")
    return data


def _saved(files: Files, item: dict[str, Any]) -> Packed:
    """Source: moby image/spec/v1.2.md, "Combined Image JSON + Filesystem Changeset Format"."""
    config = _small(files, item["Config"])
    stated = posixpath.basename(item["Config"]).removesuffix(".json")
    if len(stated) == 64:
        checked(config, f"sha256:{stated}")
    layers = tuple(Blob(_opener(files, name)) for name in item["Layers"])
    return Packed(config, b"", layers, tuple(item.get("RepoTags") or ()))


def _wanted(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every image of a layout; of those without a name, which are one image's platforms, the one for this machine."""
    named = [item for item in items if _names(item)]
    return named or [choose({"manifests": items})]


def _laid_out(files: Files, top: dict[str, Any], item: dict[str, Any]) -> Packed:
    """Source: OCI image specification, image-layout.md."""
    data = checked(_small(files, _blob(item["digest"])), item["digest"])
    manifest = document(data, item["digest"])
    if is_index(manifest):
        return _laid_out(files, top, choose(manifest))
    config = checked(_small(files, _blob(manifest["config"]["digest"])), manifest["config"]["digest"])
    digests = [layer["digest"] for layer in manifest["layers"]]
    layers = tuple(Blob(_opener(files, _blob(digest)), digest) for digest in digests)
    return Packed(config, data, layers, _names(top), digest_of(data) if item is top else top["digest"])


def _blob(digest: str) -> str:
    kind, _, value = digest.partition(":")
    if kind != "sha256" or len(value) != 64 or not value.isalnum():
        raise ImageError("DIGEST_INVALID", f"invalid digest: {digest}")
    return f"blobs/sha256/{value}"


def _names(item: dict[str, Any]) -> tuple[str, ...]:
    """containerd writes whole names; the specification's own annotation may be a mere tag, which names nothing."""
    notes = item.get("annotations") or {}
    name = notes.get("io.containerd.image.name") or notes.get("org.opencontainers.image.ref.name") or ""
    return (name,) if "/" in name or ":" in name else ()


def _opener(files: Files, name: str) -> Callable[[], IO[bytes]]:
    return partial(files.open, name)
