"""The ps view."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from azdock.docker.record import ContainerRecord
from azdock.docker.status import running_for, status_text
from azdock.docker.template import Struct
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


def container_row(record: ContainerRecord, now: datetime, *, no_trunc: bool = False, size: bool = False) -> Struct:
    """One container of ps. Sizes are not known on Azure: docker's 0B stands for them."""
    labels = {**record.image.labels, **record.spec.labels}
    command = " ".join(_shell_word(word) for word in record.argv)
    fields = {
        "Command": f'"{command if no_trunc else _ellipsis(command, 20)}"',
        "CreatedAt": record.created.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S +0000 UTC"),
        "ID": record.ident.id if no_trunc else record.ident.id[:12],
        "Image": record.spec.image or "<no image>",
        "Labels": ",".join(f"{key}={labels[key]}" for key in sorted(labels)),
        "LocalVolumes": "0",
        "Mounts": "",
        "Names": record.ident.name,
        "Networks": "",
        "Platform": None,
        "Ports": "",
        "RunningFor": running_for(record.created, now),
        "Size": "0B",
        "State": record.seen.state,
        "Status": status_text(record.seen, record.created, now),
    }
    return row(container_view(size=size), fields, {"Label": method(_getter(labels))})


def _getter(labels: Mapping[str, str]) -> Callable[[str], str]:
    return lambda key: labels.get(key, "")


def _ellipsis(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _shell_word(word: str) -> str:
    # the engine quotes an argument that holds a blank, and nothing else
    return f"'{word}'" if " " in word else word
