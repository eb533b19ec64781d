"""Configurations of images."""

from __future__ import annotations

from typing import Any

import pytest

from azdock.emulator.runtimes.base import ImageConfig
from azdock.emulator.runtimes.imageconfig import of_config

FULL = {
    "Entrypoint": ["e"], "Cmd": ["c"], "Env": ["A=1"], "WorkingDir": "/w", "User": "7", "Labels": {"l": "v"},
    "StopSignal": "SIGINT", "ExposedPorts": {"80/tcp": {}, "53/udp": {}}, "Volumes": {"/b": {}, "/a": {}},
    "Healthcheck": {"Test": ["CMD-SHELL", "true"], "Interval": 5, "Retries": 0},
}  # fmt: skip
EXPECTED = ImageConfig(
    ("e",), ("c",), ("A=1",), "/w", "7", {"l": "v"}, "SIGINT", ("53/udp", "80/tcp"), ("/a", "/b"),
    {"Test": ["CMD-SHELL", "true"], "Interval": 5},
)  # fmt: skip


@pytest.mark.parametrize(
    ("found", "expected"), [(FULL, EXPECTED), ({}, ImageConfig()), (dict.fromkeys(FULL), ImageConfig())]
)
def test_of_config(found: dict[str, Any], expected: ImageConfig) -> None:
    """Everything that is said arrives, in a fixed order, and what is null says nothing."""
    assert of_config(found) == expected
