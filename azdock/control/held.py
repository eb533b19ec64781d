"""The side of the azdock that a user has typed, for sessions: finds or starts the process that holds one."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping

from azdock.control import messages
from azdock.control.client import ControlChannel, persist, spawn
from azdock.control.place import Place
from azdock.settings import Settings

# How long the process that holds a session may need to listen.
START_SECONDS, PAUSE_SECONDS = 10.0, 0.02


class Holders:
    """The processes that hold sessions of one context's containers."""

    def __init__(self, settings: Settings, environ: Mapping[str, str], warn: Callable[[str], None]) -> None:
        """`warn` gets what a process has to tell the user. Raises AzdockError for a bad value of PERSIST."""
        self._settings, self._warn = settings, warn
        self._wanted = persist(environ) > 0 and not settings.debug

    def begin(self, container: str, size: tuple[int, int]) -> HeldChannel | None:
        """A channel to a new session; None when no process is wanted. With --debug the wire must be seen."""
        place = self._place(container)
        claimed = place.claim() if self._wanted else None
        if claimed is None:
            return self.attach(container, size) if self._wanted else None
        home = os.fspath(self._settings.home.absolute())
        spawn(place, ("azdock.control.holder", home, self._settings.context.name, container), *claimed)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if (found := self.attach(container, size)) is not None:
                return found
            time.sleep(PAUSE_SECONDS)
        return None

    def attach(self, container: str, size: tuple[int, int]) -> HeldChannel | None:
        """A channel to the session that is held on this machine; None when none is."""
        line = self._place(container).connect()
        if line is None:
            return None
        try:
            line.sendall(messages.pack("q", json.dumps({"size": size}).encode()))
        except OSError:
            line.close()
            return None  # the session has just ended
        return HeldChannel(line, self._warn)

    def _place(self, container: str) -> Place:
        return Place(self._settings, container, kind="session")


class HeldChannel(ControlChannel):
    """ExecChannel of a session that another process holds."""

    def resize(self, rows: int, cols: int) -> None:
        """Tell the session's terminal its size."""
        self._send("r", json.dumps([rows, cols]).encode())

    def leave(self) -> None:
        """Go away and let the session go on."""
        self._send("d")
        self.close()
