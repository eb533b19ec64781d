"""Docker's life cycle on function apps (placeholder until its parts are there)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from azdock.docker.record import ContainerRecord, Status
from azdock.settings import Settings


def connect(settings: Settings) -> Any:
    """The backend over function apps of the context in `settings`."""
    return FunctionBackend(settings)


class FunctionBackend:
    """Nothing yet."""

    name = "function"

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def inventory(self, known: Mapping[str, Status]) -> list[ContainerRecord]:
        """Nothing."""
        return []

    def trace(self, query: str) -> ContainerRecord | None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""
