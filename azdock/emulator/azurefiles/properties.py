"""Properties of files and directories: in headers, and kept where the files are.

What a file system has no room for (metadata, content headers, attributes, the time of creation) is one extended
attribute of the file, so that it moves with it. Source: learn.microsoft.com/rest/api/storageservices/create-file
"""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate

from azdock.emulator.azurefiles import errors
from azdock.emulator.clock import precise
from azdock.emulator.shares import METADATA_KEY

KEY = "user.azdock"
META = "x-ms-meta-"
TICK = 100  # nanoseconds
CONTENT = (
    "content-type",
    "content-encoding",
    "content-language",
    "cache-control",
    "content-disposition",
    "content-md5",
)
DEFAULT_TYPE = "application/octet-stream"
ATTRIBUTES = (
    "ReadOnly", "Hidden", "System", "Archive", "Temporary", "Offline", "NotContentIndexed", "NoScrubData", "Directory",
)  # fmt: skip
NONE = {errno.ENODATA, errno.ENOTSUP, errno.EOPNOTSUPP}


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept in the extended attribute. `created` is Unix nanoseconds, 0 when nobody said."""

    created: int = 0
    attributes: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    content: Mapping[str, str] = field(default_factory=dict)  # content headers without x-ms-

    @property
    def is_needed(self) -> bool:
        """Whether more than the time of creation would be lost where no attribute can be kept."""
        return bool(self.attributes or self.metadata or self.content)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request says about a file. Times are Unix nanoseconds, None for what it does not say; `mode`, `owner` and
    `group` are for NFS shares, -1 for what it does not say."""

    created: int | None = None
    written: int | None = None
    attributes: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    content: Mapping[str, str] = field(default_factory=dict)
    mode: int = -1
    owner: int = -1
    group: int = -1

    def kept(self, old: Kept, now_ns: int) -> Kept:
        """What is to be kept of a file that is made or whose properties are set; metadata is the old one's."""
        created = self.created if self.created is not None else old.created or now_ns
        return Kept(created, self.attributes or old.attributes, old.metadata, self.content)


def read(descriptor: int) -> Kept:
    """What is kept of an open file."""
    try:
        data = os.getxattr(descriptor, KEY)
    except AttributeError:  # Python has them on Linux only
        return Kept()
    except OSError as failure:
        if failure.errno in NONE:
            return Kept()
        raise
    return Kept(**json.loads(data))


def write(descriptor: int, kept: Kept) -> None:
    """Keep it. Raises FilesError where that is not possible, unless it is only a time of creation."""
    every = {"created": kept.created, "attributes": kept.attributes, "metadata": dict(kept.metadata),
             "content": dict(kept.content)}  # fmt: skip
    # short enough for the inode itself: more would cost each file a block
    found = {name: value for name, value in every.items() if value}
    try:
        os.setxattr(descriptor, KEY, json.dumps(found).encode())
    except AttributeError:
        supported = False
    except OSError as failure:
        if failure.errno not in NONE:
            raise
        supported = False
    else:
        supported = True
    if kept.is_needed and not supported:
        raise errors.no_attributes()


def asked(headers: Mapping[str, str], now_ns: int, nfs: bool = False) -> Asked:
    """What the headers of a request say. Raises FilesError."""
    content = {name: headers[f"x-ms-{name}"] for name in CONTENT if headers.get(f"x-ms-{name}")}
    if content.get("content-type") == DEFAULT_TYPE:
        del content["content-type"]
    numbers = {"x-ms-mode": 8, "x-ms-owner": 10, "x-ms-group": 10} if nfs else {}
    given = [_number(headers, name, numbers.get(name)) for name in ("x-ms-mode", "x-ms-owner", "x-ms-group")]
    return Asked(
        created=_time(headers, "x-ms-file-creation-time", now_ns),
        written=_time(headers, "x-ms-file-last-write-time", now_ns),
        attributes=_attributes(headers.get("x-ms-file-attributes", "")),
        metadata=metadata(headers),
        content=content,
        mode=given[0],
        owner=given[1],
        group=given[2],
    )


def metadata(headers: Mapping[str, str]) -> dict[str, str]:
    """The metadata of a request. Raises FilesError."""
    found = {key[len(META) :]: value for key, value in headers.items() if key.startswith(META)}
    if any(not METADATA_KEY.match(key) for key in found):
        raise errors.bad_metadata()
    return found


def shown(status: os.stat_result, kept: Kept, nfs: bool = False) -> dict[str, str]:
    """The headers of the times and attributes of a file or directory."""
    found = {
        "ETag": etag(status),
        "Last-Modified": last_modified(status),
        "x-ms-file-creation-time": time(kept.created or status.st_mtime_ns),
        "x-ms-file-last-write-time": time(status.st_mtime_ns),
        "x-ms-file-change-time": time(status.st_ctime_ns),
        "x-ms-file-id": str(status.st_ino),
    }
    if not nfs:
        return {**found, "x-ms-file-attributes": attributes_of(status, kept)}
    kinds = {stat.S_IFDIR: "Directory", stat.S_IFLNK: "SymLink"}
    return {
        **found,
        "x-ms-mode": f"{stat.S_IMODE(status.st_mode):04o}",
        "x-ms-owner": str(status.st_uid),
        "x-ms-group": str(status.st_gid),
        "x-ms-link-count": str(status.st_nlink),
        "x-ms-file-file-type": kinds.get(stat.S_IFMT(status.st_mode), "Regular"),
    }


def attributes_of(status: os.stat_result, kept: Kept) -> str:
    """The attributes of a file or directory, as Windows names them."""
    named = [one for one in kept.attributes.split(" | ") if one and one not in ("None", "Directory")]
    if stat.S_ISDIR(status.st_mode):
        return " | ".join(["Directory", *named])
    return " | ".join(named) or ("None" if kept.attributes else "Archive")


def etag(status: os.stat_result) -> str:
    """The ETag: another one after each change."""
    return f'"0x8D{status.st_ctime_ns // TICK & 0xFFFFFFFFFFFFF:013X}"'


def last_modified(status: os.stat_result) -> str:
    """The time of the last change of any kind, as HTTP writes it."""
    return formatdate(status.st_ctime_ns // 10**9, usegmt=True)


def time(time_ns: int) -> str:
    """2021-07-05T01:36:57.0788027Z"""
    text = precise(time_ns)
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction:0<7}Z"


def _time(headers: Mapping[str, str], name: str, now_ns: int) -> int | None:
    given = headers.get(name, "")
    if not given or given.lower() in ("preserve", "source"):
        return None
    if given.lower() == "now":
        return now_ns
    whole, _, fraction = given.rstrip("Zz").partition(".")
    try:
        moment = datetime.fromisoformat(whole).replace(tzinfo=UTC)
        return int(moment.timestamp()) * 10**9 + int(f"{fraction:0<9}"[:9])
    except ValueError as broken:
        raise errors.bad_header(name, given) from broken


def _attributes(given: str) -> str:
    known: dict[str, str] = {one.lower(): one for one in (*ATTRIBUTES, "None")}
    names = [part.strip().lower() for part in given.split("|") if part.strip()]
    if any(one not in known for one in names):
        raise errors.bad_header("x-ms-file-attributes", given)
    return " | ".join(known[one] for one in names)


def _number(headers: Mapping[str, str], name: str, base: int | None) -> int:
    if base is None or name not in headers:
        return -1
    try:
        return int(headers[name], base)
    except ValueError as broken:
        raise errors.bad_header(name, headers[name]) from broken
