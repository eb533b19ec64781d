"""Commands in a running container over a WebSocket, always on a terminal."""

from __future__ import annotations

import asyncio
import json
import shlex
import time
from collections import deque
from typing import Any

from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from azdock.emulator.app import websocket
from azdock.emulator.claims import names_app
from azdock.emulator.runtimes.base import Container, ExecSession, StartError
from azdock.emulator.services.logstream import APP, find_log
from azdock.emulator.world import Behaviour, World
from azdock.wire import EXEC_ERROR, EXEC_FORWARD, EXEC_INFO, EXEC_RESIZE, EXEC_STDIN, EXEC_STDOUT

UNSUPPORTED_DATA = 1003  # RFC 6455, section 7.4.1
DEFAULT_SIZE = (80, 24)
# How long the command waits for the terminal size that clients send first.
SIZE_WAIT = 0.02


def routes(world: World) -> list[BaseRoute]:
    """WebSocket .../exec?command=; a job is addressed as an app and its execution as a revision."""
    limit = Limit(world.behaviour)

    async def run(socket: WebSocket) -> None:
        """Source: azure-cli, command_modules/containerapp/_ssh_utils.py."""
        if not names_app(socket):
            return await _refuse(socket, 401, "Unauthorized")
        container = _container(world, socket)
        argv = _split(socket.query_params.get("command", "sh"))
        if container is None:
            return await _refuse(socket, 404, "Not Found")
        if not argv:
            return await _refuse(socket, 400, "command is not a command line.")
        if not limit.allows(container.id):
            return await _refuse(
                socket, 429, "Too Many Requests", {"Retry-After": str(world.behaviour.exec_retry_after)}
            )
        await socket.accept()
        await Conversation(socket, container, argv, world.behaviour.exec_idle).hold()
        return None

    return [websocket(APP + "/exec", run)]


async def _refuse(socket: WebSocket, status: int, text: str, headers: dict[str, str] | None = None) -> None:
    await socket.send_denial_response(PlainTextResponse(text, status, headers))


def _container(world: World, socket: WebSocket) -> Container | None:
    path = socket.path_params
    if not (find_log(world, "job", path) or find_log(world, "app", path)):
        return None
    for replica, containers in world.running.containers.items():
        if replica.lower() == path["replica"].lower():
            for name, container in containers.items():
                if name.lower() == path["container"].lower():
                    return container
    return None


