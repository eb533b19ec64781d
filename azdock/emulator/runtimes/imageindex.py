"""What an image store holds, under which references, kept in its index.json."""

from __future__ import annotations

import json
import os
import re
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from azdock.emulator.folders import remove_tree
from azdock.emulator.runtimes import reference
from azdock.emulator.runtimes.base import ImageError, ImageRef
from azdock.emulator.runtimes.imageconfig import of_config
from azdock.emulator.runtimes.packed import Packed, digest_of

SCHEMA = 1
DIGEST = re.compile(r"sha256:[0-9a-f]{64}\Z")
IDENT = re.compile(r"(?:sha256:)?([0-9a-f]{4,64})\Z")


def is_digest(text: str) -> bool:
    """Whether this is sha256:<64 hex digits>."""
    return DIGEST.match(text) is not None


def write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, on disk before it takes its name."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with open(draft, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored image. `created` is Unix seconds, `size` bytes unpacked, `chain` the chain ids of its layers."""

    id: str
    manifest: str  # digest, "" when it came without one
    config: dict[str, Any]
    chain: tuple[str, ...]
    size: int
    created: int

    def image(self, asked: str, folder: Path) -> ImageRef:
        """As a runtime wants it: the tree of the topmost layer holds everything."""
        layers = (folder / "layers" / self.chain[-1].removeprefix("sha256:"),) if self.chain else ()
        return ImageRef(
            asked,
            self.id,
            of_config(self.config),
            layers,
        )


class Index:
    """The images and references of one folder. Raises ImageError STORE_INVALID for an index that cannot be read."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._file = folder, folder / "index.json"
        self._images: dict[str, Stored] = {}
        self._references: dict[str, str] = {}  # normal reference (tag or digest) -> image id
        if self._file.exists():
            self._read()

    def _read(self) -> None:
        try:
            data = json.loads(self._file.read_bytes())
            images = [Stored(**{**item, "chain": tuple(item["chain"])}) for item in data["images"]]
            self._images = {image.id: image for image in images}
            self._references = dict(data["references"])
        except (ValueError, KeyError, TypeError) as error:
            raise ImageError("STORE_INVALID", f"{self._file} cannot be read: {error}") from error

    def _write(self) -> None:
        images = [asdict(image) for image in self._images.values()]
        data = {"schema": SCHEMA, "images": images, "references": self._references}
        write(self._file, json.dumps(data).encode())

    def find(self, asked: str) -> Stored | None:
        """The image of a reference or of an id (or its unambiguous beginning). Raises ImageError NAME_INVALID."""
        ident = IDENT.match(asked)
        if not asked.startswith("sha256:"):
            found = self._references.get(reference.parse(asked).normal) if len(asked) < 64 or not ident else None
            if found:
                return self._images[found]
        matches = [i for i in self._images if ident and i.startswith(f"sha256:{ident[1]}")]
        return self._images[matches[0]] if len(matches) == 1 else None

    def add(
        self,
        config: dict[str, Any],
        ident: str,
        packed: Packed,
        chain: tuple[str, ...],
        size: int,
        references: list[reference.Reference],
    ) -> Stored:
        """Enter an image whose layers are in place, and point the references to it."""
        manifest = digest_of(packed.manifest) if packed.manifest else ""
        image = Stored(ident, manifest, config.get("config") or {}, chain, size, _seconds(config.get("created")))
        self._images[ident] = image
        for name in references:
            self._references[name.normal] = ident
            if packed.digest:
                self._references[f"{name.repository}@{packed.digest}"] = ident
        self._write()
        return image

    def names(self, ident: str) -> tuple[list[str], list[str]]:
        """The tags and the digests that name an image, in docker's familiar form."""
        names = [reference.parse(name) for name, target in self._references.items() if target == ident]
        tags = [name.familiar for name in names if not name.digest]
        return tags, [name.familiar for name in names if name.digest]

    def rows(self) -> list[dict[str, Any]]:
        """All images, newest first."""
        rows = []
        for image in sorted(self._images.values(), key=lambda image: image.created, reverse=True):
            tags, digests = self.names(image.id)
            labels = image.config.get("Labels") or {}
            facts = {"size": image.size, "created": image.created, "labels": labels}
            rows.append({"id": image.id, "tags": tags, "digests": digests, **facts})
        return rows

    def remove(self, asked: str, force: bool) -> list[tuple[str, str]]:
        """Untag, and delete an image with its last tag. Raises ImageError with code NOT_FOUND or CONFLICT."""
        image = self.find(asked)
        if image is None:
            text = asked if asked.startswith("sha256:") else reference.parse(asked).familiar
            raise ImageError("NOT_FOUND", f"No such image: {text}")
        tags, digests = self.names(image.id)
        by_name = not asked.startswith("sha256:") and reference.parse(asked).familiar in (*tags, *digests)
        if not by_name and len(tags) > 1 and not force:
            short = image.id.removeprefix("sha256:")[:12]
            why = "image is referenced in multiple repositories"
            raise ImageError("CONFLICT", f"conflict: unable to delete {short} (must be forced) - {why}")
        gone = [reference.parse(asked).familiar] if by_name else tags
        last = not set(tags) - set(gone)
        gone += [name for name in digests if last and name not in gone]
        for name in gone:
            del self._references[reference.parse(name).normal]
        changes = [("Untagged", name) for name in gone]
        if last:
            del self._images[image.id]
            changes.append(("Deleted", image.id))
        self._write()
        return changes

    def sweep(self) -> None:
        """Remove the layers and documents that no image needs."""
        chains = {chain for image in self._images.values() for chain in image.chain}
        documents = {name for image in self._images.values() for name in (image.id, image.manifest)}
        for part, needed in (("layers", chains), ("blobs/sha256", documents)):
            for path in (self._folder / part).iterdir():
                if f"sha256:{path.name}" not in needed:
                    remove_tree(path) if path.is_dir() else path.unlink()


def _seconds(text: str | None) -> int:
    """Unix seconds of an RFC 3339 time; 0 for none. Nanoseconds are more than `datetime` reads."""
    match = re.match(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)\Z", text or "")
    if match is None:
        return 0
    moment = datetime.fromisoformat(match[1] + match[2].replace("Z", "+00:00"))
    return max(0, int(moment.timestamp()))
