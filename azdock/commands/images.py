"""azdock images: the image store of the embedded Azure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from azdock.cli.env import Env
from azdock.cli.flags import flag
from azdock.cli.verb import verb
from azdock.docker import image as reference
from azdock.docker.template import Struct
from azdock.docker.values import BadValue
from azdock.errors import AzdockError, DaemonError, Unsupported
from azdock.output import images
from azdock.output.format import FormatError, render_list

if TYPE_CHECKING:
    from azdock.services.images import Image

    Tagged = tuple[Image, str]  # an image and one of its references, "" for none

FILTERS = frozenset({"dangling", "label", "reference"})


@dataclass(frozen=True, slots=True)
class ImagesFlags:
    """The flags of `docker images`."""

    all: bool = flag("bool", "Accepted: the store keeps no intermediate images", "a")
    digests: bool = flag("bool", "Show digests")
    filter: tuple[str, ...] = flag("filter", "Show what matches (reference=busybox, dangling=true, label=a)", "f")
    format: str = flag("string", "Print with a template: table, table TEMPLATE, json or TEMPLATE")
    no_trunc: bool = flag("bool", "Shorten nothing")
    quiet: bool = flag("bool", "Print IDs only", "q")
    tree: bool = flag("bool", "Refused: images of several platforms are not kept")


@verb(ImagesFlags)
def command(env: Env, flags: ImagesFlags, args: Sequence[str]) -> int:
    """List images, newest first."""
    if flags.tree:
        raise Unsupported("--tree: the embedded store keeps one platform of an image")
    try:
        found = _matching(env.images().list(), flags.filter, args[0] if args else "")
        text = render_list(
            images.image_view(digests=flags.digests), list(_rows(env, flags, found)), flags.format, quiet=flags.quiet
        )
    except BadValue as bad:
        raise DaemonError(str(bad)) from bad
    except FormatError as bad:
        raise AzdockError(str(bad)) from bad
    env.out.write(text.encode())
    return 0


def _matching(found: Sequence[Image], filters: Sequence[str], pattern: str) -> list[Tagged]:
    """One pair per reference that fits every filter and the pattern. Raises BadValue in docker's words."""
    wanted = [text.partition("=")[::2] for text in filters if text]
    for key, value in wanted:
        if key not in FILTERS:
            raise BadValue(f"Invalid filter '{key}'")
        if key == "dangling" and value not in ("true", "false", "1", "0"):
            raise BadValue(f"Invalid filter 'dangling=[{value}]'")
    if pattern:
        wanted.append(("reference", pattern))
    pairs = [(image, tag) for image in found for tag in (image.tags or ("",))]
    return [pair for pair in pairs if all(_fits(pair, key, value) for key, value in wanted)]


def _fits(pair: Tagged, key: str, value: str) -> bool:
    image, tag = pair
    if key == "dangling":
        return (not tag) == (value in ("true", "1"))
    if key == "label":
        name, equals, text = value.partition("=")
        labels = image.labels or {}
        return name in labels and (not equals or labels[name] == text)
    if not tag:
        return False
    known = reference.parse(tag)
    if "*" in value or "?" in value:
        return fnmatchcase(known.familiar_name, value) or fnmatchcase(known.familiar(), value)
    asked = reference.parse(value)
    same = asked.familiar_name == known.familiar_name
    return same and (not asked.tag or asked.tag == known.tag)


def _rows(env: Env, flags: ImagesFlags, found: Sequence[Tagged]) -> Iterator[Struct]:
    now = env.now()
    for image, tag in found:
        known = reference.parse(tag) if tag else None
        yield images.image_row(
            id=image.id,
            created=datetime.fromtimestamp(image.created, UTC),
            size=image.size,
            now=now,
            repository=known.familiar_name if known else "",
            tag=known.tag if known else "",
            digest=image.digests[0].partition("@")[2] if image.digests else "",
            no_trunc=flags.no_trunc,
        )
