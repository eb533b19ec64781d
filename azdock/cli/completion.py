"""Shell completion answered from files: the generated scripts, and names out of the state file.

Loads nothing but json: a shell waits for the answer while a person types.
"""

# pathlib costs as much as everything else here together:
# ruff: noqa: PTH100, PTH110, PTH111, PTH118, PTH120
from __future__ import annotations

import json
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

SHELLS = ("bash", "zsh", "fish")
NAMES = "names"  # what the scripts ask: azdock completion names


def answer(what: str, environ: Mapping[str, str]) -> str | None:
    """The script of a shell, or with "names" the containers' names, one a line; None for anything else."""
    if what == NAMES:
        return "".join(f"{name}\n" for name in container_names(environ))
    if what not in SHELLS:
        return None
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    # installed beside the package's modules, or still in the checkout beside the package
    for folder in (os.path.join(here, "completions"), os.path.join(os.path.dirname(here), "completions")):
        path = os.path.join(folder, f"azdock.{what}")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                return file.read()
    raise FileNotFoundError(f"azdock was installed without completions/azdock.{what}")


def container_names(environ: Mapping[str, str]) -> list[str]:
    """The names in the state file of the current context; none when there is no readable file."""
    home = environ.get("AZDOCK_HOME") or os.path.join(os.path.expanduser("~"), ".azdock")
    context = environ.get("AZDOCK_CONTEXT") or _field(os.path.join(home, "contexts.json"), "current") or "local"
    records = _field(os.path.join(home, f"state-{context}.json"), "containers") or []
    return sorted(record["name"] for record in records)


def _field(path: str, name: str) -> Any:
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)[name]
    except (OSError, ValueError, KeyError, TypeError):
        return None  # the shell wants no complaint in the middle of a line
