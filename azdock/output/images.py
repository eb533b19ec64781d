"""The images view."""

from __future__ import annotations

from datetime import UTC, datetime

from azdock.docker.status import running_for
from azdock.docker.template_values import Struct
from azdock.docker.units import human_size, human_size_with_precision
from azdock.output.format import View, row

_HEADERS = {
    "ID": "IMAGE ID",
    "Repository": "REPOSITORY",
    "Tag": "TAG",
    "Digest": "DIGEST",
    "CreatedSince": "CREATED",
    "CreatedAt": "CREATED AT",
    "Size": "SIZE",
    "Containers": "CONTAINERS",
    "VirtualSize": "SIZE",
    "SharedSize": "SHARED SIZE",
    "UniqueSize": "UNIQUE SIZE",
}


def image_view(*, digests: bool = False) -> View:
    """How images lists; `digests` is --digests, which adds a column."""
    columns = ["Repository", "Tag", *(["Digest"] if digests else []), "ID", "CreatedSince", "Size"]
    return View(
        "*formatter.imageContext",
        _HEADERS,
        "\t".join(f"{{{{.{name}}}}}" for name in columns),
        quiet="{{.ID}}",
        raw="repository: {{.Repository}}\ntag: {{.Tag}}\n"
        + ("digest: {{.Digest}}\n" if digests else "")
        + "image_id: {{.ID}}\ncreated_at: {{.CreatedAt}}\nvirtual_size: {{.Size}}\n",
        template_wins=True,
    )


def image_row(
    *,
    id: str,
    created: datetime,
    size: int,
    now: datetime,
    repository: str = "",
    tag: str = "",
    digest: str = "",
    no_trunc: bool = False,
) -> Struct:
    """One image: `id` is sha256:HEX, `size` bytes; an empty repository, tag or digest is shown as <none>."""
    fields = {
        "Containers": "N/A",
        "CreatedAt": created.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S +0000 UTC"),
        "CreatedSince": running_for(created, now),
        "Digest": digest or "<none>",
        "ID": id if no_trunc else id.removeprefix("sha256:")[:12],
        "Repository": repository or "<none>",
        "SharedSize": "N/A",
        "Size": human_size(size),
        "Tag": tag or "<none>",
        "UniqueSize": "N/A",
        "VirtualSize": human_size_with_precision(size, 4),
    }
    return row(image_view(), fields)
