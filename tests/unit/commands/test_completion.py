"""azdock completion."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from azdock.cli import completion
from tests.support.fakes import azdock


@pytest.mark.parametrize("shell", completion.SHELLS)
def test_scripts(shell: str) -> None:
    """The generated script of each shell."""
    result = azdock("completion", shell)
    assert result.code == 0
    assert "azdock completion names" in result.out


def test_unknown_shell() -> None:
    """azdock names those it knows."""
    result = azdock("completion", "tcsh")
    assert (result.err, result.code) == ("azdock completion knows bash, zsh, fish, not tcsh\n", 1)


def test_names_come_from_the_state_file_of_the_context(tmp_path: Path) -> None:
    """The current context's containers, or those of AZDOCK_CONTEXT."""
    for context, names in (("local", ["b", "a"]), ("prod", ["p"])):
        records = {"containers": [{"name": name} for name in names]}
        (tmp_path / f"state-{context}.json").write_text(json.dumps(records))
    home = {"AZDOCK_HOME": str(tmp_path)}
    assert completion.container_names(home) == ["a", "b"]
    assert completion.container_names(home | {"AZDOCK_CONTEXT": "prod"}) == ["p"]
    (tmp_path / "contexts.json").write_text(json.dumps({"current": "prod", "contexts": []}))
    assert completion.container_names(home) == ["p"]


def test_a_broken_state_file_completes_nothing(tmp_path: Path) -> None:
    """No complaint in the middle of a line."""
    (tmp_path / "state-local.json").write_text("{")
    assert completion.container_names({"AZDOCK_HOME": str(tmp_path)}) == []
