"""The containers of a runtime that are still running, so that the runtime can end them."""

from __future__ import annotations

import asyncio
import signal

from azdock.emulator.runtimes.base import Container


class Fleet:
    """Remembers containers until they have ended."""

    def __init__(self) -> None:
        self._watches: dict[asyncio.Task[None], Container] = {}

    def add(self, container: Container) -> None:
        """Watch a container that has just started."""
        watch = asyncio.create_task(self._until_end(container))
        self._watches[watch] = container
        watch.add_done_callback(lambda done: self._watches.pop(done, None))

    async def _until_end(self, container: Container) -> None:
        await container.wait()

    async def close(self) -> None:
        """Kill every container and wait until all have ended."""
        for container in list(self._watches.values()):
            await container.signal(signal.SIGKILL)
        if self._watches:
            await asyncio.wait(list(self._watches))
