"""Docker's path rules of `cp`, as values: which side a container is on, and where a copy lands under which name.

SOURCE: docker's manual page of `docker container cp` ("Description"), and a docker 28.2.2 client asked for its words.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from azdock.docker.values import BadValue


@dataclass(frozen=True, slots=True)
class Entry:
    """One end of a copy. `rename` is what its last part is to be called instead, "" for its own name."""

    path: str
    exists: bool = True
    folder: bool = False
    rename: str = ""


def split(argument: str) -> tuple[str, str]:
    """ "web:/etc" -> ("web", "/etc"). A path that is absolute, begins with "." or has no colon is local: ("", path)."""
    container, colon, path = argument.partition(":")
    if argument.startswith("/") or not colon or container.startswith("."):
        return "", argument
    return container, path


def clean(path: str) -> str:
    """The shortest spelling: no doubled slashes, no "." and no ".." that can be resolved; "" is "."."""
    shortest = posixpath.normpath(path)
    return shortest[1:] if shortest.startswith("//") else shortest


def absolute(path: str, base: str = "/") -> str:
    """`path` as seen from the folder `base`, clean, but with the trailing "/" or "/." that mean something to cp."""
    found = clean(posixpath.join(base, path))
    if _is_dot(path) and not _is_dot(found):
        return f"{found.rstrip('/')}/."
    if path.endswith("/") and not found.endswith("/"):
        return f"{found}/"
    return found


def wants_folder(path: str) -> bool:
    """Whether the spelling says that it is a folder: it ends with "/" or "/."."""
    return path.endswith("/") or _is_dot(path)


def parent_and_name(path: str) -> tuple[str, str]:
    """ "/a/b/" -> ("/a", "b"); "/a/." -> ("/a", "."); "/" -> ("/", ".")."""
    shortest = clean(path)
    if _is_dot(path) and shortest != ".":
        return shortest, "."
    name = posixpath.basename(shortest)
    return posixpath.dirname(shortest) or ".", name or "."


def link_target(path: str, target: str) -> str:
    """Where a symbolic link at `path` leads."""
    return target if target.startswith("/") else clean(posixpath.join(parent_and_name(path)[0], target))


def followed(path: str, target: str) -> tuple[str, str]:
    """A link that is followed: its target spelled like `path`, and the name it is copied under ("" for its own)."""
    if _is_dot(path) and not _is_dot(target):
        target = f"{target}/."
    if path.endswith("/") and not target.endswith("/"):
        target = f"{target}/"
    name = posixpath.basename(path.rstrip("/")) if path.endswith("/") else posixpath.basename(path)
    return target, "" if name == posixpath.basename(target.rstrip("/")) else name


def landing(source: Entry, target: Entry) -> tuple[str, str]:
    """The folder to unpack in, and the name of the archive's top entry there ("." for the contents of a folder).

    Raises BadValue in docker's words where source and target do not go together.
    """
    parent, name = parent_and_name(target.path)
    if target.exists and target.folder:
        return target.path, source.rename or parent_and_name(source.path)[1]
    if target.exists and source.folder:
        raise BadValue("cannot copy directory")
    if not target.exists and not source.folder and wants_folder(target.path):
        raise BadValue("no such directory")
    return parent, name


def _is_dot(path: str) -> bool:
    """Whether the last part is ".", or there is none."""
    return path in ("", ".") or path.endswith("/.")
