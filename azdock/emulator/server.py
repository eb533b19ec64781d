"""The emulator in this process: uvicorn on sockets that are already bound, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from azdock.emulator import app, apprunner, arm, jobrunner
from azdock.emulator.folders import remove_tree
from azdock.emulator.services import environments, groups, workspaces
from azdock.emulator.world import ENVIRONMENT, LOCATION, RESOURCE_GROUP, WORKSPACE, World

HOST = "127.0.0.1"
WORKSPACE_NAME = "azdock-logs"
LAST_WORDS = 1  # seconds that open streams get when the server stops


@dataclass(frozen=True, slots=True)
class Certificate:
    """Files of a TLS certificate and its key."""

    chain: Path
    key: Path


class _Uvicorn(uvicorn.Server):
    """A server that leaves signals alone: two of them share one process, and daemon.py decides when they end."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def bind(port: int = 0) -> socket.socket:
    """A loopback socket on `port`, or on any free one when that is taken or 0."""
    for wanted in (port, 0):
        # with the protocol left at 0, asyncio would not set TCP_NODELAY, and answers would take 40 ms
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            made.bind((HOST, wanted))
        except OSError:
            made.close()
            if wanted == 0:
                raise
            continue
        return made
    raise AssertionError("port 0 is always tried")


async def run(
    world: World,
    plain: socket.socket,
    ready: Callable[[], None],
    secure: tuple[socket.socket, Certificate] | None = None,
    ending: Callable[[], None] = lambda: None,
) -> None:
    """Serve until `world.stop()`; `ready` is called once the sockets listen, `ending` before the containers are ended,
    which takes up to their grace period."""
    prepare(world)
    application = app.build(world)
    servers = [(_server(application), plain)]
    if secure is not None:
        servers.append((_server(application, secure[1]), secure[0]))
    stopping = asyncio.Event()
    world.stop = stopping.set
    tasks = [asyncio.create_task(one.serve([listener])) for one, listener in servers]
    try:
        await _started([one for one, _ in servers], tasks)
        apprunner.resume(world)
        ready()
        await asyncio.wait([asyncio.create_task(stopping.wait()), *tasks], return_when=asyncio.FIRST_COMPLETED)
    finally:
        ending()
        await asyncio.gather(jobrunner.end_all(world), apprunner.end_all(world))
        await world.ingress.close()
        for one, _ in servers:
            one.should_exit = True
        await asyncio.gather(*tasks)
        await _disconnected([one for one, _ in servers])
        await world.runtime.close()
        world.store.save()
        world.logbook.close()


def _server(application: Any, certificate: Certificate | None = None) -> _Uvicorn:
    tls = {"ssl_certfile": str(certificate.chain), "ssl_keyfile": str(certificate.key)} if certificate else {}
    config = uvicorn.Config(
        application,
        loop="asyncio",
        http="h11",
        ws="wsproto",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=LAST_WORDS,
        **tls,  # type: ignore[arg-type]
    )
    return _Uvicorn(config)


async def _disconnected(servers: list[_Uvicorn]) -> None:
    """Drop what is still connected: uvicorn does not wait for a connection that came while it was closing the others,
    and a transport needs the loop once more after it was closed."""
    for _ in range(3):
        await asyncio.sleep(0)
        for one in servers:
            for connection in list(one.server_state.connections):
                if connection.transport is not None:
                    connection.transport.abort()
    await asyncio.sleep(0)


async def _started(servers: list[_Uvicorn], tasks: list[asyncio.Task[None]]) -> None:
    while not all(one.started for one in servers):
        for task in tasks:
            if task.done():
                task.result()
        await asyncio.sleep(0.001)


def prepare(world: World) -> None:
    """What must exist before the first request: the default group, workspace and environment; nothing half done."""
    remove_tree(world.home / "scratch")
    jobrunner.mark_lost(world)
    if world.store.get(arm.group_id(RESOURCE_GROUP)) is None:
        world.store.put(groups.make_group(RESOURCE_GROUP, LOCATION))
    workspace = workspaces.make(world, RESOURCE_GROUP, WORKSPACE_NAME, LOCATION, WORKSPACE)
    if world.store.get(workspace["id"]) is None:
        world.store.put(workspace)
    linked = {
        "appLogsConfiguration": {
            "destination": "log-analytics",
            "logAnalyticsConfiguration": {"customerId": WORKSPACE},
        }
    }
    environment = environments.make(world, RESOURCE_GROUP, ENVIRONMENT, LOCATION, linked)
    if world.store.get(environment["id"]) is None:
        world.store.put(environment)
