"""Layers unpacked: each becomes the whole tree seen at that layer, so that no whiteouts are ever needed.

An ordinary user can make neither overlayfs whiteouts nor foreign owners. So a layer is applied to a copy of the tree
below it, made of hard links: right for root and for everybody else, and unchanged files take no room twice.
"""

from __future__ import annotations

import hashlib
import lzma
import os
import posixpath
import shutil
import stat
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO

from azdock.emulator.folders import remove_tree
from azdock.emulator.runtimes.base import ImageError
from azdock.emulator.runtimes.compression import Meter, decompressed

MAX_LAYER_BYTES = 32 << 30  # sum of a layer's file sizes, sparse holes included
MAX_ENTRIES = 2_000_000  # entries of one layer
WHITEOUT = ".wh."
OPAQUE = ".wh..wh..opq"
CAPABILITY = "SCHILY.xattr.security.capability"  # how tar carries a program's file capabilities


def invalid(message: str) -> ImageError:
    """The refusal of a layer."""
    return ImageError("LAYER_INVALID", f"invalid layer: {message}")


def unpack(stream: IO[bytes], target: Path, below: Path | None, diff_id: str, digest: str = "") -> None:
    """Unpack a layer (tar, plain or compressed) over the tree `below` into the new folder `target`.

    `diff_id` is the digest of the plain tar, `digest` (may be empty) that of the stream as it comes.
    Raises ImageError: LAYER_INVALID for a hostile or broken layer, DIGEST_INVALID for one that is not what it claims.
    `target` appears whole or not at all.
    """
    draft = target.with_name(f"{target.name}.{os.getpid()}.part")
    remove_tree(draft)
    try:
        draft.mkdir(0o755)
        _fill(stream, draft, below, diff_id, digest)
        draft.rename(target)
    except (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, ValueError, RecursionError) as error:
        raise invalid(str(error)) from error
    except OSError as error:
        raise invalid(f"{error.strerror or error}: {os.fsdecode(error.filename or '')}") from error
    finally:
        remove_tree(draft)


def _fill(stream: IO[bytes], draft: Path, below: Path | None, diff_id: str, digest: str) -> None:
    packed = Meter(stream)
    tree = Tree(draft)
    if below is not None:
        tree.start_from(below)
    with decompressed(packed) as plain:
        tar = Meter(plain)
        with tarfile.open(fileobj=tar, mode="r:", encoding="utf-8") as archive:
            _apply(archive, tree)
        tar.drain()
    packed.drain()
    if tar.digest != diff_id or (digest and packed.digest != digest):
        found = tar.digest if tar.digest != diff_id else packed.digest
        raise ImageError("DIGEST_INVALID", f"layer {digest or diff_id} does not have that content, but {found}")
    tree.finish()


def _apply(archive: tarfile.TarFile, tree: Tree) -> None:
    room, entries = MAX_LAYER_BYTES, 0
    while (member := archive.next()) is not None:
        entries += 1
        room -= max(member.size, 0)
        if room < 0 or member.size < 0 or entries > MAX_ENTRIES:
            raise invalid(f"{member.name}: larger than {MAX_LAYER_BYTES} bytes or {MAX_ENTRIES} entries")
        tree.add(archive, member)
        archive.members.clear()  # type: ignore[attr-defined]  # it would remember every entry


