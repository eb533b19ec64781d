"""An image as it arrives, whatever it comes from, and the choice among the images of an index."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import IO, Any

from azdock.emulator.runtimes.base import ImageError

MAX_JSON = 16 << 20  # bytes of a manifest or configuration
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386"}
INDEXES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
MANIFESTS = ("application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json")


@dataclass(frozen=True, slots=True)
class Blob:
    """A layer, fetched when it is opened. `digest` is that of the bytes as they come; "" when nobody stated it."""

    open: Callable[[], AbstractContextManager[IO[bytes]]]
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Packed:
    """An image to be stored: its documents as bytes, its layers lowest first, the references it came with."""

    config: bytes
    manifest: bytes  # b"" when it came without one
    layers: tuple[Blob, ...]
    references: tuple[str, ...] = ()
    digest: str = ""  # of what the reference names: an index or a manifest


def digest_of(data: bytes) -> str:
    """sha256:..."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def checked(data: bytes, digest: str) -> bytes:
    """The data, if it has that digest. Raises ImageError with code DIGEST_INVALID."""
    if digest_of(data) != digest:
        raise ImageError("DIGEST_INVALID", f"{digest} does not have that content, but {digest_of(data)}")
    return data


def document(data: bytes, what: str) -> Any:
    """JSON that must be an object or a list. Raises ImageError with code MANIFEST_INVALID."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ImageError("MANIFEST_INVALID", f"{what} is not JSON: {error}") from error
    if not isinstance(value, dict | list):
        raise ImageError("MANIFEST_INVALID", f"{what} is neither an object nor a list")
    return value


def is_index(manifest: dict[str, Any]) -> bool:
    """Whether a manifest lists others instead of layers."""
    return "manifests" in manifest


def choose(index: dict[str, Any]) -> dict[str, Any]:
    """The descriptor of the image for Linux on this machine. Raises ImageError with code MANIFEST_UNKNOWN."""
    architecture = ARCHITECTURES.get(platform.machine(), platform.machine())
    images = [item for item in index["manifests"] if not _attestation(item)]
    for item in images:
        place = item.get("platform")
        if place is None or (place.get("os"), place.get("architecture")) == ("linux", architecture):
            return dict(item)
    raise ImageError("MANIFEST_UNKNOWN", f"no matching manifest for linux/{architecture} in the manifest list entries")


def _attestation(item: dict[str, Any]) -> bool:
    return "vnd.docker.reference.type" in (item.get("annotations") or {})
