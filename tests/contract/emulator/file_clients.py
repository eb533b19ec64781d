"""Clients of the published Azure Files package whose calls go to an emulator, as azdock's own do."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from azure.core.pipeline.transport import RequestsTransport
from azure.storage.fileshare import ShareServiceClient

from tests.support.emulator import GROUP, Emulator

ACCOUNT = "azdockfiles1"
ACCOUNT_ID = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/{ACCOUNT}"
STORAGE_VERSION = "2026-09-01"


class Rerouted(RequestsTransport):
    """Sends what is meant for the account to the emulator, with the account's name as Host."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    def send(self, request: Any, **options: Any) -> Any:
        """Send one request, already signed for the account's own address."""
        address = urlsplit(request.url)
        request.headers["Host"] = address.netloc
        query = f"?{address.query}" if address.query else ""
        request.url = f"{self.url}{address.path}{query}"
        return super().send(request, **options)


def make_account(emulator: Emulator, name: str = ACCOUNT, kind: str = "StorageV2", sku: str = "Standard_LRS") -> str:
    """Make a storage account; its first key."""
    body = {"location": "westeurope", "kind": kind, "sku": {"name": sku}}
    account = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/{name}"
    with emulator.client(params={"api-version": STORAGE_VERSION}) as http:
        assert http.put(account, json=body).status_code == 202
        return str(http.post(f"{account}/listKeys").json()["keys"][0]["value"])


def client(emulator: Emulator, credential: Any, name: str = ACCOUNT, **options: Any) -> ShareServiceClient:
    """The package's client of an account."""
    address = f"https://{name}.file.core.windows.net"
    return ShareServiceClient(address, credential, transport=Rerouted(emulator.url), retry_total=0, **options)
