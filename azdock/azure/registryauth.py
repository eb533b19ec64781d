"""How a registry lets us in: Basic, Bearer tokens, and Azure's exchange of an access token for a registry's.

SOURCE: distribution.github.io/distribution/spec/auth/token and .../auth/oauth;
github.com/Azure/acr, docs/AAD-OAuth.md (exchange, the null user).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlencode

from azdock import errors, wire
from azdock.azure import credential as login
from azdock.azure.registrycalls import Answer, Calls, document, is_safe, joined
from azdock.azure.registrycredentials import Credential
from azdock.azure.web import httpx

AZURE_SUFFIX = ".azurecr.io"
REGISTRY_SCOPE = "https://containerregistry.azure.net/.default"
# the user behind an identity token where a registry wants a name and a password
NULL_USER = "00000000-0000-0000-0000-000000000000"
_PARAMETER = re.compile(r'([a-zA-Z_]+)=(?:"([^"]*)"|([^\s,"]+))')
Challenge = Mapping[str, str]  # realm, service, scope, and "kind": basic or bearer


class Door:
    """The way into one repository: credentials are tried in order, each when the one before was refused."""

    def __init__(self, calls: Calls, base: str, scope: str, credentials: Iterator[Credential]) -> None:
        self._calls, self._base, self._scope, self._credentials = calls, base, scope, credentials
        self._challenge: Challenge | None = None
        self.header = ""  # the Authorization that is worth trying now

    def opens(self, refusal: Answer) -> bool:
        """After a 401 or 403: True when there is another Authorization to try. Raises Unreachable, AzdockError."""
        self._challenge = challenge(refusal.headers) or self._challenge
        if self._challenge is None:
            return False
        for credential in self._credentials:
            self.header = self._authorization(self._challenge, credential)
            if self.header:
                return True
        self.header = ""
        return False

    def _authorization(self, asked: Challenge, credential: Credential) -> str:
        """The header for a credential, "" when it is refused or of no use here."""
        if asked["kind"] == "basic":
            return _basic(credential)
        if credential.bearer:
            return _bearer(credential.bearer)
        realm = joined(self._base, asked["realm"])
        if not is_safe(realm, self._base):
            raise errors.AzdockError(f"{self._base} wants tokens from {realm}, which is not https")
        answer = self._token(realm, asked, credential)
        if answer.status in (400, 401, 403, 404, 405):
            return ""
        if answer.status != 200:
            raise errors.AzureFailure(f"{realm} answers with {answer.status}", status=answer.status)
        body = document(answer.body, f"the token of {realm}")
        return _bearer(body.get("token") or body.get("access_token"))

    def _token(self, realm: str, asked: Challenge, credential: Credential) -> Answer:
        wanted = {"scope": asked.get("scope") or self._scope}
        if asked.get("service"):
            wanted["service"] = asked["service"]
        if credential.identity:
            form = {"grant_type": "refresh_token", "client_id": "azdock", "refresh_token": credential.identity}
            return self._calls.post(realm, {**wanted, **form})
        basic = _basic(credential)
        joint = "&" if "?" in realm else "?"
        return self._calls.get(f"{realm}{joint}{urlencode(wanted)}", {"Authorization": basic} if basic else {})


def exchanged(
    calls: Calls, host: str, token: Callable[[str], str], tenant: str, audiences: tuple[str, ...]
) -> Iterator[Credential]:
    """The credential of the person logged in to Azure at an Azure registry; nothing when Azure or it refuses.

    `token` gives an access token for a scope; the audiences are tried in order.
    """
    for scope in audiences:
        try:
            given = token(scope)
        except errors.AzdockError:
            return  # creating the container needs a token too, and says what is wrong
        form = {"grant_type": "access_token", "service": host, "access_token": given}
        answer = calls.post(f"https://{host}/oauth2/exchange", {**form, **({"tenant": tenant} if tenant else {})})
        if answer.status == 200:
            refresh = document(answer.body, f"the exchange of {host}").get("refresh_token")
            if isinstance(refresh, str) and refresh:
                yield Credential(identity=refresh)


def scopes(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The audiences of an exchange, in order: the resource manager's tokens serve unless a policy forbids it.

    A second login is not worth it where a person would have to type a code for it.
    """
    return (wire.ARM_SCOPE,) if login.asks_a_person(environ) else (wire.ARM_SCOPE, REGISTRY_SCOPE)


def challenge(headers: httpx.Headers) -> Challenge | None:
    """The challenge of a refusal that we can answer, Bearer before Basic; None when there is none."""
    found: dict[str, Challenge] = {}
    for text in headers.get_list("WWW-Authenticate"):
        kind, _, rest = text.strip().partition(" ")
        parameters = {name.lower(): quoted or plain for name, quoted, plain in _PARAMETER.findall(rest)}
        found.setdefault(kind.lower(), {**parameters, "kind": kind.lower()})
    bearer = found.get("bearer")
    return bearer if bearer and bearer.get("realm") else found.get("basic")


def _bearer(token: object) -> str:
    """The header for a token; "" for what cannot stand in a header."""
    return f"Bearer {token}" if isinstance(token, str) and token and token.isascii() and token.isprintable() else ""


def _basic(credential: Credential) -> str:
    user, secret = credential.user, credential.secret
    if credential.identity:
        user, secret = NULL_USER, credential.identity
    if not (user and secret):
        return ""
    return f"Basic {base64.b64encode(f'{user}:{secret}'.encode()).decode()}"
