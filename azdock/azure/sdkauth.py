"""What the SDK clients authenticate with; imported only together with an SDK."""

from __future__ import annotations

from typing import Any

from azure.core.credentials import AccessToken
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import SansIOHTTPPolicy

from azdock.azure.credential import Tokens


class CachedCredential:
    """A TokenCredential over our token cache."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def get_token(self, *scopes: str, **_options: Any) -> AccessToken:
        """A token for the first scope."""
        token = self._tokens.get(scopes[0])
        return AccessToken(token, self._tokens.expires(scopes[0]))


class TokenPolicy(SansIOHTTPPolicy[Any, Any]):
    """Sets the Authorization header without looking at the scheme: for the embedded Azure on loopback only."""

    def __init__(self, tokens: Tokens, scope: str) -> None:
        super().__init__()
        self._tokens, self._scope = tokens, scope

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Called by azure-core before each request is sent, retries included."""
        request.http_request.headers["Authorization"] = f"Bearer {self._tokens.get(self._scope)}"
