"""azdock context."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.fakes import Result, World, azdock

PROD = ("--subscription", "s", "--resource-group", "g", "--environment", "e")


def run(home: Path, *argv: str, **environ: str) -> Result:
    return azdock(*argv, world=World(environ={"AZDOCK_HOME": str(home), **environ}))


def test_life(tmp_path: Path) -> None:
    """A context is created, listed, chosen, shown, inspected and forgotten."""
    assert run(tmp_path, "context", "create", "prod", *PROD, "--description", "d").out == "prod\n"
    assert run(tmp_path, "context", "ls", "-q").out == "default\nlocal\nprod\n"
    used = run(tmp_path, "context", "use", "prod")
    assert (used.out, used.err) == ("prod\n", 'Current context is now "prod"\n')
    assert run(tmp_path, "context", "show").out == "prod\n"
    assert run(tmp_path, "context", "show", AZDOCK_CONTEXT="local").out == "local\n"
    assert run(tmp_path, "-c", "local", "context", "show").out == "local\n"
    (found,) = json.loads(run(tmp_path, "context", "inspect").out)
    assert found["Name"] == "prod"
    assert found["Metadata"] == {"Description": "d"}
    assert found["Endpoints"]["azure"]["Subscription"] == "s"
    assert run(tmp_path, "context", "rm", "prod").err == 'context "prod" is in use, set -f flag to force remove\n'
    assert run(tmp_path, "context", "rm", "-f", "prod").out == "prod\n"
    assert run(tmp_path, "context", "ls", "-q").out == "default\nlocal\n"


def test_table(tmp_path: Path) -> None:
    """docker's columns, a star for the one in use."""
    lines = run(tmp_path, "context", "ls").out.splitlines()
    assert lines[0].split() == ["NAME", "DESCRIPTION", "DOCKER", "ENDPOINT", "ERROR"]
    assert lines[1].startswith("default   ")
    assert lines[2].startswith("local *   ")


def test_from_copies(tmp_path: Path) -> None:
    """--from takes everything that no flag changes."""
    run(tmp_path, "context", "create", "aa", *PROD)
    assert run(tmp_path, "context", "create", "bb", "--from", "aa", "--environment", "f").code == 0
    (found,) = json.loads(run(tmp_path, "context", "inspect", "bb").out)
    assert (found["Endpoints"]["azure"]["Subscription"], found["Endpoints"]["azure"]["Environment"]) == ("s", "f")


@pytest.mark.parametrize(
    ("argv", "out", "err", "code"),
    [
        (("inspect", "x"), "[]\n", 'context "x": context not found\n', 1),
        (("rm", "x"), "", 'context "x" does not exist\n', 1),
        (("rm", "-f", "x"), "x\n", "", 0),
        (("rm", "local"), "", 'context "local" cannot be removed\n', 1),
        (("create", "xx"), "",
         "a context needs --subscription, --resource-group, --environment\n"
         "hint: az containerapp env list -o table shows what there is\n", 1),
        (
            ("create", "bad name", *PROD), "",
            'context name "bad name" is invalid, names are validated against regexp '
            '"^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$"\n',
            1,
        ),
    ],
)  # fmt: skip
def test_mistakes(tmp_path: Path, argv: tuple[str, ...], out: str, err: str, code: int) -> None:
    """docker's words."""
    result = run(tmp_path, "context", *argv)
    assert (result.out, result.err, result.code) == (out, err, code)


def test_reserved_and_bad_names_need_no_flags(tmp_path: Path) -> None:
    """A name that can never be is refused before the flags are looked at."""
    assert run(tmp_path, "context", "create", "local").err == '"local" is a reserved context name\n'
