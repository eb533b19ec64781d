"""Calls about directories.

Source: learn.microsoft.com/rest/api/storageservices/operations-on-directories
"""

from __future__ import annotations

import asyncio
from urllib.parse import quote, unquote

from starlette.responses import Response

from azdock.emulator.azurefiles import changes, disk, documents, errors, properties
from azdock.emulator.azurefiles.answers import page_size, xml
from azdock.emulator.azurefiles.call import Call
from azdock.emulator.azurefiles.renaming import renamed


async def create(call: Call) -> Response:
    """PUT restype=directory"""
    root, asked = call.root, properties.asked(call.headers, call.now, call.nfs)
    if not call.parts:
        raise errors.exists()
    made = await asyncio.to_thread(changes.make_directory, root, call.parts, asked, call.now)
    headers = properties.shown(made.status, made.kept, call.nfs) | {"x-ms-request-server-encrypted": "true"}
    return Response(status_code=201, headers=headers | _parent(made))


async def get(call: Call) -> Response:
    """GET or HEAD restype=directory"""
    found = disk.typed(await asyncio.to_thread(disk.look, call.root, call.parts), directory=True)
    headers = properties.shown(found.status, found.kept, call.nfs) | {"x-ms-server-encrypted": "true"}
    metadata = {f"{properties.META}{key}": value for key, value in found.kept.metadata.items()}
    return Response(status_code=200, headers=headers | _parent(found) | metadata)


async def delete(call: Call) -> Response:
    """DELETE restype=directory"""
    root = call.root
    if not call.parts:
        raise errors.FilesError(409, "CannotDeleteFileOrDirectory", "The root of a share cannot be deleted.")
    await asyncio.to_thread(changes.remove, root, call.parts, True)
    return Response(status_code=202)


async def set_metadata(call: Call) -> Response:
    """PUT restype=directory&comp=metadata"""
    metadata = properties.metadata(call.headers)
    found = await asyncio.to_thread(changes.set_metadata, call.root, call.parts, metadata, True)
    return Response(status_code=200, headers={"ETag": properties.etag(found.status)})


async def set_properties(call: Call) -> Response:
    """PUT restype=directory&comp=properties"""
    root, asked = call.root, properties.asked(call.headers, call.now, call.nfs)
    found = await asyncio.to_thread(changes.set_properties, root, call.parts, asked, call.now, True)
    return Response(status_code=200, headers=properties.shown(found.status, found.kept, call.nfs) | _parent(found))


async def listed(call: Call) -> Response:
    """GET restype=directory&comp=list"""
    root, limit, query = call.root, page_size(call), call.query
    after, detailed = unquote(query.get("marker", "")), bool(query.get("include"))
    own = disk.typed(await asyncio.to_thread(disk.look, root, call.parts), directory=True)
    prefix = query.get("prefix", "")
    found, last = await asyncio.to_thread(disk.listing, root, call.parts, prefix, after, limit, detailed)
    attributes = {
        "ServiceEndpoint": call.endpoint,
        "ShareName": call.share["name"],
        "DirectoryPath": quote("/".join(call.parts), safe="/ ") if documents.UNSPEAKABLE.search("/".join(call.parts))
        else "/".join(call.parts),
    }  # fmt: skip
    return xml(documents.entries(attributes, query, own.status.st_ino, found, quote(last)))


async def rename(call: Call) -> Response:
    """PUT restype=directory&comp=rename"""
    return await renamed(call, directory=True)


def _parent(found: disk.Entry) -> dict[str, str]:
    return {"x-ms-file-parent-id": str(found.parent)}
