"""Storage accounts and their shares as Azure shows them.

Source: azure-rest-api-specs, Microsoft.Storage (2026-09-01), examples StorageAccountGetProperties and FileSharesGet
"""

from __future__ import annotations

from typing import Any

from azdock.emulator import clock
from azdock.emulator.shares import SERVICE, SHARES, SUFFIX

Document = dict[str, Any]
# which endpoints an account of each kind has
ENDPOINTS = {"StorageV2": ("dfs", "web", "blob", "queue", "table", "file"), "FileStorage": ("file",)}
HOSTS = {"web": "z6.web.core.windows.net", "file": SUFFIX.removeprefix(".")}
DEFAULTS = {
    "supportsHttpsTrafficOnly": True,
    "minimumTlsVersion": "TLS1_0",
    "allowBlobPublicAccess": False,
    "networkAcls": {"bypass": "AzureServices", "virtualNetworkRules": [], "ipRules": [], "defaultAction": "Allow"},
}


def account(document: Document) -> Document:
    """A storage account."""
    shown = {key: document[key] for key in ("id", "name", "type", "location", "kind")}
    shown["tags"] = document.get("tags") or {}
    shown["sku"] = {"name": document["sku"], "tier": tier(document)}
    created = _time(document["created"])
    encrypted = {"keyType": "Account", "enabled": True, "lastEnabledTime": created}
    shown["properties"] = {
        **({"accessTier": "Hot"} if document["kind"] == "StorageV2" else {}),
        **DEFAULTS,
        **document["properties"],
        "provisioningState": document["state"],
        "creationTime": created,
        "keyCreationTime": {one["keyName"]: one["creationTime"] for one in document["keys"]},
        "primaryLocation": document["location"],
        "statusOfPrimary": "available",
        "primaryEndpoints": {
            kind: f"https://{document['name']}.{HOSTS.get(kind, f'{kind}.core.windows.net')}/"
            for kind in ENDPOINTS[document["kind"]]
        },
        "privateEndpointConnections": [],
        "encryption": {"services": {"file": encrypted, "blob": encrypted}, "keySource": "Microsoft.Storage"},
    }
    return shown


def tier(document: Document) -> str:
    """Standard or Premium."""
    return "Premium" if document["sku"].startswith("Premium") else "Standard"


def key(name: str, value: str, now_ns: int) -> Document:
    """A key of an account, as it is stored and shown."""
    return {"creationTime": _time(now_ns), "keyName": name, "value": value, "permissions": "FULL"}


def service(owner: Document) -> Document:
    """The file service of an account, which every account has."""
    return {
        "id": f"{owner['id']}/{SERVICE}",
        "name": "default",
        "type": f"{owner['type']}/fileServices",
        "sku": {"name": owner["sku"], "tier": tier(owner)},
        "properties": {
            "protocolSettings": {"smb": {}},
            "cors": {"corsRules": []},
            "shareDeleteRetentionPolicy": {"enabled": False},
        },
    }


def share(document: Document, usage: int | None = None) -> Document:
    """A share; `usage` is bytes, asked for with $expand=stats."""
    shown = {"id": document["id"], "name": document["name"], "type": SHARES, "etag": etag(document)}
    properties = document["properties"]
    shown["properties"] = {
        **({"rootSquash": "NoRootSquash"} if properties["enabledProtocols"] == "NFS" else {}),
        **{name: value for name, value in properties.items() if name != "metadata"},
        **({"metadata": properties["metadata"]} if properties.get("metadata") else {}),
        "leaseStatus": "unlocked",
        "leaseState": "available",
        "lastModifiedTime": _time(document["modified"]),
        **({} if usage is None else {"shareUsageBytes": usage}),
    }
    return shown


def listed_share(document: Document) -> Document:
    """A share in a list, which leaves its metadata out. Source: github.com/Azure/azure-sdk-for-net/issues/17717"""
    return share({**document, "properties": {**document["properties"], "metadata": {}}})


def etag(document: Document) -> str:
    """The ETag of a share, with its quotation marks."""
    return f'"0x{document["modified"]:X}"'


def _time(time_ns: int) -> str:
    return f"{clock.precise(time_ns)}Z"
