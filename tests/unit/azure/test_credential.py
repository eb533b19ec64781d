"""Tokens: cached with care, and one credential chosen rather than a chain tried."""

from __future__ import annotations

from pathlib import Path

import pytest

from azdock.azure.credential import Tokens, choose

APP = {"AZURE_CLIENT_ID": "c", "AZURE_TENANT_ID": "t"}


@pytest.mark.parametrize(
    ("environ", "cli", "kind"),
    [
        ({**APP, "AZURE_CLIENT_SECRET": "s"}, True, "environment"),
        ({**APP, "AZURE_FEDERATED_TOKEN_FILE": "f"}, True, "workload"),
        ({"IDENTITY_ENDPOINT": "e"}, True, "managed"),
        ({}, True, "cli"),
        ({}, False, "device"),
    ],
)
def test_choice(environ: dict[str, str], cli: bool, kind: str) -> None:
    """What is present decides."""
    assert choose(environ, cli) == kind


def test_cache(tmp_path: Path) -> None:
    """A second process gets the saved token, a refused or old one is renewed, and the file is private."""
    asked: list[str] = []

    def source(scope: str) -> tuple[str, float]:
        asked.append(scope)
        return f"t{len(asked)}", 10_000.0

    def tokens(now: float) -> Tokens:
        return Tokens(tmp_path / "tokens", "me", source, lambda: now)

    assert tokens(0).get("s") == "t1"
    assert tokens(0).get("s") == "t1"
    assert tokens(0).get("s", stale="t1") == "t2"
    assert tokens(9_990).get("s") == "t3"
    assert [path.stat().st_mode & 0o777 for path in (tmp_path / "tokens").iterdir()] == [0o600]
