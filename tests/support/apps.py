"""Container apps for tests: bodies, and a runtime whose containers seem to listen on every port."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from azdock.emulator import world as names
from azdock.emulator.runtimes.base import Container, ContainerRun
from azdock.emulator.runtimes.scripted import ScriptedRuntime
from tests.support.emulator import ENVIRONMENT_ID


def app_body(*command: str, image: str = "work/tool:1", least: int = 1, most: int = 1, **configuration: Any) -> Any:
    """A PUT body of an app with one container `main` that runs `command`; one replica unless said otherwise."""
    return {
        "location": names.LOCATION,
        "properties": {
            "environmentId": ENVIRONMENT_ID,
            "configuration": configuration,
            "template": {
                "containers": [
                    {
                        "name": "main",
                        "image": image,
                        **({"command": list(command)} if command else {}),
                        "resources": {"cpu": 0.5, "memory": "1Gi"},
                    }
                ],
                "scale": {"minReplicas": least, "maxReplicas": most},
            },
        },
    }


class Open:
    """A container to which every connection succeeds, and is closed at once."""

    def __init__(self, inner: Container) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def dial(self, _port: int, factory: Callable[[], Any]) -> asyncio.Transport:
        """A connection whose other end is closed, with the caller's protocol on it."""
        transport, _ = await asyncio.get_running_loop().create_connection(factory, sock=_closed())
        return transport

    async def connect(self, _port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """The same as streams."""
        return await asyncio.open_connection(sock=_closed())

    def listening(self) -> list[int]:
        """It does not tell."""
        return []


def _closed() -> socket.socket:
    ours, other = socket.socketpair()
    other.close()
    ours.setblocking(False)
    return ours


class OpenRuntime(ScriptedRuntime):
    """Programs of the host whose ports are always open, and that do without the folders they should see."""

    async def start(self, run: ContainerRun) -> Container:
        """Start it as usual. Raises StartError."""
        return cast(Container, Open(await super().start(replace(run, folders=()))))
