"""The backends of one context, connected on first use."""

from __future__ import annotations

from azdock.backends import base
from azdock.backends.base import Backend
from azdock.errors import Unsupported
from azdock.settings import Settings


class Backends:
    """Backends by name; each is connected once per process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._connected: dict[str, Backend] = {}

    def get(self, name: str) -> Backend:
        """The backend called `name`. Raises Unsupported for a name azdock does not know."""
        if name not in base.BACKENDS:
            known = ", ".join(base.names())
            raise Unsupported(f"--backend {name}: azdock has no such backend", hint=f"use one of: {known}")
        if name not in self._connected:
            self._connected[name] = base.connect(name, self.settings)
        return self._connected[name]

    def all(self) -> list[Backend]:
        """Every backend of the context."""
        return [self.get(name) for name in base.names()]
