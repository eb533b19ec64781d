"""Every verb and flag of docker, with docker's arity and types, against the extract of docker's own help texts."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from azdock import catalogue
from azdock.catalogue import MANY
from azdock.cli import app

SHARED = os.environ.get("AZDOCK_SHARED", "")
EXTRACT = Path(SHARED or ".") / "docker" / "cli.json"
pytestmark = pytest.mark.skipif(
    not (SHARED and EXTRACT.exists()), reason="AZDOCK_SHARED names no folder with docker/cli.json"
)
VERBS: dict[str, Any] = json.loads(EXTRACT.read_text())["commands"] if SHARED and EXTRACT.exists() else {}
LEAVES = {name.removeprefix("docker "): verb for name, verb in VERBS.items() if not verb["subcommands"]}


@pytest.mark.parametrize("path", LEAVES)
def test_verb(path: str) -> None:
    """The verb exists, takes as many arguments, and knows every flag with its letter and kind."""
    found = catalogue.find(path)
    assert found is not None
    row, canonical = found
    wanted = LEAVES[path]
    if path != "context use":  # its own extract could not provoke the error
        most = wanted["args"]["max"]
        assert (row.least, row.most) == (wanted["args"]["min"], MANY if most is None else most)
    flags = {one.name: (one.short, one.kind) for one in app.load(row, canonical).flags}
    for one in wanted["flags"]:
        if one["name"] == "help":
            continue
        assert one["name"] in flags, one["name"]
        assert flags[one["name"]][0] == one["shorthand"]
        assert (flags[one["name"]][1] == "bool") == (one["type"] == "bool")
    for one in wanted["hidden_flags"]:
        assert one["name"] in flags
