"""Who may use a file service: whoever knows a key of its account, or has a token and says what for.

Source: learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key and
authorize-with-azure-active-directory; the order of headers that Azure's service expects is told by
azure-storage-file-share, _shared/authentication.py
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import unquote

from starlette.types import Scope

from azdock.emulator import shares
from azdock.emulator.azurefiles import errors
from azdock.emulator.world import TENANT, World

Document = dict[str, Any]
HOST = re.compile(rb"([a-z0-9]{3,24})\.file\.core\.windows\.net\Z")
SIGNED = (
    "content-encoding", "content-language", "content-length", "content-md5", "content-type", "date",
    "if-modified-since", "if-match", "if-none-match", "if-unmodified-since", "range",
)  # fmt: skip
FRESH = 900  # seconds a signed request is good for
ORDER = str.maketrans({"_": "!", "-": None})  # an underscore comes before digits, a hyphen counts only among equals


def host_account(scope: Scope) -> str:
    """The account whose file service a request is meant for, by its Host header; "" when it is for no file service."""
    if scope["type"] != "http":
        return ""
    hosts = [value for key, value in scope["headers"] if key == b"host"]
    match = HOST.match(hosts[0].lower()) if len(hosts) == 1 else None
    return match[1].decode() if match else ""


def authorize(world: World, name: str, scope: Scope) -> Document:
    """The account, once the request has shown that it may use it. Raises FilesError."""
    owner = shares.account(world, name)
    if owner is None:
        raise errors.no_account(name)
    headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
    kind, _, given = headers.get("authorization", "").partition(" ")
    if not kind:
        if b"sig=" in scope["query_string"]:
            raise errors.refused("The embedded Azure takes no shared access signatures.")
        raise errors.unauthenticated(TENANT)
    if kind.lower() == "bearer":
        _check_token(world, given.strip(), headers)
    elif kind.lower() == "sharedkey":
        _check_signature(world, owner, given.strip(), headers, scope)
    else:
        raise errors.refused(f"The scheme {kind} is not served.")
    return owner


def _check_token(world: World, token: str, headers: dict[str, str]) -> None:
    if not world.auth.check(token):
        raise errors.FilesError(
            401,
            "InvalidAuthenticationInfo",
            "Authentication information is not given in the correct format, or expired.",
        )
    if headers.get("x-ms-file-request-intent", "").lower() != "backup":
        raise errors.missing_header("x-ms-file-request-intent")


def _check_signature(world: World, owner: Document, given: str, headers: dict[str, str], scope: Scope) -> None:
    if owner["properties"].get("allowSharedKeyAccess") is False:
        code = "KeyBasedAuthenticationNotPermitted"
        raise errors.refused("Key based authentication is not permitted on this storage account.", code)
    name, _, signature = given.partition(":")
    if name != owner["name"]:
        raise errors.refused("The account of the signature is not the account of the host.")
    _check_date(world, headers.get("x-ms-date") or headers.get("date") or "")
    text = string_to_sign(scope, headers, name).encode()
    try:
        found = base64.b64decode(signature, validate=True)
    except binascii.Error as broken:
        raise errors.refused("The signature is not base 64.") from broken
    for key in owner["keys"]:
        if hmac.compare_digest(hmac.digest(base64.b64decode(key["value"]), text, hashlib.sha256), found):
            return
    raise errors.refused("The MAC signature found in the HTTP request is not the same as any computed signature.")


def _check_date(world: World, given: str) -> None:
    try:
        when = parsedate_to_datetime(given)
    except ValueError as broken:
        raise errors.refused("The date header in the request is incorrect.") from broken
    now = world.clock.now_ns() / 10**9
    if abs(now - when.replace(tzinfo=when.tzinfo or UTC).timestamp()) > FRESH:
        told = datetime.fromtimestamp(now, UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
        raise errors.refused(f"Request date header too old: '{given}'; it is {told}.")


def string_to_sign(scope: Scope, headers: dict[str, str], name: str) -> str:
    """What a client signs: the verb, the standard headers, Azure's headers, and the resource with its query."""
    standard = [headers.get(one, "") for one in SIGNED]
    standard[2] = "" if standard[2] == "0" else standard[2]
    standard[5] = "" if "x-ms-date" in headers else standard[5]
    theirs = sorted((key for key in headers if key.startswith("x-ms-")), key=place)
    canonical = "".join(f"{key}:{headers[key].strip()}\n" for key in theirs)
    path = scope["raw_path"].decode("latin-1")
    return "\n".join([scope["method"], *standard, canonical]) + f"/{name}{path}" + _query(scope)


def place(name: str) -> tuple[str, tuple[int, ...]]:
    """What the service sorts header names by: letters and digits first, then where hyphens are."""
    return name.translate(ORDER), tuple(-at for at, letter in enumerate(name) if letter == "-")


def _query(scope: Scope) -> str:
    found: dict[str, list[str]] = {}
    for part in filter(None, scope["query_string"].decode("latin-1").split("&")):
        key, _, value = part.partition("=")
        found.setdefault(unquote(key).lower(), []).append(unquote(value))
    return "".join(f"\n{key}:{','.join(sorted(found[key]))}" for key in sorted(found))
