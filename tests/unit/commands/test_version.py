"""azdock version."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from azdock import __version__, wire
from azdock.commands import version
from tests.support.fakes import World, azdock


def world(home: Path) -> World:
    return World(environ={"AZDOCK_HOME": str(home)})


def test_the_api_version_is_the_one_azdock_speaks() -> None:
    """The text cannot drift from the wire."""
    assert version.ENGINE_API == wire.APP_API_VERSION


def test_text(tmp_path: Path) -> None:
    """A section for the client, one for Azure."""
    lines = azdock("version", world=world(tmp_path)).out.splitlines()
    assert lines[0] == "Client:"
    assert lines[1].split() == ["Version:", __version__]
    assert " Context:           local" in lines
    assert "Server: Azure Container Apps" in lines


def test_json(tmp_path: Path) -> None:
    """The client comes first, as docker's does."""
    out = azdock("version", "--format", "json", world=world(tmp_path)).out
    assert out.startswith('{"Client":')
    assert json.loads(out)["Client"]["Context"] == "local"


@pytest.mark.parametrize(
    ("format", "out", "err", "code"),
    [
        ("{{.Client.Version}} {{.Server.Version}}", f"{__version__} 2026.07.01\n", "", 0),
        ("{{.Nope", "", "template parsing error: template: version:1: unclosed action\n", 64),
    ],
)
def test_templates(tmp_path: Path, format: str, out: str, err: str, code: int) -> None:
    """docker's templates and its own exit code for a broken one."""
    result = azdock("version", "--format", format, world=world(tmp_path))
    assert (result.out, result.err, result.code) == (out, err, code)
