"""Which Azure is used, and what is settled beforehand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from azdock import settings
from azdock.errors import AzdockError


def write(home: Path, **fields: str) -> None:
    context = {"name": "work", "subscription": "s", "resource_group": "g", "environment": "e", **fields}
    (home / settings.CONTEXTS_FILE).write_text(json.dumps({"current": "work", "contexts": [context]}))


def test_backend_and_plan(tmp_path: Path) -> None:
    """The environment's choice comes before the context's; without either nothing is chosen."""
    made = settings.load({"AZDOCK_HOME": str(tmp_path)})
    assert (made.backend, made.plan) == ("", "")
    write(tmp_path, backend="function", plan="EP1")
    made = settings.load({"AZDOCK_HOME": str(tmp_path)})
    assert (made.backend, made.plan) == ("function", "EP1")
    made = settings.load({"AZDOCK_HOME": str(tmp_path), "AZDOCK_BACKEND": "app", "AZDOCK_PLAN": "B1"})
    assert (made.backend, made.plan) == ("app", "B1")


def test_bad_shim(tmp_path: Path) -> None:
    """A word that says nothing is refused by the name of its variable."""
    with pytest.raises(AzdockError, match="AZDOCK_SHIM=sometimes"):
        settings.load({"AZDOCK_HOME": str(tmp_path), "AZDOCK_SHIM": "sometimes"})
