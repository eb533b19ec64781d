"""The image store: images unpacked once, named by references, ready to be a container's root file system.

* blobs/sha256/<hex>: configurations and manifests (layers are dropped once unpacked)
* layers/<hex>: the whole tree at a layer, by chain id; files are shared by hard links
* index.json: what is stored and under which references
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from azdock.emulator.runtimes import archive, imageindex, localengine, reference
from azdock.emulator.runtimes.base import ImageError, ImageRef
from azdock.emulator.runtimes.imageindex import Index, Stored
from azdock.emulator.runtimes.layers import chain_ids, unpack
from azdock.emulator.runtimes.packed import Packed, digest_of, document

# save(reference, file): write a `docker save` archive of an image, or tell that it is not there
Save = Callable[[str, Path], bool]


class Images:
    """The images of one emulator. One instance per folder, used by many tasks of one event loop."""

    def __init__(self, folder: Path, save: Save = localengine.save) -> None:
        self._folder, self._save = folder, save
        for part in ("blobs/sha256", "layers", "new"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)  # images hold setuid programs that are nobody else's business
        self._index = Index(folder)
        self._turn = asyncio.Lock()

    async def resolve(self, reference_: str, auth: tuple[str, str] | None = None, pull: str = "missing") -> ImageRef:
        """Make an image ready to run. `pull` is missing, always (the registry, nothing else) or never (store and
        engine only); `auth` is user and password for the registry. Raises ImageError."""
        stored = self._stored(reference_, pull)
        if stored is None:
            async with self._turn:
                stored = self._stored(reference_, pull)  # the task before this one may have brought it
                if stored is None:
                    stored = await asyncio.to_thread(self._obtain, reference.parse(reference_), auth, pull)
        return stored.image(reference_, self._folder)

    def _stored(self, asked: str, pull: str) -> Stored | None:
        """What the store answers on its own. An id is the same wherever it comes from, and no registry knows it."""
        known = imageindex.is_digest(asked)
        stored = None if pull == "always" and not known else self._index.find(asked)
        if known and stored is None:
            raise ImageError("MANIFEST_UNKNOWN", f"No such image: {asked}")
        return stored

    async def images(self) -> list[dict[str, Any]]:
        """The store, newest first: [{"id", "tags", "digests", "size", "created", "labels"}]."""
        return self._index.rows()

    async def load(self, path: Path) -> list[str]:
        """Import a `docker save` archive or an OCI layout; returns references, or ids of images without one.

        Raises ImageError."""
        async with self._turn:
            return await asyncio.to_thread(self._load, path, ())

    async def remove(self, reference_: str, force: bool) -> list[tuple[str, str]]:
        """Untag or delete: ("Untagged"|"Deleted", text). Raises ImageError with code NOT_FOUND or CONFLICT."""
        async with self._turn:
            changes = self._index.remove(reference_, force)
            await asyncio.to_thread(self._index.sweep)
        return changes

    def _obtain(self, wanted: reference.Reference, auth: tuple[str, str] | None, pull: str) -> Stored:
        if pull != "always" and (found := self._from_engine(wanted)):
            return found
        if pull == "never":
            raise ImageError("MANIFEST_UNKNOWN", f"No such image: {wanted.familiar}")
        from azdock.emulator.runtimes.registry import Registry  # httpx is slow to import, and few runs pull

        with Registry(wanted, auth, self._folder / "new") as registry:
            return self._keep(registry.image())

    def _from_engine(self, wanted: reference.Reference) -> Stored | None:
        with tempfile.TemporaryDirectory(dir=self._folder / "new") as room:
            file = Path(room) / "image.tar"
            if not self._save(wanted.familiar, file):
                return None
            self._load(file, (wanted.normal,))
        return self._index.find(wanted.normal)

    def _load(self, path: Path, names: tuple[str, ...]) -> list[str]:
        """Import an archive; `names` are given to an image that comes alone, besides its own."""
        loaded = []
        with archive.opened(path) as images:
            for packed in images:
                stored = self._keep(packed, names if len(images) == 1 else ())
                own = [reference.parse(name).familiar for name in packed.references]
                loaded += own or [stored.id]
        return loaded

    def _keep(self, packed: Packed, names: tuple[str, ...] = ()) -> Stored:
        """Unpack what is not there yet and enter the image in the index."""
        config = document(packed.config, "configuration")
        try:
            diff_ids = [str(item) for item in config["rootfs"]["diff_ids"]]
        except (KeyError, TypeError) as error:
            raise ImageError("MANIFEST_INVALID", f"the configuration lacks {error}") from error
        if len(diff_ids) != len(packed.layers) or not all(map(imageindex.is_digest, diff_ids)):
            raise ImageError("MANIFEST_INVALID", "the configuration and the manifest disagree about the layers")
        references = [reference.parse(name) for name in (*packed.references, *names)]
        below: Path | None = None
        for chain, diff_id, layer in zip(chain_ids(diff_ids), diff_ids, packed.layers, strict=True):
            target = self._folder / "layers" / chain.removeprefix("sha256:")
            if not target.is_dir():
                with layer.open() as stream:
                    unpack(stream, target, below, diff_id, layer.digest)
            below = target
        for data in filter(None, (packed.config, packed.manifest)):
            imageindex.write(self._folder / "blobs/sha256" / digest_of(data).removeprefix("sha256:"), data)
        size = _size(below) if below else 0
        return self._index.add(config, digest_of(packed.config), packed, tuple(chain_ids(diff_ids)), size, references)


def _size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
