"""The door in front of a function app on Container Apps: who may come in, and who is told of the requests.

The work is that of the Functions host inside the image, see `functionshost` and `functionsexport`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from azdock.emulator import appkeys, functionshost

if TYPE_CHECKING:
    from azdock.emulator.functionsexport import Invocation
    from azdock.emulator.ingress_head import Request
    from azdock.emulator.runtimes.base import Container
    from azdock.emulator.world import World

Document = dict[str, Any]
TRIES, PAUSE = 6, 0.05  # a host that does not listen yet is asked again, pauses in seconds


class AppGate:
    """The door of one app."""

    def __init__(self, world: World, app: Document) -> None:
        self._world = world
        self.app = app

    async def admit(self, request: Request, container: Container, port: int) -> int:
        """Whether a request may reach the container: 0, or the status that refuses it."""
        found = await functionshost.functions(container, port)
        for _ in range(TRIES):
            if functionshost.asked(container):
                break
            await asyncio.sleep(PAUSE)
            found = await functionshost.functions(container, port)
        path, _, query = request.target.decode("latin-1").partition("?")
        given = dict(parse_qsl(query, keep_blank_values=True))
        method = request.method.decode("latin-1")
        return functionshost.admit(found, appkeys.of(self._world, self.app), method, path, _headers(request), given)

    def begun(self, request: Request, container: Container) -> Invocation | None:
        """A request goes to the container; None when it means no function. Whoever calls tells its end."""
        exporter = self._world.exporters.get(container.id)
        found = functionshost.remembered(container)
        if exporter is None or not found:
            return None
        target = request.target.decode("latin-1")
        return exporter.begin(request.method.decode("latin-1"), target, _headers(request), found)


def _headers(request: Request) -> dict[str, str]:
    pairs = (line.decode("latin-1").partition(":") for line in request.lines)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}
