"""Renaming of files and directories.

Source: learn.microsoft.com/rest/api/storageservices/rename-file and rename-directory
"""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from starlette.responses import Response

from azdock.emulator.azurefiles import changes, disk, errors, properties
from azdock.emulator.azurefiles.call import Call, split


async def renamed(call: Call, directory: bool) -> Response:
    """PUT comp=rename: the path of the call is the new one."""
    old = source(call, "x-ms-file-rename-source")
    root = call.root
    if not old or not call.parts:
        raise errors.bad_path()
    overwrite = call.headers.get("x-ms-file-rename-replace-if-exists", "").lower() == "true"
    found = await asyncio.to_thread(changes.rename, root, old, call.parts, directory, overwrite)
    return Response(status_code=200, headers=properties.shown(found.status, found.kept, call.nfs))


def source(call: Call, header: str) -> tuple[str, ...]:
    """The path below the share that a header names by its URL. Raises FilesError unless it is in the same share."""
    given = call.headers.get(header, "")
    if not given:
        raise errors.missing_header(header)
    address = urlsplit(given)
    share, parts = split(address.path.encode())
    if address.hostname != urlsplit(call.endpoint).hostname or share != call.share_name:
        raise errors.not_served("files of another share as a source")
    disk.check(parts, call.nfs)
    return parts
