"""The volumes view, and volumes in the shape that docker volume inspect prints."""

from __future__ import annotations

from typing import Any

from azdock.docker.template_values import NilMap, Struct
from azdock.docker.volume import Volume
from azdock.output.format import View, method, row

_HEADERS = {
    "Name": "VOLUME NAME",
    "Driver": "DRIVER",
    "Scope": "SCOPE",
    "Mountpoint": "MOUNTPOINT",
    "Labels": "LABELS",
    "Links": "LINKS",
    "Size": "SIZE",
    "Group": "GROUP",
    "Availability": "AVAILABILITY",
    "Status": "STATUS",
}
SCOPE = "local"
_UNTOLD = "N/A"  # docker's word for what only its own engine or a swarm knows


def _label_header(key: str) -> str:
    return key.rpartition(".")[2].replace("-", " ").replace("_", " ")


def volume_view() -> View:
    """How volumes are listed."""
    return View(
        "*formatter.volumeContext",
        _HEADERS,
        "{{.Driver}}\t{{.Name}}",
        quiet="{{.Name}}",
        raw="name: {{.Name}}\ndriver: {{.Driver}}\n",
        methods={"Label": method(_label_header)},
        template_wins=True,
    )


def volume_row(volume: Volume) -> Struct:
    """One volume of a list."""
    labels = volume.labels
    fields = {
        "Availability": _UNTOLD,
        "Driver": volume.driver,
        "Group": _UNTOLD,
        "Labels": ",".join(f"{key}={labels[key]}" for key in sorted(labels)),
        "Links": _UNTOLD,
        "Mountpoint": volume.mountpoint,
        "Name": volume.name,
        "Scope": SCOPE,
        "Size": _UNTOLD,
        "Status": _UNTOLD,
    }
    return row(volume_view(), fields, {"Label": method(lambda key: labels.get(key, ""))})


def volume_json(volume: Volume) -> dict[str, Any]:
    """The JSON object of docker volume inspect. The mount point is the share's URL."""
    return {
        "CreatedAt": volume.created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Driver": volume.driver,
        "Labels": dict(sorted(volume.labels.items())) or None,
        "Mountpoint": volume.mountpoint,
        "Name": volume.name,
        "Options": dict(sorted(volume.options.items())) or None,
        "Scope": SCOPE,
    }


def volume_struct(document: dict[str, Any]) -> Struct:
    """The Go struct behind a volume's JSON, for templates."""
    fields = {key: NilMap() if value is None else value for key, value in document.items()}
    return Struct("volume.Volume", fields, document=document)
