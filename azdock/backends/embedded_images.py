"""The embedded Azure's image store, over its control calls."""

from __future__ import annotations

from typing import Any

from azdock import errors
from azdock.azure.client import Azure
from azdock.azure.images import EmbeddedImages
from azdock.backends.base import Image
from azdock.docker.spec import ImageFacts
from azdock.settings import Settings


def connect(settings: Settings) -> Store:
    """The store of the context. Raises Unsupported when the context is not the embedded Azure."""
    if settings.context.kind != "embedded":
        raise errors.Unsupported(
            "images: this context keeps no images of its own",
            hint="push images to a registry, or use `azdock --context local`",
        )
    return Store(EmbeddedImages(Azure(settings)))


class Store:
    """ImageStore over the control calls."""

    def __init__(self, calls: EmbeddedImages) -> None:
        self._calls = calls

    def images(self) -> list[Image]:
        """Every image in the store, newest first."""
        found = [_image(item) for item in self._calls.all()]
        return sorted(found, key=lambda image: image.created, reverse=True)

    def load(self, path: str) -> list[str]:
        """Import an archive; the references it held."""
        return self._calls.load(path)

    def remove(self, reference: str, force: bool) -> list[tuple[str, str]]:
        """Untag or delete. Raises NoSuchImage, Conflict."""
        return self._calls.remove(reference, force)

    def close(self) -> None:
        """Drop the connections."""
        self._calls.close()


def facts(found: dict[str, Any]) -> ImageFacts:
    """An image's configuration from the control call's JSON."""
    health = found.get("health") or {}
    return ImageFacts(
        id=str(found["id"]),
        entrypoint=tuple(found.get("entrypoint") or ()),
        command=tuple(found.get("command") or ()),
        env=tuple(found.get("env") or ()),
        workdir=str(found.get("workdir") or ""),
        user=str(found.get("user") or ""),
        labels=dict(found.get("labels") or {}),
        exposed=tuple(found.get("exposed") or ()),
        volumes=tuple(found.get("volumes") or ()),
        health=tuple(health.get("Test") or ()),
        health_settings={name: value for name, value in health.items() if name != "Test"},
    )


def _image(item: dict[str, Any]) -> Image:
    return Image(
        id=str(item["id"]),
        tags=tuple(item.get("tags") or ()),
        size=int(item["size"]),
        created=float(item["created"]),
        digests=tuple(item.get("digests") or ()),
        labels=item.get("labels"),
    )
