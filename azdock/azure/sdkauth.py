"""What the SDK clients authenticate with; imported only together with an SDK."""

from __future__ import annotations

from typing import Any

from azure.core.credentials import AccessToken
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import HTTPPolicy

from azdock.azure.credential import Tokens


class CachedCredential:
    """A TokenCredential over our token cache."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def get_token(self, *scopes: str, **_options: Any) -> AccessToken:
        """A token for the first scope."""
        token = self._tokens.get(scopes[0])
        return AccessToken(token, self._tokens.expires(scopes[0]))


class TokenPolicy(HTTPPolicy[Any, Any]):
    """Sets the Authorization header, and once more with another token when the first is refused.

    The SDK's own policy does neither for the embedded Azure: it insists on https, and keeps a token until its end.
    """

    def __init__(self, tokens: Tokens, scope: str) -> None:
        self._tokens, self._scope = tokens, scope

    def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """Called by azure-core for each try of a request."""
        token = self._tokens.get(self._scope)
        answer = self._send(request, token)
        if answer.http_response.status_code == 401:
            answer = self._send(request, self._tokens.get(self._scope, stale=token))
        return answer

    def _send(self, request: PipelineRequest[Any], token: str) -> PipelineResponse[Any, Any]:
        request.http_request.headers["Authorization"] = f"Bearer {token}"
        return self.next.send(request)
