"""What an image's own configuration says, read from its registry.

SOURCE: github.com/opencontainers/distribution-spec, spec.md (routes); github.com/opencontainers/image-spec,
image-index.md and config.md; distribution.github.io/distribution/spec/manifest-v2-2 (docker's own types).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from azdock import errors
from azdock.azure.registryauth import Door
from azdock.azure.registrycalls import Answer, Calls, document, is_safe, joined, origin, scheme
from azdock.azure.registrycredentials import HUB, Credential

INDEXES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
MANIFESTS = ("application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json")
CONFIGS = ("application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json")
ACCEPT = ", ".join((*MANIFESTS, *INDEXES))
HUB_HOST = "registry-1.docker.io"
# the only platform of Container Apps: learn.microsoft.com/azure/container-apps/containers
PLATFORM = ("linux", "amd64")
REDIRECTS, DEPTH = 5, 3
# Facts are stamped on the resource, whose tags hold little; images of buildpacks carry labels of 50,000 letters.
LABEL_LETTERS = 4096


@dataclass(frozen=True, slots=True)
class Target:
    """An image in a registry: host is "docker.io" for the Hub; path has its library/; a tag or a digest is given."""

    host: str
    path: str
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        return f"{self.host}/{self.path}" + (f"@{self.digest}" if self.digest else f":{self.tag}")


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """An image's configuration: `id` is its digest, env is "NAME=value"."""

    id: str
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    workdir: str = ""
    user: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    exposed: tuple[str, ...] = ()  # 80/tcp
    volumes: tuple[str, ...] = ()  # paths
    health: tuple[str, ...] = ()  # the test of HEALTHCHECK, which only docker's own configurations have
    health_settings: Mapping[str, int] = field(default_factory=dict)  # Interval (nanoseconds), Retries ...


class Repository:
    """One repository of a registry. Raises NoSuchImage, Forbidden, Unreachable; AzdockError for nonsense."""

    def __init__(self, target: Target, calls: Calls, credentials: Iterator[Credential]) -> None:
        host = HUB_HOST if target.host == HUB else target.host
        self._target, self._calls = target, calls
        self._base = f"{scheme(host)}://{host}/v2/{target.path}/"
        self._door = Door(calls, self._base, f"repository:{target.path}:pull", credentials)

    def top(self) -> tuple[str, bytes]:
        """Digest and bytes of what the reference names: a manifest, or an index of several."""
        data = self._manifest(self._target.digest or self._target.tag)
        return self._target.digest or digest_of(data), data

    def config(self, data: bytes) -> ImageConfig:
        """The configuration behind a manifest or index."""
        manifest = self._chosen(data)
        config = manifest.get("config")
        digest, kind = (config.get("digest"), config.get("mediaType")) if isinstance(config, dict) else (None, None)
        if not isinstance(digest, str) or kind not in CONFIGS:
            raise errors.AzdockError(f"{self._target} is no image that can be run")
        answer = self._open(f"blobs/{digest}", {})
        _compare(answer.body, digest)
        body = document(answer.body, f"the configuration of {self._target}")
        return of_config(digest, body.get("config") or {})

    def _chosen(self, data: bytes) -> dict[str, Any]:
        """The manifest for the platform of Azure; an index may hold another one."""
        for _ in range(DEPTH):
            manifest = document(data, f"the manifest of {self._target}")
            if "manifests" not in manifest:
                return manifest
            data = self._manifest(_choose(manifest["manifests"], str(self._target)))
        raise errors.AzdockError(f"{self._target} is an index of indexes of indexes")

    def _manifest(self, wanted: str) -> bytes:
        data = self._open(f"manifests/{wanted}", {"Accept": ACCEPT}).body
        if ":" in wanted:
            _compare(data, wanted)
        return data

    def _open(self, path: str, headers: Mapping[str, str]) -> Answer:
        url, redirects = self._base + path, 0
        while True:
            ours = origin(url) == origin(self._base)
            header = self._door.header if ours else ""  # never for another host
            answer = self._calls.get(url, {**headers, "Authorization": header} if header else headers)
            if answer.status in (401, 403) and ours and self._door.opens(answer):
                continue
            if answer.status not in (301, 302, 303, 307, 308):
                return self._checked(answer)
            redirects += 1
            url = self._next(url, answer.headers.get("Location", ""), redirects)

    def _next(self, url: str, location: str, redirects: int) -> str:
        found = joined(url, location)
        if redirects > REDIRECTS or not is_safe(found, self._base):
            raise errors.AzdockError(f"{origin(self._base)} redirects too often, or to where it must not")
        return found

    def _checked(self, answer: Answer) -> Answer:
        if answer.status == 200:
            return answer
        text = f"{self._target}: {_reason(answer)}"
        if answer.status == 404:
            raise errors.NoSuchImage(text)
        if answer.status in (401, 403):
            raise errors.Forbidden(text)
        raise errors.AzureFailure(text, status=answer.status)


