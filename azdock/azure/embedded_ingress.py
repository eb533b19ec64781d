"""Where the embedded Azure's ingress listens on this machine; the cloud has nothing like it."""

from __future__ import annotations

from azdock.azure.client import Azure


def addresses(azure: Azure) -> dict[str, str]:
    """Addresses on this machine by the name that Azure gives: "fqdn" -> "http://127.0.0.1:PORT", "app:port" ->
    "127.0.0.1:PORT". Raises AzdockError."""
    return {str(name): str(place) for name, place in azure.arm.get("/_azdock/ingress", "").items()}
