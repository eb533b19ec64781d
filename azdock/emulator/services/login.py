"""What leads to a token: cloud metadata, OpenID configuration, the OAuth2 token endpoint, subscriptions.

Source: azure-cli, azure/cli/core/cloud.py (metadata/endpoints).
MSAL skips its instance check for a path ending in /adfs.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any
from urllib.parse import parse_qs, unquote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from azdock.emulator import arm
from azdock.emulator.app import route
from azdock.emulator.errors import ArmError
from azdock.emulator.world import TENANT, World


def routes(world: World) -> list[BaseRoute]:
    """Metadata, discovery and token endpoints; the only ones that need no token."""

    async def token(request: Request) -> Response:
        form = {key: values[0] for key, values in parse_qs((await request.body()).decode(), True).items()}
        if form.get("grant_type") != "client_credentials":
            raise ArmError(401, "invalid_client", "Only the client_credentials grant is served.")
        client, secret = _basic(request) or (form.get("client_id", ""), form.get("client_secret", ""))
        scope = form.get("scope") or form.get("resource", "")
        return arm.answer(world.auth.token(client, secret, scope), headers={"Cache-Control": "no-store"})

    return [
        route("/metadata/endpoints", _metadata, ["GET"]),
        route("/adfs/.well-known/openid-configuration", _discovery, ["GET"]),
        route("/{tenant}/v2.0/.well-known/openid-configuration", _discovery, ["GET"]),
        route("/adfs/oauth2/token", token, ["POST"]),
        route("/{tenant}/oauth2/token", token, ["POST"]),
        route("/{tenant}/oauth2/v2.0/token", token, ["POST"]),
    ]


def _basic(request: Request) -> tuple[str, str] | None:
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        client, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as broken:
        raise ArmError(401, "invalid_client", "The Authorization header cannot be read.") from broken
    return unquote(client), unquote(secret)


async def _metadata(request: Request) -> Response:
    base = arm.base(request)
    cloud: dict[str, Any] = {
        "name": "azdock",
        "portal": base,
        "authentication": {
            "loginEndpoint": f"{base}/adfs",
            "audiences": [base, "https://management.azure.com/"],
            "tenant": TENANT,
            "identityProvider": "ADFS",
        },
        "resourceManager": base,
        "microsoftGraphResourceId": base,
        "logAnalyticsResourceId": base,
        "suffixes": {
            "storage": "core.localhost",
            "acrLoginServer": "azurecr.localhost",
            "keyVaultDns": "vault.localhost",
        },
    }
    old = request.query_params.get("api-version", "") < "2020"
    return arm.answer([cloud] if old else cloud)


async def _discovery(request: Request) -> Response:
    base = arm.base(request)
    tenant = request.path_params.get("tenant")
    return arm.answer(
        {
            "issuer": f"{base}/{tenant or 'adfs'}",
            "token_endpoint": f"{base}/{tenant}/oauth2/v2.0/token" if tenant else f"{base}/adfs/oauth2/token",
            "authorization_endpoint": f"{base}/{tenant or 'adfs'}/oauth2/authorize",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "response_types_supported": ["code"],
            "scopes_supported": ["openid"],
        }
    )
