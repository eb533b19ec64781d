"""What a process loads before it does anything: sets of modules, which do not flicker as timings do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from azdock import catalogue

ROOT = Path(__file__).parents[2]
# costly, or on the far side of a rule
NEVER_FOR_HELP = {
    "azure", "httpx", "websockets", "rich", "starlette", "uvicorn", "wsproto", "cryptography", "docker", "asyncio",
    "filelock", "pydantic", "azdock.backends", "azdock.azure", "azdock.emulator", "azdock.state",
}  # fmt: skip
NEVER_FOR_STATIC = NEVER_FOR_HELP | {"typer", "re", "inspect", "dataclasses", "typing", "pathlib", "json"}
PROBE = """
import sys
before = set(sys.modules)
sys.argv = ["azdock", *sys.argv[1:]]
from azdock.__main__ import main
code = main()
sys.stdout.flush()
loaded = sorted(set(sys.modules) - before)
import json
print("\\n" + json.dumps([code, loaded]))
"""


def loaded(*argv: str) -> tuple[int, set[str]]:
    """Exit code and modules that `azdock argv` loads in a fresh process."""
    environ = {**os.environ, "AZDOCK_HOME": "/nonexistent", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *argv], capture_output=True, text=True, check=True, env=environ, cwd="/"
    )
    code, modules = json.loads(done.stdout.splitlines()[-1])
    return code, set(modules)


def forbidden(modules: set[str], deny: set[str]) -> set[str]:
    return {one for one in modules if one in deny or any(one.startswith(f"{name}.") for name in deny)}


@pytest.mark.parametrize("argv", [("--help",), ("--version",), ()])
def test_static_answers_load_next_to_nothing(argv: tuple[str, ...]) -> None:
    """Root help and version cost hardly more than Python itself."""
    code, modules = loaded(*argv)
    assert code == 0
    assert forbidden(modules, NEVER_FOR_STATIC) == set()


@pytest.mark.parametrize("argv", [("completion", "bash"), ("completion", "names")])
def test_completion_loads_no_typer(argv: tuple[str, ...]) -> None:
    """A shell waits for it while a person types."""
    code, modules = loaded(*argv)
    assert code == 0
    assert forbidden(modules, NEVER_FOR_STATIC - {"json", "re"}) == set()


@pytest.mark.parametrize("path", [row.paths[-1] for row in catalogue.ROWS])
def test_a_verb_loads_only_its_own_module(path: str) -> None:
    """No SDK, no HTTP library, no emulator, and no other verb, until the verb does its work."""
    code, modules = loaded(*path.split(), "--help")
    assert code == 0
    assert forbidden(modules, NEVER_FOR_HELP) == set()
    row, _ = catalogue.find(path) or (None, "")
    assert row is not None
    own = row.module.split(":")[0]
    verbs = {one.module.split(":")[0] for one in catalogue.every()} - {
        own,
        *({"stop"} if own == "restart" else ()),
        *({"version"} if own == "info" else ()),
    }
    assert {one for one in modules if one.removeprefix("azdock.commands.") in verbs and "commands" in one} == set()
