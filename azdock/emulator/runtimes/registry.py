"""A client of OCI registries: manifests, blobs, and the three ways to be let in.

Source: github.com/opencontainers/distribution-spec, spec.md; distribution.github.io/distribution/spec/auth/token.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any
from urllib.parse import urljoin, urlsplit

import httpx

from azdock.emulator.runtimes import packed
from azdock.emulator.runtimes.base import ImageError
from azdock.emulator.runtimes.packed import Blob, Packed, checked, digest_of, document
from azdock.emulator.runtimes.reference import HUB, Reference

TIMEOUT = httpx.Timeout(30, connect=5)
ATTEMPTS = 3
PAUSE = 0.5  # seconds before the second attempt, doubled for each further one
REDIRECTS = 5
LOOPBACK = ("localhost", "127.0.0.1", "::1")
CODES = {401: "UNAUTHORIZED", 403: "DENIED", 404: "MANIFEST_UNKNOWN", 429: "TOOMANYREQUESTS"}
KNOWN = {"MANIFEST_UNKNOWN", "NAME_UNKNOWN", "UNAUTHORIZED", "DENIED", "TOOMANYREQUESTS", "BLOB_UNKNOWN"}


class Registry:
    """One repository, one pull; large files go to `room`. A context manager whose methods all raise ImageError."""

    def __init__(self, reference: Reference, auth: tuple[str, str] | None, room: Path) -> None:
        self._reference, self._auth, self._room = reference, auth, room
        host = "registry-1.docker.io" if reference.domain == HUB else reference.domain
        scheme = "http" if urlsplit(f"//{host}").hostname in LOOPBACK else "https"
        self._base = f"{scheme}://{host}/v2/{reference.path}/"
        self._origin = _origin(self._base)
        # loopback needs no proxy, and no certificates, whose loading takes longer than the pull
        secure = scheme == "https"
        self._client = httpx.Client(timeout=TIMEOUT, verify=secure, trust_env=secure)
        self._authorization = ""

    def __enter__(self) -> Registry:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def image(self) -> Packed:
        """The image for this machine; its layers are fetched as they are opened."""
        wanted = self._reference.digest or self._reference.tag
        data = top = self._manifest(wanted)
        manifest = document(data, f"manifest of {self._reference.familiar}")
        try:
            if packed.is_index(manifest):
                data = self._manifest(packed.choose(manifest)["digest"])
                manifest = document(data, "manifest")
            config = checked(self._small(f"blobs/{manifest['config']['digest']}"), manifest["config"]["digest"])
            digests = [layer["digest"] for layer in manifest["layers"]]
        except (KeyError, TypeError) as error:
            raise ImageError("MANIFEST_INVALID", f"{self._reference.familiar}: the manifest lacks {error}") from error
        layers = tuple(Blob(partial(self.blob, digest), digest) for digest in digests)
        return Packed(config, data, layers, (self._reference.normal,), digest_of(top))

    @contextmanager
    def blob(self, digest: str) -> Iterator[IO[bytes]]:
        """A blob, fetched to disk and compared with its digest."""
        with tempfile.TemporaryFile(dir=self._room) as file:
            self._retry(partial(self._download, digest, file))
            file.seek(0)
            yield file

    def _download(self, digest: str, file: IO[bytes]) -> None:
        file.seek(0)
        file.truncate()
        taken = hashlib.sha256()
        with self._open(f"blobs/{digest}", {}) as answer:
            for data in answer.iter_raw(1 << 20):
                taken.update(data)
                file.write(data)
        if f"sha256:{taken.hexdigest()}" != digest:
            raise ImageError("DIGEST_INVALID", f"the registry sent sha256:{taken.hexdigest()} for {digest}")

    def _manifest(self, wanted: str) -> bytes:
        data = self._small(f"manifests/{wanted}", {"Accept": ", ".join((*packed.MANIFESTS, *packed.INDEXES))})
        return checked(data, wanted) if ":" in wanted else data

    def _small(self, path: str, headers: dict[str, str] | None = None) -> bytes:
        return bytes(self._retry(partial(self._read, path, headers or {})))

    def _read(self, path: str, headers: dict[str, str]) -> bytes:
        data = bytearray()
        with self._open(path, headers) as answer:
            for part in answer.iter_bytes():
                data += part
                if len(data) > packed.MAX_JSON:
                    raise ImageError("MANIFEST_INVALID", f"{path} is larger than {packed.MAX_JSON} bytes")
        return bytes(data)

    def _retry(self, action: Any) -> Any:
        for attempt in range(ATTEMPTS):
            try:
                return action()
            except httpx.HTTPError as error:
                # a refused connection or an unknown host will not be better in a second
                if attempt + 1 == ATTEMPTS or isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
                    text = f'Get "{self._origin}/v2/": {error or type(error).__name__}'
                    raise ImageError("UNREACHABLE", text) from error
            except _Busy as busy:
                if attempt + 1 == ATTEMPTS:
                    raise busy.error from busy
            time.sleep(PAUSE * 2**attempt)
        raise AssertionError("unreachable")

    @contextmanager
    def _open(self, path: str, headers: dict[str, str]) -> Iterator[httpx.Response]:
        url = urljoin(self._base, path)
        challenged = False
        for _ in range(REDIRECTS + 2):
            ours = _origin(url) == self._origin
            extra = {"Authorization": self._authorization} if ours and self._authorization else {}
            with self._client.stream("GET", url, headers={**headers, **extra}) as answer:
                if answer.status_code == 401 and ours and not challenged:
                    challenged = True
                    answer.read()
                    self._authorization = self._answer(answer)
                elif answer.has_redirect_location:
                    url = self._next(url, answer.headers["Location"])
                else:
                    _check(answer, self._reference)
                    yield answer
                    return
        raise ImageError("UNREACHABLE", f"{self._origin}: too many redirects")

    def _next(self, url: str, location: str) -> str:
        target = urljoin(url, location)
        plain = urlsplit(target).scheme == "http" and urlsplit(target).hostname in LOOPBACK
        if urlsplit(target).scheme != "https" and not plain:
            raise ImageError("DENIED", f"{self._origin}: redirects to {target}, which is not https")
        return target

    def _answer(self, refusal: httpx.Response) -> str:
        """The Authorization header that the challenge of a 401 asks for."""
        kind, _, rest = refusal.headers.get("WWW-Authenticate", "").partition(" ")
        facts = dict(re.findall(r'(\w+)="([^"]*)"', rest))
        if kind.lower() == "basic" and self._auth:
            return f"Basic {b64encode(':'.join(self._auth).encode()).decode()}"
        if kind.lower() != "bearer" or "realm" not in facts:
            _check(refusal, self._reference)
        scope = facts.get("scope") or f"repository:{self._reference.path}:pull"
        query = {"scope": scope} | ({"service": facts["service"]} if "service" in facts else {})
        realm = self._next(self._base, facts["realm"])
        answer = self._client.get(realm, params=query, auth=self._auth)
        _check(answer, self._reference)
        body = document(answer.content, "the token server's answer")
        token = body.get("token") or body.get("access_token")
        if not token:
            raise ImageError("UNAUTHORIZED", f"{facts['realm']} gave no token")
        return f"Bearer {token}"


class _Busy(Exception):
    """An answer that may be better at the next attempt."""

    def __init__(self, error: ImageError) -> None:
        super().__init__(error.message)
        self.error = error


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _check(answer: httpx.Response, reference: Reference) -> None:
    """Raise what a registry's refusal means."""
    if answer.is_success:
        return
    answer.read()
    code, message = _first_error(answer)
    code = code if code in KNOWN else CODES.get(answer.status_code, "UNREACHABLE")
    name = f"{reference.familiar}: {message or f'{answer.status_code} {answer.reason_phrase}'}"
    error = ImageError("MANIFEST_UNKNOWN" if code == "BLOB_UNKNOWN" else code, name)
    if answer.status_code == 429 or answer.status_code >= 500:
        raise _Busy(error)
    raise error


def _first_error(answer: httpx.Response) -> tuple[str, str]:
    """Not every proxy in front of a registry answers in JSON."""
    try:
        first = answer.json()["errors"][0]
        return str(first.get("code", "")), str(first.get("message", ""))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        return "", ""
