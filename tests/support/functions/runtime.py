"""The scripted runtime for test hosts: every container has port 80 to itself, as in a network of its own."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from azdock.emulator.runtimes.base import Container, ContainerRun, ImageRef
from azdock.emulator.runtimes.scripted import ScriptedRuntime

INSIDE = 80
HOST = Path(__file__).with_name("host.py")


class Ported:
    """A container whose port 80 is another one of this machine's."""

    def __init__(self, inner: Container, port: int) -> None:
        self._inner, self._port = inner, port

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def _real(self, port: int) -> int:
        return self._port if port == INSIDE else port

    async def dial(self, port: int, factory: Callable[[], Any]) -> asyncio.Transport:
        """A connection to a port of the container. Raises OSError."""
        return await self._inner.dial(self._real(port), factory)

    async def connect(self, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """The same as streams. Raises OSError."""
        return await self._inner.connect(self._real(port))

    def listening(self) -> list[int]:
        """The ports on which it listens, as the container knows them."""
        return [INSIDE if port == self._port else port for port in self._inner.listening()]


class PortsRuntime(ScriptedRuntime):
    """Programs of the host that are told in PORT where to listen; others think that is port 80. They see no mounts."""

    async def start(self, run: ContainerRun) -> Container:
        """Start it as usual, on a port that is free. Raises StartError."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        told = replace(run, env=(*run.env, ("PORT", str(port))), folders=())
        return cast(Container, Ported(await super().start(told), port))


class HostRuntime(PortsRuntime):
    """The same, where every image has the test host as its command; `functions` are those that the host has."""

    def __init__(self, functions: str) -> None:
        super().__init__()
        self._functions = functions

    async def resolve(self, reference: str, auth: tuple[str, str] | None = None, pull: str = "missing") -> ImageRef:
        """An image with the host. Raises ImageError as the scripted runtime does."""
        image = await super().resolve(reference, auth, pull)
        told = (f"PATH={os.environ['PATH']}", f"FUNCTIONS={self._functions}")
        return replace(image, config=replace(image.config, command=(sys.executable, str(HOST)), env=told))
