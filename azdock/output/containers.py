"""The ps view."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import accumulate
from unicodedata import east_asian_width

from azdock.docker.record import ContainerRecord
from azdock.docker.spec import BRIDGE
from azdock.docker.status import running_for, status_text
from azdock.docker.template_values import Struct, quoted
from azdock.docker.units import human_size
from azdock.output.format import View, method, row

_COLUMNS = ("ID", "Image", "Command", "RunningFor", "Status", "Ports", "Names")
_TABLE = "\t".join(f"{{{{.{name}}}}}" for name in _COLUMNS)
_RAW = (
    "container_id: {{.ID}}\nimage: {{.Image}}\ncommand: {{.Command}}\ncreated_at: {{.CreatedAt}}\nstate: {{.State}}\n"
    "status: {{.Status}}\nnames: {{.Names}}\nlabels: {{.Labels}}\nports: {{.Ports}}\n"
)
_HEADERS = {
    "ID": "CONTAINER ID",
    "Names": "NAMES",
    "Image": "IMAGE",
    "Command": "COMMAND",
    "CreatedAt": "CREATED AT",
    "RunningFor": "CREATED",
    "Ports": "PORTS",
    "State": "STATE",
    "Status": "STATUS",
    "Size": "SIZE",
    "Labels": "LABELS",
    "Mounts": "MOUNTS",
    "LocalVolumes": "LOCAL VOLUMES",
    "Networks": "NETWORKS",
    "Platform": "PLATFORM",
}


def _label_header(key: str) -> str:
    return key.rpartition(".")[2].replace("-", " ").replace("_", " ")


def container_view(*, size: bool = False) -> View:
    """How ps lists; `size` is -s, which adds a column."""
    return View(
        "*formatter.ContainerContext",
        _HEADERS,
        _TABLE + ("\t{{.Size}}" if size else ""),
        quiet="{{.ID}}",
        raw=_RAW + ("size: {{.Size}}\n" if size else ""),
        methods={"Label": method(_label_header)},
        strict=True,
    )


def container_row(
    record: ContainerRecord, now: datetime, *, no_trunc: bool = False, size: bool = False, image_size: int = 0
) -> Struct:
    """One container of ps. What a container wrote is not known on Azure: docker's 0B stands for it.

    `image_size` is bytes, 0 when unknown; docker shows it behind the container's own size.
    """
    labels = {**record.image.labels, **record.spec.labels}
    command = _command_line(record.argv)
    fields = {
        "Command": quoted(command if no_trunc else _ellipsis(command, 20)),
        "CreatedAt": record.created.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S +0000 UTC"),
        "ID": record.ident.id if no_trunc else record.ident.id[:12],
        "Image": record.spec.image or "<no image>",
        "Labels": ",".join(f"{key}={labels[key]}" for key in sorted(labels)),
        **_mounts(record, no_trunc=no_trunc),
        "Names": record.ident.name,
        "Networks": record.spec.network or BRIDGE,
        "Platform": None,
        "Ports": _ports(record),
        "RunningFor": running_for(record.created, now),
        "Size": f"0B (virtual {human_size(image_size)})" if image_size else "0B",
        "State": record.seen.state,
        "Status": status_text(record.seen, record.created, now),
    }
    return row(container_view(size=size), fields, {"Label": method(_getter(labels))})


def _ports(record: ContainerRecord) -> str:
    """ "https://web.x.io -> 80/tcp, 9000/tcp": where the outside reaches a port, else the port alone. Like docker's,
    empty for a container that does not run."""
    spec = record.spec
    if record.seen.settled or not (spec.ports or spec.expose or record.image.exposed or record.seen.serving):
        return ""
    from azdock.docker import inspect_network, ports

    if record.seen.state == "created" and not record.seen.reachable:
        return ""
    public = inspect_network.public(record)
    reached = {one.key for one in public}
    shown = [f"{one.address} -> {one.key}" for one in public]
    return ", ".join([*shown, *(one.key for one in ports.exposed(spec, record.image) if one.key not in reached)])


def _mounts(record: ContainerRecord, *, no_trunc: bool) -> dict[str, str]:
    if not record.spec.mounts:
        return {"LocalVolumes": "0", "Mounts": ""}
    from azdock.docker import mount_views

    shown = [one if no_trunc else _ellipsis(one, 15) for one in mount_views.sources(record)]
    return {"LocalVolumes": str(mount_views.local_volumes(record)), "Mounts": ",".join(shown)}


def _getter(labels: Mapping[str, str]) -> Callable[[str], str]:
    return lambda key: labels.get(key, "")


def _ellipsis(text: str, width: int) -> str:
    """As many characters as fit into `width` columns, the last one an ellipsis when some are missing."""
    ends = list(accumulate(2 if east_asian_width(one) in "WF" else 1 for one in text))
    if not ends or ends[-1] <= width:
        return text
    return text[: bisect_right(ends, width - 1)] + "…"


def _command_line(argv: Sequence[str]) -> str:
    # the engine quotes an argument that holds a blank, and nothing else, and never the program
    return " ".join([*argv[:1], *(f"'{word}'" if " " in word else word for word in argv[1:])])
