"""The storage account in which a Functions host keeps its keys, leases and queues, and how an app gets into it.

SOURCE: azure-docs, azure-functions/functions-reference.md ("Configure an identity-based connection", "Connecting to
host storage with an identity"), storage-considerations.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from azdock.azure import progress, roles
from azdock.azure.client import Azure
from azdock.azure.storage import FUNCTIONS, Storage
from azdock.errors import Forbidden

SETTING = "AzureWebJobsStorage"


@dataclass(frozen=True, slots=True)
class WebJobs:
    """How an app reaches its host's storage: by `settings` and the identity they name, else by `secret`, a connection
    string that is the value of SETTING and must be kept where secrets are kept."""

    settings: Mapping[str, str] = field(default_factory=dict)
    identity_id: str = ""
    client_id: str = ""
    secret: str = field(default="", repr=False)


def webjobs(azure: Azure) -> WebJobs:
    """The way into the context's account for functions, which is made if there is none: by the identity that the
    function apps share, or, where identities or their roles are forbidden to us, by a key, which is told once."""
    storage = Storage(azure)
    account = storage.need(FUNCTIONS)
    try:
        identity = roles.shared(azure)
        roles.let_in(azure, identity, account.id)
    except Forbidden as refused:
        progress.warn(
            f"the function app gets a key of the storage account {account.name}, as it may have no identity there: "
            f"{refused.message}"
        )
        return WebJobs(secret=connection_string(account.name, storage.key(account), account.files))
    settings = {
        f"{SETTING}__accountName": account.name,
        f"{SETTING}__credential": "managedidentity",
        f"{SETTING}__clientId": identity.client_id,
    }
    return WebJobs(settings, identity.id, identity.client_id)


def connection_string(account: str, key: str, files: str) -> str:
    """A storage connection string; `files` is the account's file endpoint, whose domain the others share."""
    suffix = files.partition(".file.")[2].rstrip("/") or "core.windows.net"
    return f"DefaultEndpointsProtocol=https;AccountName={account};AccountKey={key};EndpointSuffix={suffix}"
