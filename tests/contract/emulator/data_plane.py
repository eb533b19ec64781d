"""The emulator's data plane on a real socket: its routes, a token check, and a container made of queues."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import uvicorn
from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send

from azdock.emulator.auth import Auth
from azdock.emulator.containerlog import Source
from azdock.emulator.logbook import Logbook
from azdock.emulator.runtimes.base import Ended, ExecSession, StartError
from azdock.emulator.services import eventstream, exec, loganalytics, logstream
from azdock.emulator.world import RESOURCE_GROUP, SUBSCRIPTION, Behaviour, World

SOURCE = Source("job", "job1", "job1-abc1234", "job1-abc1234-x1y2z", "main", "busybox", RESOURCE_GROUP, "calm-sea")
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{RESOURCE_GROUP}"
CONTAINER = f"replicas/{SOURCE.replica}/containers/{SOURCE.container}"
JOB_PATH = f"{GROUP}/jobs/{SOURCE.name}/executions/{SOURCE.revision}/{CONTAINER}"
APP_PATH = f"{GROUP}/containerApps/{SOURCE.name}/revisions/{SOURCE.revision}/{CONTAINER}"


class FakeSession:
    """Echoes what is typed; typing `exit N` ends it. Follows ExecSession."""

    def __init__(self, output: Sequence[bytes] = (), code: int | None = None) -> None:
        self.output: asyncio.Queue[bytes] = asyncio.Queue()
        self.sizes: list[tuple[int, int]] = []
        self.closed = threading.Event()
        self.code = code or 0
        for data in output:
            self.output.put_nowait(data)
        if code is not None:
            self.output.put_nowait(b"")

    async def read(self) -> bytes:
        return await self.output.get()

    async def write(self, data: bytes) -> None:
        self.output.put_nowait(data)
        if data.startswith(b"exit "):
            self.code = int(data[5:])
            self.output.put_nowait(b"")

    def resize(self, cols: int, rows: int) -> None:
        self.sizes.append((cols, rows))

    async def wait(self) -> int:
        return self.code

    async def close(self) -> None:
        self.closed.set()


class FakeContainer:
    """A container in which three programs exist: cat, split, fail. Follows Container."""

    id = "f" * 64

    def __init__(self) -> None:
        self.commands: list[list[str]] = []
        self.sessions: list[FakeSession] = []

    async def wait(self) -> Ended:
        return Ended(0)

    async def signal(self, number: int) -> None:
        raise NotImplementedError(number)

    def usage(self) -> dict[str, int]:
        return {}

    async def exec(self, argv: Sequence[str], cols: int, rows: int) -> ExecSession:
        self.commands.append(list(argv))
        programs = {
            "cat": FakeSession,
            "split": lambda: FakeSession([b"\xe2", b"\x82", b"\xac\xf0\x9f", b"\x99\x82 \xff end\xe2"], 0),
            "fail": lambda: FakeSession([b"no\r\n"], 3),
        }
        if argv[0] not in programs:
            raise StartError(127, f'exec: "{argv[0]}": executable file not found in $PATH')
        session = programs[argv[0]]()
        session.sizes.append((cols, rows))
        self.sessions.append(session)
        return session


class Guard:
    """Puts a data token's claims where the handlers look for them."""

    def __init__(self, inner: ASGIApp, auth: Auth) -> None:
        self._inner = inner
        self._auth = auth

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        bearer = dict(scope.get("headers", ())).get(b"authorization", b"").decode().removeprefix("Bearer ")
        scope["azdock.claims"] = self._auth.data_claims(bearer) if bearer.count(".") == 2 else None
        await self._inner(scope, receive, send)


class Plane:
    """A served data plane with one job whose container runs."""

    def __init__(self, home: Path) -> None:
        self.behaviour = Behaviour()
        self.logbook = Logbook(home, self.behaviour)
        self.auth = Auth()
        self.container = FakeContainer()
        unused = cast(Any, None)
        self.world = World(home, unused, unused, self.auth, unused, self.logbook, self.behaviour)
        self.world.running.containers[SOURCE.replica] = {SOURCE.container: self.container}
        self.sink = self.logbook.sink(SOURCE)
        self.url = ""

    def write(self, text: str, stream: str = "stdout") -> None:
        """Let the container write."""
        self.sink(stream, text.encode(), time.time_ns())

    def token(self, **changes: str) -> str:
        """A token for the job, or for something else."""
        claims = {"capp_sub": SUBSCRIPTION, "capp_rg": RESOURCE_GROUP, "capp_name": SOURCE.name, **changes}
        return self.auth.data_token(claims)[0]

    def headers(self, **changes: str) -> dict[str, str]:
        """Request headers with that token."""
        return {"Authorization": f"Bearer {self.token(**changes)}"}


@contextlib.contextmanager
def served(home: Path) -> Iterator[Plane]:
    """A plane on a port of its own."""
    plane = Plane(home)
    services = (logstream, eventstream, exec, loganalytics)
    router = Router(routes=[one for service in services for one in service.routes(plane.world)])
    config = uvicorn.Config(
        Guard(router, plane.auth),
        port=0,
        ws="wsproto",
        lifespan="off",
        log_level="warning",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    plane.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield plane
    finally:
        server.should_exit = True
        thread.join()
        plane.logbook.close()
