"""Calls about files and their content.

Source: learn.microsoft.com/rest/api/storageservices/operations-on-files
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import stat
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.responses import Response, StreamingResponse

from azdock.emulator.azurefiles import changes, disk, documents, errors, properties
from azdock.emulator.azurefiles.answers import page_size, xml
from azdock.emulator.azurefiles.call import LONGEST_BODY, Call
from azdock.emulator.azurefiles.disk import Entry
from azdock.emulator.azurefiles.renaming import renamed

LARGEST = 4 << 40  # learn.microsoft.com/azure/storage/files/storage-files-scale-targets: 4 TiB
PIECE = 1 << 20  # bytes read at once


async def create(call: Call) -> Response:
    """PUT of a file"""
    if "x-ms-copy-source" in call.headers:
        raise errors.not_served("copies of files")
    root, size = _root(call), call.number("x-ms-content-length", 0, LARGEST)
    if call.headers.get("x-ms-type", "").lower() != "file":
        raise errors.bad_header("x-ms-type", call.headers.get("x-ms-type", ""))
    asked, data = properties.asked(call.headers, call.now, call.nfs), await call.body()
    if sum(map(len, data)) > size:
        raise errors.bad_range()
    made = await asyncio.to_thread(changes.make_file, root, call.parts, size, data, asked, call.now)
    encrypted = {"x-ms-request-server-encrypted": "true"}
    return Response(
        status_code=201, headers=properties.shown(made.status, made.kept, call.nfs) | encrypted | _parent(made)
    )


async def head(call: Call) -> Response:
    """HEAD of a file"""
    found = disk.typed(await asyncio.to_thread(disk.look, _root(call), call.parts), directory=False)
    return Response(status_code=200, headers=_headers(call, found) | {"Content-Length": str(found.status.st_size)})


async def get(call: Call) -> Response:
    """GET of a file or of a part of it"""
    asked = call.range()
    opened, found = await asyncio.to_thread(_open, _root(call), call.parts)
    try:
        size = found.status.st_size
        start, end = asked or (0, None)
        end = min(size, size if end is None else end)
        if asked and start >= size:
            raise errors.bad_range()
        headers = _headers(call, found)
        if asked:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
            if "Content-MD5" in headers:
                headers["x-ms-content-md5"] = headers.pop("Content-MD5")
        if wants_md5 := call.headers.get("x-ms-range-get-content-md5", "").lower() == "true":
            _check_md5_wish(asked is not None, end - start)
        status = 206 if asked else 200
        if end - start <= LONGEST_BODY:
            data = await asyncio.to_thread(_pieces, opened, start, end)
            if wants_md5:
                digest = hashlib.md5(data, usedforsecurity=False).digest()
                headers["Content-MD5"] = base64.b64encode(digest).decode()
            return Response(data, status, headers)
        taken, opened = opened, -1
        headers["Content-Length"] = str(end - start)
        return StreamingResponse(_stream(taken, start, end), status, headers)
    finally:
        if opened >= 0:
            os.close(opened)


async def delete(call: Call) -> Response:
    """DELETE of a file"""
    await asyncio.to_thread(changes.remove, _root(call), call.parts, False)
    return Response(status_code=202)


async def put_range(call: Call) -> Response:
    """PUT comp=range: bytes to be written, or to be made zero"""
    root, asked = _root(call), call.range()
    if "x-ms-copy-source" in call.headers:
        raise errors.not_served("ranges from another file")
    if asked is None or asked[1] is None:
        raise errors.missing_header("x-ms-range")
    (start, end), how = (asked[0], asked[1]), call.headers.get("x-ms-write", "").lower()
    if how == "update":
        if end - start > LONGEST_BODY:
            raise errors.too_large(LONGEST_BODY)
        data = await call.body()
        if sum(map(len, data)) != end - start:
            raise errors.bad_header("Content-Length", call.headers.get("content-length", ""))
        found = await asyncio.to_thread(changes.put_range, root, call.parts, start, data, call.preserves)
    elif how == "clear":
        found = await asyncio.to_thread(changes.clear_range, root, call.parts, start, end, call.preserves)
    else:
        raise errors.bad_header("x-ms-write", how)
    headers = {
        "ETag": properties.etag(found.status),
        "Last-Modified": properties.last_modified(found.status),
        "x-ms-file-last-write-time": properties.time(found.status.st_mtime_ns),
        "x-ms-request-server-encrypted": "true",
    }
    if given := call.headers.get("content-md5"):
        headers["Content-MD5"] = given
    return Response(status_code=201, headers=headers)


async def ranges(call: Call) -> Response:
    """GET comp=rangelist"""
    (start, end), marker, limit = call.range() or (0, None), call.query.get("marker", ""), page_size(call)
    if marker and not marker.isdigit():
        raise errors.bad_query("marker", marker)
    start = max(start, int(marker or 0))
    opened, found = await asyncio.to_thread(_open, _root(call), call.parts)
    try:
        size = found.status.st_size
        written = await asyncio.to_thread(_written, opened, start, size if end is None else min(end, size))
    finally:
        os.close(opened)
    following = str(written[limit][0]) if len(written) > limit else ""
    answer = xml(documents.ranges(written[:limit], following))
    answer.headers.update(
        {
            "ETag": properties.etag(found.status),
            "Last-Modified": properties.last_modified(found.status),
            "x-ms-content-length": str(size),
        }
    )
    return answer


async def set_metadata(call: Call) -> Response:
    """PUT comp=metadata"""
    metadata = properties.metadata(call.headers)
    found = await asyncio.to_thread(changes.set_metadata, _root(call), call.parts, metadata, False)
    return Response(status_code=200, headers={"ETag": properties.etag(found.status)})


async def set_properties(call: Call) -> Response:
    """PUT comp=properties, with a new size when one is given"""
    root, asked = _root(call), properties.asked(call.headers, call.now, call.nfs)
    if "x-ms-content-length" in call.headers:
        size = call.number("x-ms-content-length", 0, LARGEST)
        await asyncio.to_thread(changes.resize, root, call.parts, size)
    found = await asyncio.to_thread(changes.set_properties, root, call.parts, asked, call.now, False)
    headers = properties.shown(found.status, found.kept, call.nfs) | {"x-ms-request-server-encrypted": "true"}
    return Response(status_code=200, headers=headers | _parent(found))


async def rename(call: Call) -> Response:
    """PUT comp=rename"""
    return await renamed(call, directory=False)


def _root(call: Call) -> Path:
    root = call.root
    if not call.parts:
        raise errors.bad_path()
    return root


def _open(root: Path, parts: tuple[str, ...]) -> tuple[int, Entry]:
    with disk.folder(root, parts[:-1]) as parent:
        found = disk.typed(disk.entry(parent, parts[-1]), directory=False)
        if not stat.S_ISREG(found.status.st_mode):
            raise errors.wrong_type()  # a link, a pipe: nothing that a share of Azure has content of
        try:
            return os.open(parts[-1], disk.FILE, dir_fd=parent), found
        except OSError as failure:
            if failure.errno in disk.NOWHERE:
                raise errors.not_found() from failure
            raise


def _headers(call: Call, found: Entry) -> dict[str, str]:
    kept = found.kept
    content = {name.title().replace("Md5", "MD5"): value for name, value in kept.content.items()}
    return {
        "Content-Type": properties.DEFAULT_TYPE,
        **content,
        **properties.shown(found.status, kept, call.nfs),
        **_parent(found),
        **{f"{properties.META}{key}": value for key, value in kept.metadata.items()},
        "Accept-Ranges": "bytes",
        "x-ms-type": "File",
        "x-ms-server-encrypted": "true",
        "x-ms-lease-status": "unlocked",
        "x-ms-lease-state": "available",
    }


def _parent(found: Entry) -> dict[str, str]:
    return {"x-ms-file-parent-id": str(found.parent)}


def _check_md5_wish(ranged: bool, length: int) -> None:
    if not ranged:
        raise errors.missing_header("x-ms-range")
    if length > LONGEST_BODY:
        raise errors.FilesError(400, "OutOfRangeInput", "A hash is calculated of at most 4 MiB.")


def _pieces(opened: int, start: int, end: int) -> bytes:
    found = bytearray()
    while len(found) < end - start and (piece := os.pread(opened, end - start - len(found), start + len(found))):
        found += piece
    return bytes(found)


async def _stream(opened: int, start: int, end: int) -> AsyncIterator[bytes]:
    try:
        while start < end:
            piece = await asyncio.to_thread(os.pread, opened, min(PIECE, end - start), start)
            if not piece:
                raise OSError("a file became shorter while it was being read")
            start += len(piece)
            yield piece
    finally:
        os.close(opened)


def _written(opened: int, start: int, end: int) -> list[tuple[int, int]]:
    """What of a file is no hole, between two places."""
    found = []
    while start < end:
        try:
            begin = os.lseek(opened, start, os.SEEK_DATA)
        except OSError:  # nothing but a hole up to the end
            break
        start = os.lseek(opened, begin, os.SEEK_HOLE)
        if begin < end:
            found.append((begin, min(start, end)))
    return found
