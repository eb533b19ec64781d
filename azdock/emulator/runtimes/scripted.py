"""A runtime for tests: any image exists, programs are plain subprocesses of the host, nothing is isolated."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from azdock.emulator.runtimes.base import Container, ContainerRun, ImageConfig, ImageError, ImageRef
from azdock.emulator.runtimes.environment import container_env
from azdock.emulator.runtimes.fleet import Fleet
from azdock.emulator.runtimes.host import host_image, is_host
from azdock.emulator.runtimes.network import Networks, NoNetworks
from azdock.emulator.runtimes.plain import PlainContainer

CREATED = 1704067200  # 2024-01-01T00:00:00Z


class ScriptedRuntime:
    """Images: any name, except that "missing" in it is unknown and "private" needs `auth`; CMD is sh, PATH docker's."""

    name = "scripted"

    def __init__(self) -> None:
        self.networks: Networks = NoNetworks()
        self._fleet = Fleet()
        self._images: dict[str, ImageRef] = {}
        self.configs: dict[str, ImageConfig] = {}  # of images that are not the plain one, by reference
        self.runs: list[ContainerRun] = []  # what was started, for assertions

    async def resolve(self, reference: str, auth: tuple[str, str] | None = None, pull: str = "missing") -> ImageRef:
        """An image with a made-up id. Raises ImageError MANIFEST_UNKNOWN or UNAUTHORIZED by the name alone."""
        if is_host(reference):
            return host_image(reference)
        if "missing" in reference or (pull == "never" and reference not in self._images):
            raise ImageError("MANIFEST_UNKNOWN", f"manifest for {reference} not found: manifest unknown")
        if "private" in reference and auth is None:
            raise ImageError("UNAUTHORIZED", f"{reference}: unauthorized: authentication required")
        ident = "sha256:" + hashlib.sha256(reference.encode()).hexdigest()
        image = ImageRef(reference, ident, self.configs.get(reference, ImageConfig(command=("sh",))))
        self._images[reference] = image
        return image

    async def start(self, run: ContainerRun) -> Container:
        """Start the command line on the host, in the run's scratch folder. Raises StartError."""
        self.runs.append(run)
        run.scratch.mkdir(parents=True, exist_ok=True)
        container = PlainContainer.start(run, container_env(run, str(run.scratch)), run.scratch)
        self._fleet.add(container)
        return container

    async def images(self) -> list[dict[str, Any]]:
        """Every image resolved or loaded so far."""
        return [
            {"id": image.id, "tags": [name], "digests": [], "size": 1000, "created": CREATED, "labels": {}}
            for name, image in self._images.items()
        ]

    async def load(self, archive: Path) -> list[str]:
        """An archive holds one image, named like the file. Raises ImageError for an empty file."""
        if not archive.stat().st_size:
            raise ImageError("INVALID_ARCHIVE", f"{archive.name} is not an image archive")
        reference = f"{archive.name.split('.')[0]}:latest"
        await self.resolve(reference)
        return [reference]

    async def remove(self, reference: str, force: bool) -> list[tuple[str, str]]:
        """Forget an image. Raises ImageError NOT_FOUND, or CONFLICT for one that is in use without `force`."""
        image = self._images.get(reference)
        if image is None:
            raise ImageError("NOT_FOUND", f"No such image: {reference}")
        if not force and "inuse" in reference:
            raise ImageError("CONFLICT", f"conflict: unable to remove repository reference {reference}")
        del self._images[reference]
        return [("Untagged", reference), ("Deleted", image.id)]

    async def close(self) -> None:
        """End every container."""
        await self._fleet.close()
