"""System events of an app, a job or an environment, streamed live."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute

from azdock.emulator.app import route
from azdock.emulator.claims import names_app, names_environment
from azdock.emulator.containerlog import Source
from azdock.emulator.eventlog import Event
from azdock.emulator.services.logstream import Asked
from azdock.emulator.stamps import banner_time, go_time, zulu_time
from azdock.emulator.world import World

GROUP = "/subscriptions/{subscription}/resourceGroups/{group}"
Chosen = Callable[[Source], bool]


def routes(world: World) -> list[BaseRoute]:
    """GET .../eventstream?follow=&output=&tailLines=; a job's events are found under the path of an app."""

    def of_app(request: Request) -> Chosen | None:
        path = request.path_params
        wanted = [path["group"].lower(), path["name"].lower()]
        return (lambda source: [source.group.lower(), source.name.lower()] == wanted) if names_app(request) else None

    def of_environment(request: Request) -> Chosen | None:
        return (lambda _source: True) if names_environment(request) else None

    def eventstream(choose: Callable[[Request], Chosen | None]) -> Callable[[Request], Awaitable[Response]]:
        async def handler(request: Request) -> Response:
            """Source: azure-cli, test_containerapp_eventstream.yaml."""
            chosen = choose(request)
            if chosen is None:
                return PlainTextResponse("Unauthorized", 401)
            try:
                asked = Asked.read(request)
            except ValueError as error:
                return PlainTextResponse(str(error), 400)
            return StreamingResponse(stream(world, chosen, asked))

        return handler

    return [
        route(GROUP + "/containerApps/{name}/eventstream", eventstream(of_app), ["GET"]),
        route(GROUP + "/managedEnvironments/{name}/eventstream", eventstream(of_environment), ["GET"]),
    ]


async def stream(world: World, chosen: Chosen, asked: Asked) -> AsyncIterator[bytes]:
    """The body: two banners, the last events, then new ones until the client goes or nothing happens for long."""
    yield _banner(asked, "StartingGettingEvents", "Connecting to the events collector...")
    yield _banner(asked, "ConnectedToEventsServer", "Successfully connected to events server")
    behaviour, events = world.behaviour, world.logbook.events
    matching = [event for event in events.all() if chosen(event.source)]
    position = len(events.all())
    for event in matching[len(matching) - asked.tail if asked.tail < len(matching) else 0 :]:
        yield _line(asked, event)
    silent = 0
    while asked.follow and silent < behaviour.stream_close_after:
        quiet = not await events.feed.wait(position, behaviour.keep_alive)
        fresh = events.all()[position:]
        position += len(fresh)
        for event in fresh:
            if chosen(event.source):
                yield _line(asked, event)
        silent = silent + 1 if quiet else 0
        if quiet:
            yield _keep_alive(asked, f"No logs since last {behaviour.keep_alive:g} seconds")


def _record(stamp: str, message: str, reason: str | None, kind: str | None) -> dict[str, Any]:
    return {
        "TimeStamp": stamp,
        "Type": kind,
        "ContainerAppName": None,
        "RevisionName": None,
        "ReplicaName": None,
        "Msg": message,
        "Reason": reason,
        "EventSource": "ContainerAppController" if reason else None,
        "Count": 1 if reason else None,
    }


def _write(asked: Asked, record: dict[str, Any]) -> bytes:
    if asked.text:
        return f"{record['TimeStamp']}  {record['Msg']}\n".encode()
    return (json.dumps(record) + "\n").encode()


def _banner(asked: Asked, reason: str, message: str) -> bytes:
    return _write(asked, _record(zulu_time(time.time_ns()), message, reason, "Normal"))


def _keep_alive(asked: Asked, message: str) -> bytes:
    return _write(asked, {**_record("", message, None, None), "TimeStamp": banner_time(time.time_ns())})


def _line(asked: Asked, event: Event) -> bytes:
    source = event.source
    record = _record(go_time(event.time_ns), event.message, event.reason, event.type)
    record |= {"ContainerAppName": source.name, "RevisionName": source.revision, "ReplicaName": source.replica or None}
    return _write(asked, {**record, "EventSource": event.event_source})
