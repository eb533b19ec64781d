"""The context ls view."""

from __future__ import annotations

from azdock.docker.template_values import Struct
from azdock.output.format import View, row

CONTEXT_VIEW = View(
    "*formatter.clientContextContext",
    {"Name": "NAME", "Description": "DESCRIPTION", "DockerEndpoint": "DOCKER ENDPOINT", "Error": "ERROR"},
    "{{.Name}}{{if .Current}} *{{end}}\t{{.Description}}\t{{.DockerEndpoint}}\t{{.Error}}",
    quiet="{{.Name}}",
)


def context_row(*, name: str, description: str, endpoint: str, current: bool, error: str = "") -> Struct:
    """One context; `endpoint` is what docker calls the docker endpoint."""
    return row(
        CONTEXT_VIEW,
        {"Current": current, "Description": description, "DockerEndpoint": endpoint, "Error": error, "Name": name},
    )
