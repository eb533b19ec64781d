"""An emulator in a thread of the test process, with the scripted runtime: real sockets, no Docker, no bubblewrap."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from azdock.emulator import server
from azdock.emulator import world as names
from azdock.emulator.auth import Auth
from azdock.emulator.clock import Clock
from azdock.emulator.logbook import Logbook
from azdock.emulator.runtimes.base import Runtime
from azdock.emulator.runtimes.scripted import ScriptedRuntime
from azdock.emulator.store import Store
from azdock.emulator.world import Behaviour, World

GROUP = f"/subscriptions/{names.SUBSCRIPTION}/resourceGroups/{names.RESOURCE_GROUP}"
ENVIRONMENT_ID = f"{GROUP}/providers/Microsoft.App/managedEnvironments/{names.ENVIRONMENT}"
VERSION = "2026-07-01"
START_LIMIT = 10


@dataclass
class Emulator:
    """One running emulator. `world` is the server's own: change `world.behaviour`, look into `world.runtime.runs`."""

    home: Path
    runtime: Runtime = field(default_factory=ScriptedRuntime)
    tls: bool = False
    world: World = field(init=False)
    url: str = ""
    tls_url: str = ""
    token: str = ""
    _thread: threading.Thread | None = None
    _loop: asyncio.AbstractEventLoop | None = None
    _failure: BaseException | None = None

    @property
    def headers(self) -> dict[str, str]:
        """An Authorization header that opens the resource manager."""
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def group(self) -> str:
        """The id of the default resource group."""
        return GROUP

    def start(self) -> Emulator:
        """Serve in a thread of its own; returns once the socket listens."""
        ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, args=(ready,), name="emulator")
        self._thread.start()
        assert ready.wait(START_LIMIT), "the emulator did not start"
        if self._failure is not None:
            raise self._failure
        auth = self.world.auth
        self.token = auth.token(auth.client_id, auth.secret, "")["access_token"]
        return self

    def _serve(self, ready: threading.Event) -> None:
        try:
            asyncio.run(self._run(ready))
        except BaseException as failure:  # handed to the test's thread
            self._failure = failure
            ready.set()

    async def _run(self, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        behaviour = Behaviour(grace=1.0)
        self.world = World(
            home=self.home,
            store=Store(self.home / "world.json"),
            clock=Clock(),
            auth=Auth(),
            runtime=self.runtime,
            logbook=Logbook(self.home / "logs", behaviour),
            behaviour=behaviour,
        )
        secure = None
        plain = server.bind()
        self.url = f"http://127.0.0.1:{plain.getsockname()[1]}"
        if self.tls:
            from azdock.emulator import tls

            secure = (server.bind(), tls.certificate(self.home / "tls"))
            self.tls_url = f"https://localhost:{secure[0].getsockname()[1]}"
        await server.run(self.world, plain, ready.set, secure)

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        """Run a function in the server's loop and return its result."""
        assert self._loop is not None

        async def inside() -> Any:
            return function(*args)

        return asyncio.run_coroutine_threadsafe(inside(), self._loop).result(START_LIMIT)

    def stop(self) -> None:
        """End the server and its containers, and hand over what went wrong in it."""
        if self._thread is not None and self._thread.is_alive():
            self.call(self.world.stop)
            self._thread.join(30)
            assert not self._thread.is_alive(), "the emulator did not stop"
        if self._failure is not None:
            raise self._failure

    def client(self, **options: Any) -> httpx.Client:
        """An HTTP client with the token; close it."""
        return httpx.Client(base_url=self.url, headers=self.headers, timeout=20, **options)


def job_body(
    *command: str, image: str = "work/tool:1", retries: int = 0, timeout: int = 60, **configuration: Any
) -> dict[str, Any]:
    """A PUT body of a manual job with one container `main` that runs `command`."""
    return {
        "location": names.LOCATION,
        "properties": {
            "environmentId": ENVIRONMENT_ID,
            "configuration": {
                "triggerType": "Manual",
                "replicaTimeout": timeout,
                "replicaRetryLimit": retries,
                **configuration,
            },
            "template": {
                "containers": [
                    {
                        "name": "main",
                        "image": image,
                        "command": list(command),
                        "resources": {"cpu": 0.5, "memory": "1Gi"},
                    }
                ]
            },
        },
    }


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    """A running emulator for one test."""
    made = Emulator(tmp_path / "emulator")
    made.start()
    yield made
    made.stop()