def _split(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:
        return []


class Limit:
    """Refuses too many connections to one container within a window of time."""

    def __init__(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour
        self._recent: dict[str, deque[float]] = {}

    def allows(self, container: str) -> bool:
        """Whether one more connection may be made now; it counts if so."""
        allowed, now = self._behaviour.exec_limit, time.monotonic()
        recent = self._recent.setdefault(container, deque())
        while recent and now - recent[0] >= self._behaviour.exec_window:
            recent.popleft()
        if 0 < allowed <= len(recent):
            return False
        recent.append(now)
        return True


class Conversation:
    """One accepted connection, from the first INFO to the close frame."""

    def __init__(self, socket: WebSocket, container: Container, argv: list[str], idle: float) -> None:
        self._socket = socket
        self._container = container
        self._argv = argv
        self._idle = idle or None  # seconds of silence until the connection is dropped
        self._size = DEFAULT_SIZE
        self._opened: ExecSession | None = None
        self._session: ExecSession | None = None  # set once what was typed early has been passed on
        self._early: list[bytes] = []
        self._sized = asyncio.Event()

    async def hold(self) -> None:
        """Run the command and carry bytes until it, or the client, is gone."""
        listener = asyncio.create_task(self._listen())
        try:
            await self._opening()
            worker = asyncio.create_task(self._work())
            await asyncio.wait({listener, worker}, return_when=asyncio.FIRST_COMPLETED)
            if not worker.done():
                worker.cancel()
            await asyncio.gather(worker, return_exceptions=True)
            if not worker.cancelled() and (error := worker.exception()):
                raise error
            if listener.done() and not listener.result():
                await self._socket.close(UNSUPPORTED_DATA)
        except WebSocketDisconnect:
            pass  # the client left while something was sent to it
        finally:
            listener.cancel()
            await asyncio.gather(listener, return_exceptions=True)
            if self._opened is not None:
                await self._opened.close()

    async def _opening(self) -> None:
        await self._info(f"Connecting to the container '{self._socket.path_params['container']}'...")
        try:
            await asyncio.wait_for(self._sized.wait(), SIZE_WAIT)
        except TimeoutError:
            pass  # the size may come later or never

    async def _work(self) -> None:
        path = self._socket.path_params
        try:
            session = await self._container.exec(self._argv, *self._size)
        except StartError as error:
            await self._error(_not_started(self._argv, error))
            await self._socket.close()
            return
        self._opened = session
        await self._info(
            f"Successfully connected to container: '{path['container']}'. "
            f"[ Revision: '{path['revision']}', Replica: '{path['replica']}']."
        )
        session.resize(*self._size)
        while self._early:
            await session.write(self._early.pop(0))
        self._session = session
        await self._carry(session)
        await self._finish(await session.wait())

    async def _carry(self, session: ExecSession) -> None:
        """Output to the client; the start of a UTF-8 character waits for its other bytes."""
        rest = b""
        while data := await session.read():
            data = rest + data
            rest = _unfinished(data)
            await self._output(data[: len(data) - len(rest)])
        await self._output(rest)

    async def _finish(self, code: int) -> None:
        if code == 0:
            await self._info("received success status from cluster")
        else:
            await self._error(
                "Cluster exec API returns error: command terminated with non-zero exit code: "
                f"error executing command [{' '.join(self._argv)}], exit code {code}, code: 0."
            )
        await self._socket.close()

    async def _listen(self) -> bool:
        """Frames of the client until it leaves, or is silent too long: the end of the handler drops the connection,
        without a close frame. False when it sent one that means nothing."""
        while True:
            try:
                message = await asyncio.wait_for(self._socket.receive(), self._idle)
            except TimeoutError:
                return True
            if message["type"] == "websocket.disconnect":
                return True
            if not await self._take(message.get("bytes") or (message.get("text") or "").encode()):
                return False

    async def _take(self, frame: bytes) -> bool:
        """Type or resize. False for a frame that means nothing."""
        if frame[:2] == bytes((EXEC_FORWARD, EXEC_STDIN)):
            if self._session is None:
                self._early.append(frame[2:])
            else:
                await self._session.write(frame[2:])
            return True
        if frame[:2] != bytes((EXEC_FORWARD, EXEC_RESIZE)):
            return False
        size = _size(frame[2:])
        if size is None:
            return False
        self._size = size
        self._sized.set()
        if self._session is not None:
            self._session.resize(*size)
        return True

    async def _output(self, data: bytes) -> None:
        if data:
            await self._socket.send_bytes(bytes((EXEC_FORWARD, EXEC_STDOUT)) + data)

    async def _info(self, text: str) -> None:
        await self._socket.send_bytes(bytes((EXEC_INFO,)) + text.encode())

    async def _error(self, message: str) -> None:
        body: dict[str, Any] = {"Code": "ClusterExecFailure", "Message": message}
        body |= {"Details": None, "Target": None, "AdditionalInfo": None}
        await self._socket.send_bytes(
            bytes((EXEC_ERROR,)) + json.dumps({"Error": body}, separators=(",", ":")).encode()
        )


def _not_started(argv: list[str], error: StartError) -> str:
    return (
        "Cluster exec API returns error: error reading from cluster: websocket: close 1011 (internal server error): "
        "error executing command in container: failed to exec in container: OCI runtime exec failed: exec failed: "
        f"unable to start container process: {error.message}: unknown, "
        f"error executing command [{' '.join(argv)}], code: 500."
    )


def _size(data: bytes) -> tuple[int, int] | None:
    """Columns and rows of a resize frame."""
    try:
        size = json.loads(data)
        return int(size["Width"]), int(size["Height"])
    except (ValueError, KeyError, TypeError):
        return None


def _unfinished(data: bytes) -> bytes:
    """The bytes at the end that begin a UTF-8 character without completing it."""
    for length in range(1, min(3, len(data)) + 1):
        lead = data[-length]
        if lead >= 0xC0:
            complete = length >= (2 if lead < 0xE0 else 3 if lead < 0xF0 else 4)
            return b"" if complete else data[-length:]
        if lead < 0x80:
            return b""
    return b""
