"""The image store of the embedded Azure."""

from __future__ import annotations

from collections.abc import Sequence

from azdock.backends import base
from azdock.backends.base import Image
from azdock.docker.spec import ImageFacts
from azdock.errors import NoSuchImage
from azdock.services import placement
from azdock.settings import Settings

__all__ = ["Image", "Images"]


class Images:
    """`images`, `load` and `rmi`. Every method raises Unsupported where the context has no image store."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def list(self) -> list[Image]:
        """Every image, newest first."""
        return base.connect_images(self._settings).images()

    def inspect(self, reference: str) -> tuple[Image, ImageFacts]:
        """One image and what its configuration says. Raises NoSuchImage."""
        facts = base.connect(placement.DEFAULT, self._settings).image(reference, "never")
        for image in self.list():
            if image.id == facts.id:
                return image, facts
        raise NoSuchImage(f"No such image: {reference}")

    def load(self, path: str) -> Sequence[str]:
        """Import an archive; the references it held."""
        return base.connect_images(self._settings).load(path)

    def remove(self, reference: str, force: bool) -> Sequence[tuple[str, str]]:
        """Untag or delete; ("Untagged"|"Deleted", text) pairs."""
        return base.connect_images(self._settings).remove(reference, force)
