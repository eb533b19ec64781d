"""Image references: docker's short forms made whole, and back."""

from __future__ import annotations

import re
from dataclasses import dataclass

from azdock.emulator.runtimes.base import ImageError

HUB = "docker.io"
# Source: github.com/distribution/reference, regexp.go
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_PATH = re.compile(rf"{_PART}(?:/{_PART})*\Z")
_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_DOMAIN = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?\Z")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\Z")
_DIGEST = re.compile(r"sha256:[a-f0-9]{64}\Z")


@dataclass(frozen=True, slots=True)
class Reference:
    """An image's name: registry host, repository path, and a tag or a digest (a digest wins)."""

    domain: str
    path: str
    tag: str
    digest: str = ""

    @property
    def repository(self) -> str:
        """docker.io/library/busybox"""
        return f"{self.domain}/{self.path}"

    @property
    def normal(self) -> str:
        """docker.io/library/busybox:latest, or ...@sha256:... when a digest was given."""
        return self.repository + (f"@{self.digest}" if self.digest else f":{self.tag}")

    @property
    def familiar(self) -> str:
        """busybox:latest"""
        name = self.repository
        if self.domain == HUB:
            name = self.path.removeprefix("library/") if self.path.count("/") == 1 else self.path
        return name + (f"@{self.digest}" if self.digest else f":{self.tag}")


def parse(text: str) -> Reference:
    """Read a reference by docker's rules. Raises ImageError with code NAME_INVALID."""
    name, _, digest = text.partition("@")
    head, slash, rest = name.partition("/")
    hosted = bool(slash) and ("." in head or ":" in head or head == "localhost" or head != head.lower())
    domain, path = (head, rest) if hosted else (HUB, name)
    path, colon, tag = path.partition(":")
    if domain in (HUB, "index.docker.io"):
        domain, path = HUB, path if "/" in path else f"library/{path}"
    good = _DOMAIN.match(domain) and _PATH.match(path) and (not colon or _TAG.match(tag))
    if not good or ("@" in text and not _DIGEST.match(digest)):
        raise ImageError("NAME_INVALID", f"invalid reference format: {text}")
    return Reference(domain, path, tag or "latest", digest)
