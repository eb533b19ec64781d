"""What azdock stamps on a resource, and the record that comes back from it.

Environment values and arguments are in the resource's body only; tags hold names, times and Docker-only facts.
SOURCE: learn.microsoft.com/azure/azure-resource-manager/management/tag-resources: 50 tags, values of 256 characters.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from azdock.docker import plain
from azdock.docker.record import ContainerRecord, Ident
from azdock.docker.spec import ContainerSpec, ImageFacts
from azdock.errors import AzdockError

ID, NAME, CREATED, SPEC = "azdock-id", "azdock-name", "azdock-created", "azdock-spec-"
VALUE_LENGTH = 256
MAX_CHUNKS = 46
# These live in the job's body, or (asked) are over once the container exists.
_IN_BODY = frozenset({"image", "command", "entrypoint", "env", "asked", "foreground", "at_once"})


def stamp(record: ContainerRecord) -> dict[str, str]:
    """Every tag of a record. Raises AzdockError when its labels do not fit into what Azure allows."""
    facts = {"spec": _spec_facts(record.spec), "image": plain.changed(record.image)}
    text = json.dumps(facts, separators=(",", ":"), sort_keys=True)
    if len(text) > VALUE_LENGTH:
        text = "z" + base64.b64encode(zlib.compress(text.encode(), 9)).decode()
    chunks = [text[start : start + VALUE_LENGTH] for start in range(0, len(text), VALUE_LENGTH)]
    if len(chunks) > MAX_CHUNKS:
        raise AzdockError("the labels and image facts of this container do not fit into Azure's 50 tags of 256 letters")
    tags = {ID: record.ident.id, NAME: record.ident.name, CREATED: record.created.isoformat()}
    return tags | {f"{SPEC}{number}": chunk for number, chunk in enumerate(chunks)}


def is_ours(tags: Mapping[str, str] | None) -> bool:
    """True for tags that azdock wrote; everything else is left alone."""
    return bool(tags) and ID in _lower(tags or {})


def ident(tags: Mapping[str, str]) -> Ident:
    """The container's id and name."""
    known = _lower(tags)
    return Ident(known[ID], known[NAME])


def created(tags: Mapping[str, str]) -> datetime:
    """When the container was created."""
    return datetime.fromisoformat(_lower(tags)[CREATED])


@dataclass(frozen=True, slots=True)
class Words:
    """How many words of the body's command line belong to --entrypoint (None: the flag was not given), and how many
    were given after the image (None: an azdock that did not note it)."""

    entrypoint: int | None
    command: int | None


def facts(tags: Mapping[str, str]) -> tuple[dict[str, Any], ImageFacts, Words]:
    """Fields of ContainerSpec that are not in the body, the image's facts, and whose the words of the command line
    are."""
    known = _lower(tags)
    text = ""
    while (chunk := known.get(f"{SPEC}{len(text) // VALUE_LENGTH}")) is not None and len(text) % VALUE_LENGTH == 0:
        text += chunk
    if text.startswith("z"):
        text = zlib.decompress(base64.b64decode(text[1:])).decode()
    document = json.loads(text)
    spec = dict(document["spec"])
    words = Words(spec.pop("entrypoint_words", None), spec.pop("command_words", None))
    return plain.spec_fields(spec), plain.image_facts(document["image"]), words


def _spec_facts(spec: ContainerSpec) -> dict[str, Any]:
    facts = {name: value for name, value in plain.changed(spec).items() if name not in _IN_BODY}
    if spec.entrypoint is not None:
        facts["entrypoint_words"] = len(spec.entrypoint)
    facts["command_words"] = len(spec.command)
    return facts


def _lower(tags: Mapping[str, str]) -> dict[str, str]:
    # Azure keeps the case of a tag's name as first written, but treats names as equal in any case.
    return {name.lower(): value for name, value in tags.items()}
