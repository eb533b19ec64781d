"""azdock info."""

from __future__ import annotations

import json
from pathlib import Path

from azdock.docker.record import Status
from tests.support.fakes import Services, World, azdock, record


def world(home: Path) -> World:
    records = {"a": record("a", id="a" * 64), "b": record("b", id="b" * 64, seen=Status("exited", "r", 1))}
    return World(Services(records=records), environ={"AZDOCK_HOME": str(home)})


def test_text(tmp_path: Path) -> None:
    """Counts by state, under docker's headings."""
    lines = azdock("info", world=world(tmp_path)).out.splitlines()
    for line in ("Client:", "Server:", " Containers: 2", "  Running: 1", "  Paused: 0", "  Stopped: 1", " Images: 0"):
        assert line in lines


def test_json(tmp_path: Path) -> None:
    """docker's keys, for scripts."""
    value = json.loads(azdock("system", "info", "-f", "json", world=world(tmp_path)).out)
    assert (value["Containers"], value["OSType"], value["ClientInfo"]["Context"]) == (2, "linux", "local")
    assert {"ServerVersion", "NCPU", "MemTotal", "Images"} <= set(value)


def test_template(tmp_path: Path) -> None:
    """A template sees the same facts."""
    result = azdock("info", "--format", "{{.OSType}} {{.ContainersRunning}}", world=world(tmp_path))
    assert (result.out, result.code) == ("linux 1\n", 0)