class Tree:
    """A root file system being changed. Paths are relative to its root; nothing is ever touched outside."""

    def __init__(self, root: Path) -> None:
        self._root = str(root)
        self._ours = os.geteuid() == 0
        self._folders: dict[str, tuple[int, float]] = {}  # mode and mtime to set when all is in place
        self._added: set[str] = set()  # what this layer put there, and the folders that it is in

    def start_from(self, below: Path) -> None:
        """Begin with what is in `below`: files by hard link, folders anew."""
        for here, names, files in os.walk(below):
            path = os.path.relpath(here, below)
            path = "" if path == "." else path
            for name in [*names, *files]:
                source, copy = posixpath.join(here, name), self._at(posixpath.join(path, name))
                facts = os.lstat(source)
                if stat.S_ISDIR(facts.st_mode):
                    os.mkdir(copy, 0o700)  # noqa: PTH102 - a hot loop over strings
                    self._own(copy, facts.st_uid, facts.st_gid)
                    self._folders[posixpath.join(path, name)] = stat.S_IMODE(facts.st_mode), facts.st_mtime
                else:
                    os.link(source, copy, follow_symlinks=False)
        facts = below.stat()
        self._folders[""] = stat.S_IMODE(facts.st_mode), facts.st_mtime

    def add(self, archive: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        """Apply one entry of a layer. Raises ImageError for one that is not allowed."""
        path = _clean(member.name)
        folder, name = posixpath.split(path)
        if name.startswith(WHITEOUT):
            self._hide(self.real(folder), name)
            return
        path = posixpath.join(self.real(folder), name) if path else ""
        makers: list[tuple[Callable[[], bool], Callable[[], None]]] = [
            (member.isdir, lambda: self._folder(path, member)),
            (member.isreg, lambda: self._file(path, archive, member)),
            (member.issym, lambda: self._symlink(path, member)),
            (member.islnk, lambda: self._link(path, member)),
        ]
        make = next((maker for fits, maker in makers if fits()), None)
        if make is None or (not path and not member.isdir()):
            raise invalid(f"{member.name}: devices, FIFOs and unknown kinds of entry are not allowed")
        make()
        self._note(path)

    def real(self, folder: str) -> str:
        """Where a folder really is when symlinks are followed as inside a container; made when it is missing."""
        todo = [name for name in reversed(folder.split("/")) if name]
        done, links = "", 0
        while todo:
            name = todo.pop()
            if name == "..":
                if not done:
                    raise invalid(f"{folder}: leads outside through a symlink")
                done = posixpath.dirname(done)
                continue
            here = posixpath.join(done, name)
            mode = self._mode(here)
            if stat.S_ISLNK(mode):
                links += 1
                target = os.readlink(self._at(here))  # noqa: PTH115
                inside = posixpath.normpath(posixpath.join("/", "" if target.startswith("/") else done, target))
                if links > 40 or not os.path.lexists(self._at(inside[1:])):
                    raise invalid(f"{folder}: the symlink {here} leads outside or nowhere")
                todo += [part for part in reversed(target.split("/")) if part not in ("", ".")]
                done = "" if target.startswith("/") else done
                continue
            if not stat.S_ISDIR(mode):
                self._folder_at(here)
            done = here
        return done

    def finish(self) -> None:
        """Give folders their modes and times, innermost first, as what is in them changes no more."""
        for path in sorted(self._folders, key=lambda path: path.count("/") + bool(path), reverse=True):
            mode, mtime = self._folders[path]
            os.chmod(self._at(path), mode if self._ours else mode | 0o500)  # noqa: PTH101
            os.utime(self._at(path), (mtime, mtime))

    def _folder(self, path: str, member: tarfile.TarInfo) -> None:
        if not stat.S_ISDIR(self._mode(path)):
            self._folder_at(path)
        self._own(self._at(path), member.uid, member.gid)
        self._folders[path] = member.mode & 0o7777, _time(member)

    def _folder_at(self, path: str) -> None:
        self._remove(path)
        os.mkdir(self._at(path), 0o700)  # noqa: PTH102
        self._folders[path] = 0o755, 0
        self._note(path)

    def _file(self, path: str, archive: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        self._remove(path)
        data = archive.extractfile(member)
        if data is None:
            raise invalid(f"{member.name}: no content")
        with data, open(self._at(path), "xb") as out:
            shutil.copyfileobj(data, out, 1 << 20)
            if out.tell() != member.size:
                raise invalid(f"{member.name}: ends too early")
        self._own(self._at(path), member.uid, member.gid)
        # an ordinary user's own files must stay readable for the copy that stands in where there is no overlay
        os.chmod(self._at(path), member.mode & 0o7777 if self._ours else member.mode & 0o7777 | 0o400)  # noqa: PTH101
        if self._ours and CAPABILITY in member.pax_headers:
            value = member.pax_headers[CAPABILITY].encode("utf-8", "surrogateescape")
            os.setxattr(self._at(path), "security.capability", value)
        os.utime(self._at(path), (_time(member), _time(member)))

    def _symlink(self, path: str, member: tarfile.TarInfo) -> None:
        self._remove(path)
        os.symlink(member.linkname, self._at(path))  # noqa: PTH211 - what it names matters inside only
        self._own(self._at(path), member.uid, member.gid)
        os.utime(self._at(path), (_time(member), _time(member)), follow_symlinks=False)

    def _link(self, path: str, member: tarfile.TarInfo) -> None:
        folder, name = posixpath.split(_clean(member.linkname))
        source = posixpath.join(self.real(folder), name)
        if stat.S_ISDIR(self._mode(source)) or not self._mode(source):
            raise invalid(f"{member.name}: hard link to {member.linkname}, which is no file of the image")
        if source != path:
            self._remove(path)
            os.link(self._at(source), self._at(path), follow_symlinks=False)

    def _hide(self, folder: str, name: str) -> None:
        """Whiteouts hide what lower layers put there, never what this layer adds, whatever comes first.

        Source: OCI image specification, layer.md, "Whiteouts".
        """
        if name == OPAQUE:
            for child in os.listdir(self._at(folder)):  # noqa: PTH208
                self._prune(posixpath.join(folder, child))
        elif name[len(WHITEOUT) :] in ("", ".", ".."):
            raise invalid(f"{name}: not a whiteout")
        elif not name.startswith(WHITEOUT * 2):  # the rest of .wh..wh.* is housekeeping of aufs
            self._prune(posixpath.join(folder, name[len(WHITEOUT) :]))

    def _prune(self, path: str) -> None:
        if path not in self._added:
            self._remove(path)
        elif stat.S_ISDIR(self._mode(path)):
            for child in os.listdir(self._at(path)):  # noqa: PTH208
                self._prune(posixpath.join(path, child))

    def _note(self, path: str) -> None:
        while path and path not in self._added:
            self._added.add(path)
            path = posixpath.dirname(path)

    def _remove(self, path: str) -> None:
        mode = self._mode(path)
        if not mode:
            return
        if not stat.S_ISDIR(mode):
            os.unlink(self._at(path))  # noqa: PTH108
            self._added.discard(path)
            return
        shutil.rmtree(self._at(path))
        gone = f"{path}/"
        self._folders = {key: v for key, v in self._folders.items() if key != path and not key.startswith(gone)}
        self._added = {key for key in self._added if key != path and not key.startswith(gone)}

    def _mode(self, path: str) -> int:
        """The kind and mode of what is at `path`, whose parents hold no symlinks; 0 when there is nothing."""
        try:
            return os.lstat(self._at(path)).st_mode
        except FileNotFoundError:
            return 0

    def _own(self, where: str, uid: int, gid: int) -> None:
        if self._ours:
            os.chown(where, uid, gid, follow_symlinks=False)

    def _at(self, path: str) -> str:
        return f"{self._root}/{path}"


def _clean(name: str) -> str:
    """A name relative to the root, as docker reads it: a leading / means nothing. Raises ImageError for an escape."""
    path = posixpath.normpath(name.lstrip("/"))
    if path == ".." or path.startswith("../"):
        raise invalid(f"{name}: leads outside the image")
    return "" if path == "." else path


def _time(member: tarfile.TarInfo) -> float:
    return max(0.0, min(float(member.mtime), 2.0**33))


def chain_ids(diff_ids: list[str]) -> list[str]:
    """The name of the tree at each layer, lowest first. Source: OCI image specification, config.md, "Layer ChainID"."""
    chain: list[str] = []
    for diff_id in diff_ids:
        text = f"{chain[-1]} {diff_id}" if chain else diff_id
        chain.append(f"sha256:{hashlib.sha256(text.encode()).hexdigest()}" if chain else diff_id)
    return chain
