"""Access tokens: from the embedded Azure's own endpoint, or from azure-identity narrowed to what is present.

SOURCE: learn.microsoft.com/python/api/overview/azure/identity-readme (environment variables of each credential).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from azdock.azure import errors as translate
from azdock.azure.embedded import Embedded, secret
from azdock.azure.web import httpx
from azdock.errors import NotLoggedIn

# A token this close to its end is not handed out any more.
MARGIN_SECONDS = 120.0
Source = Callable[[str], tuple[str, float]]  # scope -> token, Unix seconds when it expires


class Tokens:
    """Access tokens per audience, kept in home/tokens (0600) so that a loop of commands logs in once."""

    def __init__(self, folder: Path, owner: str, source: Source, clock: Callable[[], float] = time.time) -> None:
        self._folder, self._owner, self._source, self._clock = folder, owner, source, clock
        self._known: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()

    def get(self, scope: str, *, stale: str = "") -> str:
        """A token for `scope`; `stale` is one that Azure has just refused. Raises NotLoggedIn, Unreachable."""
        with self._lock:
            token, until = self._known.get(scope) or self._read(scope)
            if not token or token == stale or until - MARGIN_SECONDS < self._clock():
                token, until = self._source(scope)
                self._write(scope, token, until)
            self._known[scope] = (token, until)
            return token

    def expires(self, scope: str) -> int:
        """Unix seconds at which the token handed out last ends."""
        return int(self._known[scope][1])

    def _path(self, scope: str) -> Path:
        name = hashlib.sha256(f"{self._owner}\n{scope}".encode()).hexdigest()[:24]
        return self._folder / f"{name}.json"

    def _read(self, scope: str) -> tuple[str, float]:
        try:
            saved = json.loads(self._path(scope).read_text(encoding="utf-8"))
            return str(saved["token"]), float(saved["expires"])
        except (OSError, ValueError, KeyError, TypeError):
            return "", 0.0  # a cache that cannot be read is a cache that is empty

    def _write(self, scope: str, token: str, until: float) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._path(scope)
        fresh = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}.tmp")  # backends are asked side by side
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({"token": token, "expires": until}, file)
        fresh.replace(path)


def embedded_source(http: httpx.Client, found: Embedded) -> Source:
    """OAuth2 client credentials against the embedded Azure."""

    def ask(scope: str) -> tuple[str, float]:
        form = {"grant_type": "client_credentials", "client_id": found.client_id, "scope": scope}
        try:
            answer = http.post(f"{found.url}/adfs/oauth2/token", data={**form, "client_secret": secret(found)})
        except httpx.HTTPError as broken:
            raise translate.unreachable(found.url, broken) from broken
        if answer.status_code != 200:
            code, message = translate.parse(answer.text)
            raise NotLoggedIn(f"the embedded Azure gave no token: {message or code}", hint="azdock emulator stop")
        body = answer.json()
        return body["access_token"], time.time() + float(body["expires_in"])

    return ask


def identity_source(tenant: str, environ: Mapping[str, str]) -> Source:
    """azure-identity, asked once per token; nothing of it is imported before that."""

    def ask(scope: str) -> tuple[str, float]:
        try:
            token = _credential(tenant, environ).get_token(scope)
        except Exception as refused:
            from azure.core.exceptions import AzureError

            if not isinstance(refused, AzureError):
                raise
            raise translate.of_sdk(refused) from refused
        return token.token, float(token.expires_on)

    return ask


def choose(environ: Mapping[str, str], has_cli: bool) -> str:
    """Which credential the environment speaks for: one name, never a chain of attempts."""
    if environ.get("AZURE_CLIENT_ID") and environ.get("AZURE_TENANT_ID"):
        if environ.get("AZURE_CLIENT_SECRET") or environ.get("AZURE_CLIENT_CERTIFICATE_PATH"):
            return "environment"
        if environ.get("AZURE_FEDERATED_TOKEN_FILE"):
            return "workload"
    if environ.get("IDENTITY_ENDPOINT") or environ.get("MSI_ENDPOINT"):
        return "managed"
    return "cli" if has_cli else "device"


def asks_a_person(environ: Mapping[str, str]) -> bool:
    """True where every new token means that a person types a code into a browser."""
    return choose(environ, shutil.which("az") is not None) == "device"


def _credential(tenant: str, environ: Mapping[str, str]) -> Any:
    from azure import identity

    kind = choose(environ, shutil.which("az") is not None)
    if kind == "environment":
        return identity.EnvironmentCredential()
    if kind == "workload":
        return identity.WorkloadIdentityCredential()
    if kind == "managed":
        return identity.ManagedIdentityCredential(client_id=environ.get("AZURE_CLIENT_ID") or None)
    if kind == "cli":
        return identity.AzureCliCredential(tenant_id=tenant)
    return identity.DeviceCodeCredential(tenant_id=tenant) if tenant else identity.DeviceCodeCredential()
