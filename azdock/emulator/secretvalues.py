"""The secrets of a job or an app, and which of them open the registry of an image."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]


def secret_values(document: Document) -> dict[str, str]:
    """The resource's secrets by name; one in a key vault has no value here."""
    return {one["name"]: one.get("value", "") for one in document["properties"]["configuration"].get("secrets") or ()}


def credentials(document: Document, image: str) -> tuple[str, str] | None:
    """User and password that the resource holds for the image's registry."""
    known = secret_values(document)
    for registry in document["properties"]["configuration"].get("registries") or ():
        server = registry.get("server", "").removeprefix("https://").rstrip("/")
        if server and registry.get("username") and serves(server, image):
            return registry["username"], known.get(registry.get("passwordSecretRef", ""), "")
    return None


def serves(server: str, image: str) -> bool:
    """Whether an image comes from this registry."""
    first = image.partition("/")[0]
    if "/" not in image or not ("." in first or ":" in first or first == "localhost"):
        first = "docker.io"
    return first == server or {first, server} <= {"docker.io", "index.docker.io", "registry-1.docker.io"}
