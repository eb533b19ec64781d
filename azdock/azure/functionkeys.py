"""Keys of a function app that is a container app: Azure runs azure-functions-admin beside the replica's container and
tells what it printed.

SOURCE: azure-cli-extensions, test_containerapp_function_keys.yaml (addresses, commands and answers as recorded).
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote_plus

from azdock.azure import errors as translate
from azdock.azure.apps import Apps
from azdock.azure.web import httpx
from azdock.errors import AzdockError, NotLoggedIn, Unreachable

ADMIN = "/bin/azure-functions-admin"
MASTER = f"{ADMIN} keys show --key-type masterKey --key-name _master"
HOST = f"{ADMIN} keys list --key-type hostKey"
SECONDS = 60.0
NO_KEYS = "the app gave no keys: it has no Functions host, or the host has no storage to keep keys in"


def of_function(function: str) -> str:
    """The command that lists a function's own keys."""
    return f"{ADMIN} keys list --key-type functionKey --function-name {function}"


def ask(apps: Apps, app: str, address: str, command: str) -> str:
    """The first key that a command prints; "" when there is none. `address` is a container's debugEndpoint. What is
    answered is never part of an error. Raises AzdockError."""
    url = f"http{address.removeprefix('ws')}&command={quote_plus(command)}"
    try:
        headers = {"Authorization": f"Bearer {apps.token(app)}"}
        answer = apps.azure.http.get(url, headers=headers, timeout=SECONDS)
        if answer.status_code == 401:
            raise NotLoggedIn("Azure did not take the token for the debug address of the app")
        if answer.status_code != 200:
            raise translate.of_response(answer.status_code, answer.text, answer.headers)
    except httpx.HTTPError as broken:
        raise Unreachable(f"Azure did not answer when asked for the app's keys: {broken}") from broken
    return read(answer.text)


def read(text: str) -> str:
    """The first key in an answer, which is JSON text in JSON. Raises AzdockError for anything else."""
    try:
        value: Any = json.loads(json.loads(text)["output"])["value"]
        keys = value.get("keys", [value])
        return str(keys[0]["value"]) if keys else ""
    except (ValueError, KeyError, TypeError, AttributeError):
        # the text may hold a key, and the exception a part of the text
        raise AzdockError(NO_KEYS, hint="a function of authLevel anonymous needs none") from None
