"""The control calls of the embedded Azure about images; the cloud has nothing like them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

from azdock import errors
from azdock.azure import errors as translate
from azdock.azure import web
from azdock.azure.client import Azure

# An archive is unpacked before the answer comes, and a pull may fetch gigabytes.
SLOW_SECONDS = 3600.0


class EmbeddedImages:
    """List, describe, load and remove images."""

    def __init__(self, azure: Azure) -> None:
        self._azure = azure

    def all(self) -> list[dict[str, Any]]:
        """Every image as JSON."""
        return list(self._azure.arm.every("/_azdock/images", ""))

    def describe(self, reference: str, pull: str) -> dict[str, Any]:
        """An image's configuration, pulled as `pull` says. Raises NoSuchImage."""
        query = urlencode({"reference": reference, "pull": pull})
        return cast(dict[str, Any], self._call("GET", f"/_azdock/images/config?{query}"))

    def load(self, path: str) -> list[str]:
        """Send an archive; the references it held. Raises AzdockError when it is no archive or cannot be read."""
        try:
            file = Path(path).open("rb")  # noqa: SIM115 (closed below)
        except OSError as unreadable:
            raise errors.AzdockError(f"open {path}: {(unreadable.strerror or '').lower()}") from unreadable
        with file:
            # A refusal in the middle of gigabytes closes the connection: make sure first that the token is good.
            self._azure.arm.request("GET", self._azure.arm.url("/_azdock/status"))
            found = self._call("POST", "/_azdock/images/load", content=file)
        return list(found["references"])

    def remove(self, reference: str, force: bool) -> list[tuple[str, str]]:
        """Untag or delete; (what, text) pairs. Raises NoSuchImage, Conflict."""
        query = urlencode({"reference": reference, "force": "true" if force else "false"})
        return [(str(what), str(text)) for what, text in self._call("DELETE", f"/_azdock/images?{query}")["changes"]]

    def close(self) -> None:
        """Drop the connections."""
        self._azure.close()

    def _call(self, method: str, path: str, **options: Any) -> Any:
        arm = self._azure.arm
        try:
            timeout = web.httpx.Timeout(SLOW_SECONDS, connect=10.0)
            return arm.request(method, arm.url(path), timeout=timeout, **options).json()
        except errors.NotFound as missing:
            raise errors.NoSuchImage(_plain(missing.message)) from missing
        except errors.AzureFailure as refused:
            if refused.status == 409:
                raise errors.Conflict(_plain(refused.message)) from refused
            raise


def _plain(text: str) -> str:
    return translate.without_code(text)
