"""Which revisions an app has: when a write makes a new one, what it is called, and which old ones are forgotten.

Source: learn.microsoft.com/azure/container-apps/revisions
"""

from __future__ import annotations

import secrets
import string
from typing import Any

from azdock.emulator import appbody

Document = dict[str, Any]
ALPHABET = string.ascii_lowercase + string.digits
FIRST_TAIL = 7  # random characters of the first revision's name; later ones are counted: --0000001


class SuffixTaken(Exception):
    """The revisionSuffix of a changed template is the name of a revision that is already there."""

    def __init__(self, suffix: str) -> None:
        super().__init__(suffix)
        self.suffix = suffix


def follow(document: Document, now_ns: int) -> bool:
    """Give the app a new revision if its template is no longer its latest revision's; whether it got one.

    Raises SuffixTaken, and changes nothing then.
    """
    template, found = document["properties"]["template"], document["revisions"]
    latest = found.get(document["latest"])
    suffix = template.get("revisionSuffix")
    named = f"{document['name']}--{suffix}" if suffix else ""
    if latest and appbody.same_template(latest["template"], template) and named in ("", latest["name"]):
        return False
    if named in found:
        raise SuffixTaken(suffix)
    name = named or _next_name(document)
    found[name] = {
        "name": name,
        "created": now_ns,
        "template": template,
        "active": True,
        "last_active": 0,
        "failed": "",
        "ready_once": False,
    }
    document["latest"] = name
    document["counter"] += 1
    _forget(document)
    return True


def _next_name(document: Document) -> str:
    app, found = document["name"], document["revisions"]
    if not found:
        return f"{app}--{''.join(secrets.choice(ALPHABET) for _ in range(FIRST_TAIL))}"
    number = document["counter"]
    while (name := f"{app}--{number:07d}") in found:
        number += 1
    return name


def _forget(document: Document) -> None:
    """Drop the oldest inactive revisions beyond maxInactiveRevisions."""
    kept = document["properties"]["configuration"]["maxInactiveRevisions"]
    inactive = [name for name, one in document["revisions"].items() if not one["active"]]
    for name in inactive[: max(0, len(inactive) - kept)]:
        del document["revisions"][name]
