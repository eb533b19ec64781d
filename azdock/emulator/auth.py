"""Who may talk to the emulator: a secret made at its start buys tokens, and tokens open everything else."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from typing import Any

from azdock.emulator.errors import ArmError

LIFE = 86400  # seconds an access token lives; az and MSAL ignore one with less than five minutes left
DATA_LIFE = 3600  # seconds a log stream or exec token lives
CLIENT_ID = "azdock"


class Auth:
    """Tokens of one emulator process; nothing outlives it."""

    def __init__(self, secret: str = "", client_id: str = CLIENT_ID, now: Callable[[], float] = time.time) -> None:
        self.client_id = client_id
        self.secret = secret or new_secret()
        self._key = secrets.token_bytes(32)
        self._tokens: dict[str, float] = {}
        self._now = now

    def token(self, client_id: str, secret: str, scope: str) -> dict[str, Any]:
        """The answer of an OAuth2 token endpoint for client credentials; every scope is served.

        Raises ArmError (401, code invalid_client) for a wrong id or secret.
        """
        right = hmac.compare_digest(secret.encode(), self.secret.encode())
        if not right or client_id != self.client_id:
            raise ArmError(401, "invalid_client", "AADSTS7000215: Invalid client secret provided.")
        now = self._now()
        for old in [token for token, end in self._tokens.items() if end < now - LIFE]:
            del self._tokens[old]
        token = new_secret()
        self._tokens[token] = now + LIFE
        return {
            "token_type": "Bearer",
            "expires_in": LIFE,
            "ext_expires_in": LIFE,
            "scope": scope,
            "access_token": token,
        }

    def check(self, bearer: str) -> bool:
        """Whether an access token was issued here and still lives."""
        return self._tokens.get(bearer, 0.0) > self._now()

    def expired(self, bearer: str) -> bool:
        """Whether an access token was issued here once and has died."""
        return bearer in self._tokens and not self.check(bearer)

    def data_token(self, claims: dict[str, Any]) -> tuple[str, str]:
        """A token for the data plane (log stream, exec) and its end in ISO form; `claims` say what it opens.

        Source: azure-cli, recording test_containerapp_logstream.yaml (HS256, one hour, issuer AzureContainerApps).
        """
        now = int(self._now())
        end = now + DATA_LIFE
        full = {**claims, "capp_jit_expiry": end, "nbf": now, "exp": end, "iat": now, "iss": "AzureContainerApps"}
        head = _encode(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
        body = _encode(json.dumps(full).encode())
        expires = time.strftime("%Y-%m-%dT%H:%M:%S.1234567Z", time.gmtime(end))
        return f"{head}.{body}.{self._sign(f'{head}.{body}')}", expires

    def data_claims(self, token: str) -> dict[str, Any] | None:
        """The claims of a data-plane token; None when it was not issued here or has expired."""
        signed, _, signature = token.rpartition(".")
        if not signed or not hmac.compare_digest(signature.encode(), self._sign(signed).encode()):
            return None
        body = signed.partition(".")[2]
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        return claims if claims["exp"] > self._now() else None

    def _sign(self, text: str) -> str:
        return _encode(hmac.new(self._key, text.encode(), hashlib.sha256).digest())

    def seal(self, text: str) -> str:
        """A short signature that makes a URL unguessable and unchangeable."""
        return self._sign(text)


def new_secret() -> str:
    """256 random bits in hexadecimal: nothing that a command line takes for a flag."""
    return secrets.token_hex(32)


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
