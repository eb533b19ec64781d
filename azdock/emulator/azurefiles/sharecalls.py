"""Calls about shares as a whole.

Source: learn.microsoft.com/rest/api/storageservices/operations-on-shares--file-service-
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

from starlette.responses import Response

from azdock.emulator import shares, storageview
from azdock.emulator.azurefiles import documents, errors, properties
from azdock.emulator.azurefiles.answers import page_size, xml
from azdock.emulator.azurefiles.call import Call

Document = dict[str, Any]


async def listed(call: Call) -> Response:
    """GET /?comp=list"""
    prefix, after, limit = call.query.get("prefix", ""), call.query.get("marker", ""), page_size(call)
    every = shares.of_account(call.world, call.owner)
    found = [one for one in every if one["name"].startswith(prefix) and one["name"] > after]
    following = found[limit - 1]["name"] if len(found) > limit else ""
    return xml(documents.shares(call.endpoint, call.query, found[:limit], following))


async def create(call: Call) -> Response:
    """PUT restype=share"""
    if call.find_share() is not None:
        raise errors.share_exists()
    given = _asked(call) | {"metadata": properties.metadata(call.headers)}
    made = _checked(lambda: shares.add(call.world, call.owner, call.share_name, given))
    return Response(status_code=201, headers=_stamps(made))


async def get(call: Call) -> Response:
    """GET or HEAD restype=share"""
    document = call.share
    given = document["properties"]
    headers = {
        **_stamps(document),
        "x-ms-share-quota": str(given["shareQuota"]),
        "x-ms-access-tier": given["accessTier"],
        "x-ms-enabled-protocols": given["enabledProtocols"],
        "x-ms-lease-status": "unlocked",
        "x-ms-lease-state": "available",
    }
    metadata = {f"{properties.META}{key}": value for key, value in (given.get("metadata") or {}).items()}
    return Response(status_code=200, headers=headers | metadata)


async def change(call: Call) -> Response:
    """PUT restype=share&comp=properties"""
    document = call.share
    changed = _checked(lambda: shares.checked(call.owner, _asked(call)))
    shares.change(call.world, document, changed)
    return Response(status_code=200, headers=_stamps(document))


async def set_metadata(call: Call) -> Response:
    """PUT restype=share&comp=metadata"""
    document = call.share
    changed = _checked(lambda: shares.checked(call.owner, {"metadata": properties.metadata(call.headers)}))
    shares.change(call.world, document, changed)
    return Response(status_code=200, headers=_stamps(document))


async def delete(call: Call) -> Response:
    """DELETE restype=share"""
    shares.drop(call.world, call.owner, call.share)
    return Response(status_code=202)


async def usage(call: Call) -> Response:
    """GET restype=share&comp=stats"""
    document = call.share
    size = await asyncio.to_thread(shares.size_of, call.root)
    answer = xml(documents.usage(size))
    answer.headers.update(_stamps(document))
    return answer


def _asked(call: Call) -> Document:
    found: Document = {}
    if "x-ms-share-quota" in call.headers:
        found["shareQuota"] = call.number("x-ms-share-quota", 0, 1 << 31)
    for header, name in (("x-ms-access-tier", "accessTier"), ("x-ms-enabled-protocols", "enabledProtocols")):
        if call.headers.get(header):
            found[name] = call.headers[header]
    return found


def _checked(make: Callable[[], Document]) -> Document:
    try:
        return make()
    except shares.BadShare as bad:
        raise errors.FilesError(400, bad.code, bad.message) from bad


def _stamps(document: Document) -> dict[str, str]:
    changed = formatdate(document["modified"] // 10**9, usegmt=True)
    return {"ETag": storageview.etag(document), "Last-Modified": changed}
