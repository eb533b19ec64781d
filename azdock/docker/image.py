"""Image references: domain/path:tag@digest, and docker's short form of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from azdock.docker.values import BadValue

_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_DOMAIN = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[(?:[a-fA-F0-9:]+)\])(?::[0-9]+)?"
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_DIGEST = r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}"
_REFERENCE = re.compile(
    rf"(?:({_DOMAIN})/)?({_PART}(?:/{_PART})*)(?::([A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}}))?(?:@({_DIGEST}))?", re.ASCII
)
_DIGEST_LENGTHS = {"sha256": 64, "sha384": 96, "sha512": 128}  # hex digits
_HUB = "docker.io"
_INVALID = "invalid reference format"


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference in its full form; tag and digest are "" when not given."""

    domain: str
    path: str
    tag: str = ""
    digest: str = ""

    def familiar(self) -> str:
        """As docker shows it: without docker.io/ and library/."""
        return self._name(short=True) + self._version(self.tag)

    def normal(self) -> str:
        """As a registry wants it: with the domain, and with the tag latest when nothing was given."""
        return self._name(short=False) + self._version(self.tag or ("" if self.digest else "latest"))

    def familiar_tagged(self) -> str:
        """The short form with the tag latest filled in, as docker's engine names an image in messages."""
        return self._name(short=True) + self._version(self.tag or ("" if self.digest else "latest"))

    @property
    def familiar_name(self) -> str:
        """The short form without tag and digest, as `images` shows it under REPOSITORY."""
        return self._name(short=True)

    def _name(self, *, short: bool) -> str:
        if short and self.domain == _HUB:
            path = self.path.removeprefix("library/")
            return self.path if "/" in path else path
        return f"{self.domain}/{self.path}"

    def _version(self, tag: str) -> str:
        return (f":{tag}" if tag else "") + (f"@{self.digest}" if self.digest else "")


def parse(reference: str) -> Reference:
    """A reference as typed -> its full form. Raises BadValue with docker's message."""
    domain, rest = _split(reference)
    path_only = re.split(r"[:@]", rest)[0]
    if path_only.lower() != path_only:
        raise BadValue(f"{_INVALID}: repository name ({path_only}) must be lowercase")
    match = _REFERENCE.fullmatch(f"{domain}/{rest}")
    if match is None or match[1] is None:
        raise BadValue(_INVALID)
    _check_digest(match[4] or "")
    if len(match[1]) + 1 + len(match[2]) > 255:
        raise BadValue("repository name must not be more than 255 characters")
    return Reference(match[1], match[2], match[3] or "", match[4] or "")


def _check_digest(digest: str) -> None:
    algorithm, _, value = digest.partition(":")
    length = _DIGEST_LENGTHS.get(algorithm)
    if digest and length is None:
        raise BadValue("unsupported digest algorithm")
    if digest and len(value) != length:
        raise BadValue("invalid checksum digest length")
    if value.lower() != value:
        raise BadValue("invalid checksum digest format")


def _split(reference: str) -> tuple[str, str]:
    first, slash, rest = reference.partition("/")
    host_like = "." in first or ":" in first or first == "localhost" or first.lower() != first
    if not slash or not host_like:
        return _HUB, reference if slash else f"library/{reference}"
    if first == "index.docker.io":
        first = _HUB
    return first, f"library/{rest}" if first == _HUB and "/" not in rest else rest