def of_config(digest: str, found: Mapping[str, Any]) -> ImageConfig:
    """The `config` object of an image's configuration, without labels too large for Azure.

    Raises AzdockError when it is not what the standard says.
    """
    if not isinstance(found, dict):
        raise errors.AzdockError("the configuration of the image is no object")
    health = found.get("Healthcheck") or {}
    if not isinstance(health, dict):
        raise errors.AzdockError("Healthcheck of the image is no object")
    return ImageConfig(
        id=digest,
        entrypoint=_strings(found, "Entrypoint"),
        command=_strings(found, "Cmd"),
        env=_strings(found, "Env"),
        workdir=_string(found, "WorkingDir"),
        user=_string(found, "User"),
        labels=_labels(found),
        exposed=_keys(found, "ExposedPorts"),
        volumes=_keys(found, "Volumes"),
        health=_strings(health, "Test"),
        health_settings={key: value for key, value in health.items() if isinstance(value, int) and value},
    )


def digest_of(data: bytes) -> str:
    """sha256:..."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _choose(manifests: object, name: str) -> str:
    """The digest of the manifest for the platform of Azure."""
    for one in manifests if isinstance(manifests, list) else ():
        platform = one.get("platform") if isinstance(one, dict) else None
        if isinstance(platform, dict) and (platform.get("os"), platform.get("architecture")) == PLATFORM:
            digest = one.get("digest")
            if isinstance(digest, str) and ":" in digest:
                return digest
    raise errors.AzdockError(f"{name} has no image for {'/'.join(PLATFORM)}")


def _compare(data: bytes, digest: str) -> None:
    algorithm, _, value = digest.partition(":")
    if algorithm not in ("sha256", "sha384", "sha512") or hashlib.new(algorithm, data).hexdigest() != value:
        raise errors.AzdockError(f"the registry sent something else than {digest}")


def _reason(answer: Answer) -> str:
    """The registry's own words; not every proxy in front of one answers in JSON."""
    try:
        return str(document(answer.body, "")["errors"][0]["message"])
    except (errors.AzdockError, KeyError, IndexError, TypeError):
        return f"the registry answers with {answer.status}"


def _string(found: Mapping[str, Any], key: str) -> str:
    value = found.get(key) or ""
    if not isinstance(value, str):
        raise errors.AzdockError(f"{key} of the image is no text")
    return value


def _strings(found: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = found.get(key) or []
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise errors.AzdockError(f"{key} of the image is no list of texts")
    return tuple(value)


def _keys(found: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """The names in an object whose values say nothing."""
    value = found.get(key) or {}
    if not isinstance(value, dict):
        raise errors.AzdockError(f"{key} of the image is no object")
    return tuple(sorted(value))


def _labels(found: Mapping[str, Any]) -> dict[str, str]:
    value = found.get("Labels") or {}
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        raise errors.AzdockError("Labels of the image are no texts")
    kept, left = set(), LABEL_LETTERS
    for name in sorted(value, key=lambda name: len(name) + len(value[name])):
        left -= len(name) + len(value[name])
        if left >= 0:
            kept.add(name)
    return {name: text for name, text in value.items() if name in kept}
