"""Pure: Azure's JSON of a function app without what must not be shown."""

from __future__ import annotations

import copy
from typing import Any

Json = dict[str, Any]


def cleaned(app: Json) -> Json:
    """The app's JSON without values of secrets, settings and keys, whichever hosting it is from."""
    found = copy.deepcopy(app)
    properties = found.get("properties") or {}
    for secret in (properties.get("configuration") or {}).get("secrets") or ():
        secret.pop("value", None)
    config = properties.get("siteConfig") or {}
    for name in ("appSettings", "connectionStrings", "azureStorageAccounts", "publishingPassword", "machineKey"):
        if config.get(name):
            config[name] = None
    for name in ("customDomainVerificationId", "publishingPassword"):
        if properties.get(name):
            properties[name] = None
    return found
