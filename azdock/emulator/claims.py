"""Whether a data token was made for the resource that a path names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import HTTPConnection


def names_app(connection: HTTPConnection) -> bool:
    """Whether the token's claims name the job or app of the path: parameters subscription, group and name."""
    claims, path = _claims(connection), connection.path_params
    return (
        _same(claims, "capp_sub", path["subscription"])
        and _same(claims, "capp_rg", path["group"])
        and _same(claims, "capp_name", path["name"])
    )


def names_environment(connection: HTTPConnection) -> bool:
    """Whether the token's claims name the environment of the path: parameter name."""
    return _same(_claims(connection), "kubeenv_name", connection.path_params["name"])


def _claims(connection: HTTPConnection) -> Mapping[str, Any]:
    claims: Mapping[str, Any] = connection.scope.get("azdock.claims") or {}
    return claims


def _same(claims: Mapping[str, Any], claim: str, value: str) -> bool:
    return str(claims.get(claim, "")).lower() == value.lower()
