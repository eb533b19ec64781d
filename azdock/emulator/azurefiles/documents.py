"""The XML documents of a file service.

Source: learn.microsoft.com/rest/api/storageservices/list-directories-and-files, list-shares and list-ranges;
Azure/azure-sdk-for-js, recording_listfilesanddirectories__with_all_attributes.js
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from email.utils import formatdate
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from azdock.emulator import storageview
from azdock.emulator.azurefiles import properties
from azdock.emulator.azurefiles.disk import Entry

Document = dict[str, Any]
HEAD = '<?xml version="1.0" encoding="utf-8"?>'
# letters that XML 1.0 cannot carry
UNSPEAKABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def entries(
    attributes: Mapping[str, str], asked: Mapping[str, str], own: int, found: Iterable[Entry], following: str
) -> bytes:
    """A part of the list of a folder; `attributes` are of the root element, `asked` the query, `own` the folder's id.

    `following` is what the next call gives as marker, "" at the end.
    """
    include = {one.strip().lower() for one in asked.get("include", "").split(",")}
    root = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
    told = _told(asked)
    items = "".join(_entry(one, include) for one in found)
    return (
        f"{HEAD}<EnumerationResults{root}>{told}<DirectoryId>{own}</DirectoryId><Entries>{items}</Entries>"
        f"<NextMarker>{escape(following)}</NextMarker></EnumerationResults>"
    ).encode()


def _told(asked: Mapping[str, str]) -> str:
    names = {"prefix": "Prefix", "marker": "Marker", "maxresults": "MaxResults"}
    return "".join(f"<{tag}>{escape(asked[key])}</{tag}>" for key, tag in names.items() if asked.get(key))


def _entry(one: Entry, include: set[str]) -> str:
    tag, status = ("Directory" if one.is_directory else "File"), one.status
    facts = "" if one.is_directory else f"<Content-Length>{status.st_size}</Content-Length>"
    if "timestamps" in include:
        facts += (
            f"<CreationTime>{properties.time(one.kept.created or status.st_mtime_ns)}</CreationTime>"
            f"<LastAccessTime>{properties.time(status.st_atime_ns)}</LastAccessTime>"
            f"<LastWriteTime>{properties.time(status.st_mtime_ns)}</LastWriteTime>"
            f"<ChangeTime>{properties.time(status.st_ctime_ns)}</ChangeTime>"
            f"<Last-Modified>{properties.last_modified(status)}</Last-Modified>"
        )
    if "etag" in include:
        facts += f"<Etag>{escape(properties.etag(status))}</Etag>"
    more = ""
    if "attributes" in include:
        more = f"<Attributes>{properties.attributes_of(status, one.kept)}</Attributes>"
    return f"<{tag}>{_name(one.name)}<FileId>{status.st_ino}</FileId><Properties>{facts}</Properties>{more}</{tag}>"


def _name(name: str) -> str:
    if UNSPEAKABLE.search(name):
        return f'<Name Encoded="true">{quote(os.fsencode(name))}</Name>'
    return f"<Name>{escape(name)}</Name>"


def shares(endpoint: str, asked: Mapping[str, str], found: Iterable[Document], following: str) -> bytes:
    """A part of the list of shares; metadata only when it was asked for."""
    include = {one.strip().lower() for one in asked.get("include", "").split(",")}
    items = "".join(_share(one, "metadata" in include) for one in found)
    return (
        f"{HEAD}<EnumerationResults ServiceEndpoint={quoteattr(endpoint)}>{_told(asked)}<Shares>{items}</Shares>"
        f"<NextMarker>{escape(following)}</NextMarker></EnumerationResults>"
    ).encode()


def _share(document: Document, metadata: bool) -> str:
    given = document["properties"]
    facts = (
        f"<Last-Modified>{formatdate(document['modified'] // 10**9, usegmt=True)}</Last-Modified>"
        f"<Etag>{escape(storageview.etag(document))}</Etag><Quota>{given['shareQuota']}</Quota>"
        f"<AccessTier>{given['accessTier']}</AccessTier><LeaseStatus>unlocked</LeaseStatus>"
        f"<LeaseState>available</LeaseState><EnabledProtocols>{given['enabledProtocols']}</EnabledProtocols>"
    )
    pairs = "".join(f"<{key}>{escape(value)}</{key}>" for key, value in (given.get("metadata") or {}).items())
    more = f"<Metadata>{pairs}</Metadata>" if metadata else ""
    return f"<Share><Name>{document['name']}</Name><Properties>{facts}</Properties>{more}</Share>"


def ranges(found: Iterable[tuple[int, int]], following: str) -> bytes:
    """The bytes of a file that have been written; ends are one past the last byte here and the last byte there."""
    items = "".join(f"<Range><Start>{start}</Start><End>{end - 1}</End></Range>" for start, end in found)
    return f"{HEAD}<Ranges>{items}<NextMarker>{following}</NextMarker></Ranges>".encode()


def usage(size: int) -> bytes:
    """How much is in a share, in bytes."""
    return f"{HEAD}<ShareStats><ShareUsageBytes>{size}</ShareUsageBytes></ShareStats>".encode()
