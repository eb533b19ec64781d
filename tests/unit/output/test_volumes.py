"""The list and the JSON of volumes."""

from __future__ import annotations

from datetime import UTC, datetime

from azdock.docker.template import Template
from azdock.docker.volume import Volume
from azdock.output.format import render_list
from azdock.output.volumes import volume_json, volume_row, volume_struct, volume_view

VOLUME = Volume("data", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), labels={"b": "1", "a": ""}, mountpoint="https://s/x")


def show(format: str = "", **options: bool) -> str:
    return render_list(volume_view(), [volume_row(VOLUME)], format, **options)


def test_list() -> None:
    """The default table, names only, docker's keywords and templates; a template wins over --quiet."""
    assert show() == "DRIVER    VOLUME NAME\nlocal     data\n"
    assert show(quiet=True) == "data\n"
    assert show("{{.Driver}}", quiet=True) == "local\n"
    assert show("raw") == "name: data\ndriver: local\n\n"
    assert show('{{.Label "b"}} {{.Labels}} {{.Mountpoint}}') == "1 a=,b=1 https://s/x\n"
    assert show("json").startswith('{"Availability":"N/A","Driver":"local","Group":"N/A","Labels":"a=,b=1",')
    assert render_list(volume_view(), [], "json") == ""


def test_inspect() -> None:
    """Docker's keys; what is empty is null."""
    document = volume_json(VOLUME)
    assert document["CreatedAt"] == "2026-01-02T03:04:05Z"
    assert document["Labels"] == {"a": "", "b": "1"}
    assert document["Options"] is None
    assert list(document) == ["CreatedAt", "Driver", "Labels", "Mountpoint", "Name", "Options", "Scope"]
    text = Template('{{.Name}} {{index .Labels "b"}} {{.Options}} {{json .Options}}').render(volume_struct(document))
    assert text == "data 1 map[] null"
