"""The identity that azdock's function apps share, and the roles it has.

SOURCE: learn.microsoft.com/rest/api/managedidentity/user-assigned-identities, /rest/api/authorization/role-assignments;
azure-docs, role-based-access-control/built-in-roles.md (the ids), azure-functions/functions-reference.md ("Connecting
to host storage with an identity": the roles that the Functions host needs).
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from azdock import wire
from azdock.azure import progress, retry
from azdock.azure.client import Azure
from azdock.errors import AzureFailure, NotFound

Json = dict[str, Any]
NAME = "azdock-functions"
GRANTED = "azdock-granted"  # tag: the scope in which the identity has its roles
BLOB_OWNER = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b"
QUEUE_CONTRIBUTOR = "974c5e8b-45b9-4653-ba55-5f855dd0fb88"
TABLE_CONTRIBUTOR = "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3"
ACR_PULL = "7f951dda-4ed3-4680-a7ca-43fe172d538d"
HOST_STORAGE = (BLOB_OWNER, QUEUE_CONTRIBUTOR, TABLE_CONTRIBUTOR)
# A new identity is not known everywhere at once: a role for it is refused with this code for a while.
UNKNOWN, THERE = "PrincipalNotFound", "RoleAssignmentExists"
SETTLE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Identity:
    """A user-assigned identity; `id` is its ARM id, the others are GUIDs."""

    id: str
    client_id: str
    principal_id: str
    granted: str = ""


def shared(azure: Azure) -> Identity:
    """The identity of the context's function apps, made if there is none. Raises Forbidden."""
    path = f"{azure.group}/providers/{wire.IDENTITY_NAMESPACE}/userAssignedIdentities/{NAME}"
    try:
        found = azure.arm.get(path, wire.IDENTITY_API_VERSION)
    except NotFound:
        with progress.waiting("Azure makes an identity", 0):
            found = azure.arm.put(path, {"location": azure.location(), "tags": {}}, wire.IDENTITY_API_VERSION)
    values, tags = found["properties"], found.get("tags") or {}
    granted = str(tags.get(GRANTED) or "")
    return Identity(str(found["id"]), str(values["clientId"]), str(values["principalId"]), granted)


def let_in(azure: Azure, identity: Identity, scope: str, sleep: Callable[[float], None] = time.sleep) -> None:
    """Give the identity what the Functions host needs of a storage account, once. Raises Forbidden."""
    mark = scope.rpartition("/")[2]
    if identity.granted == mark:
        return
    grant(azure, identity, scope, HOST_STORAGE, sleep)
    azure.arm.patch(identity.id, {"tags": {GRANTED: mark}}, wire.IDENTITY_API_VERSION)


def grant(
    azure: Azure, identity: Identity, scope: str, roles: Sequence[str], sleep: Callable[[float], None] = time.sleep
) -> None:
    """Give the identity roles in a scope; those it has already are no error. Raises Forbidden."""
    for role in roles:
        name = uuid.uuid5(uuid.NAMESPACE_URL, f"{scope.lower()} {identity.principal_id} {role}")
        definition = f"/subscriptions/{azure.place.subscription}/providers/{wire.AUTHORIZATION_NAMESPACE}"
        body = {
            "properties": {
                "roleDefinitionId": f"{definition}/roleDefinitions/{role}",
                "principalId": identity.principal_id,
                "principalType": "ServicePrincipal",
            }
        }
        _assign(azure, f"{scope}/providers/{wire.AUTHORIZATION_NAMESPACE}/roleAssignments/{name}", body, sleep)


def _assign(azure: Azure, path: str, body: Json, sleep: Callable[[float], None]) -> None:
    patience = retry.Patience(sleep, SETTLE_SECONDS)
    while True:
        try:
            azure.arm.put(path, body, wire.AUTHORIZATION_API_VERSION)
            return
        except AzureFailure as failed:
            if failed.error_code == THERE:
                return
            if failed.error_code != UNKNOWN or not patience.wait("Azure makes the new identity known", None):
                raise
