"""What the client of file shares is built from; imported only together with its SDK."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from azure.core.pipeline.transport import RequestsTransport
from azure.storage.fileshare import ShareClient

# seconds
CONNECT, READ = 10, 60


class EmbeddedTransport(RequestsTransport):  # type: ignore[misc]
    """Sends what is meant for any storage account to the embedded Azure, which tells accounts apart by the Host header.

    The request is signed before, for the account's own address. No proxy stands before this machine.
    """

    def __init__(self, base_url: str) -> None:
        super().__init__(use_env_settings=False, connection_timeout=CONNECT, read_timeout=READ)
        self._base_url = base_url.rstrip("/")

    def send(self, request: Any, **options: Any) -> Any:
        """One try of a request; its own address stays as it was, since a further try signs it again."""
        meant = urlsplit(request.url)
        address = request.url
        request.headers["Host"] = meant.netloc
        request.url = self._base_url + address.removeprefix(f"{meant.scheme}://{meant.netloc}")
        try:
            return super().send(request, **options)
        finally:
            request.url = address


def share_client(files_url: str, account: str, key: str, share: str, embedded_url: str) -> ShareClient:
    """The client of one share; `embedded_url` is the embedded Azure's address, or ""."""
    options: dict[str, Any] = {"connection_timeout": CONNECT, "read_timeout": READ, "retry_total": 4}
    if embedded_url:
        options["transport"] = EmbeddedTransport(embedded_url)
    return ShareClient(
        files_url,
        share_name=share,
        credential={"account_name": account, "account_key": key},
        allow_trailing_dot=True,
        allow_source_trailing_dot=True,
        **options,
    )
