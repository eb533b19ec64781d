"""Homes that are odd or unusable."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.machine import IMAGE, Machine, clean, machine


@pytest.mark.parametrize(
    "name",
    ["-with blanks and 'quotes' größe-家", "/".join(["deep" * 25] * 8), "$HOME;true"],
    ids=["blanks", "long", "shell"],
)
def test_odd_names(tmp_path: Path, name: str) -> None:
    """Every name of a folder will do as home: runs, exec and logs work there."""
    with machine(tmp_path / name) as made:
        made.start()
        result = clean(made.run("run", "--name", "one", IMAGE, "sh", "-c", "echo hi; exit 7"))
        assert (result.out, result.code) == ("hi\n", 7), result
        assert made.quick("logs", "one").check().out == "hi\n"
        made.quick("run", "-d", "--name", "two", IMAGE, "sleep", "100").check()
        assert made.quick("exec", "two", "echo", "in").check().out == "in\n"
        assert made.quick("emulator", "logs").code == 0


@pytest.mark.parametrize("line", [("ps",), ("run", IMAGE, "true"), ("emulator", "start"), ("context", "use", "local")])
@pytest.mark.parametrize("kind", ["file", "below a file", "read-only", "no such place"])
def test_unusable(tmp_path: Path, kind: str, line: tuple[str, ...]) -> None:
    """A home that cannot be made or written is one sentence that names it, not a traceback."""
    home = tmp_path / "home"
    if kind == "file":
        home.write_text("")
    elif kind == "below a file":
        (tmp_path / "file").write_text("")
        home = tmp_path / "file" / "home"
    elif kind == "read-only":
        if os.getuid() == 0:
            pytest.skip("root may write everywhere")
        home.mkdir(mode=0o500)
    else:
        home = Path("/proc/azdock")
    result = clean(Machine(home).run(*line))
    assert result.code == (125 if line[0] == "run" else 1), result
    said = [text for text in result.err.splitlines() if text and not text.startswith(("hint:", "Run '"))]
    assert len(said) == 1 and str(home) in said[0], result
