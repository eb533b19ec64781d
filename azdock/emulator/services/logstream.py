"""The live log of a container, as the data plane of Container Apps streams it."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute
from starlette.types import Send

from azdock.emulator.app import route
from azdock.emulator.claims import names_app
from azdock.emulator.containerlog import ContainerLog
from azdock.emulator.loglines import FULL, PARTIAL, Record
from azdock.emulator.stamps import banner_time, payload_times
from azdock.emulator.world import World

CONTAINER = "replicas/{replica}/containers/{container}"
JOB = "/subscriptions/{subscription}/resourceGroups/{group}/jobs/{name}/executions/{revision}/" + CONTAINER
APP = "/subscriptions/{subscription}/resourceGroups/{group}/containerApps/{name}/revisions/{revision}/" + CONTAINER

# azure-cli, command_modules/containerapp/_params.py: --tail is 0 to 300, 20 by default
MAX_TAIL, DEFAULT_TAIL = 300, 20

# System.Text.Json's default encoder escapes more than JSON demands
_ESCAPED = re.compile(r"[\x00-\x1f\"'+<>&`\\\x7f-\U0010ffff]")
_ESCAPED_LINES = re.compile(_ESCAPED.pattern.replace(r"\x00-\x1f", r"\x00-\x09\x0b-\x1f"))
_SHORT = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", "\\": "\\\\"}


def routes(world: World) -> list[BaseRoute]:
    """GET .../logstream?follow=&output=&tailLines= of a job's or an app's container."""

    def logstream_of(kind: str) -> Callable[[Request], Awaitable[Response]]:
        async def logstream(request: Request) -> Response:
            """Source: azure-cli, command_modules/containerapp/custom.py, stream_containerapp_logs."""
            if not names_app(request):
                return PlainTextResponse("Unauthorized", 401)
            try:
                asked = Asked.read(request)
            except ValueError as error:
                return PlainTextResponse(str(error), 400)
            log = find_log(world, kind, request.path_params)
            if log is None:
                return PlainTextResponse("Not Found", 404)
            # Recordings show no content type.
            return Breaking(stream(world, log, asked))

        return logstream

    return [
        route(JOB + "/logstream", logstream_of("job"), ["GET"]),
        route(APP + "/logstream", logstream_of("app"), ["GET"]),
    ]


class ConnectionBroken(Exception):
    """The stream is to end as if the network had failed."""


class Breaking(StreamingResponse):
    """A stream whose connection is dropped, its last chunk missing, when the body raises ConnectionBroken."""

    async def stream_response(self, send: Send) -> None:
        """Send what the body yields; the server closes a connection whose response was never completed."""
        try:
            await super().stream_response(send)
        except ConnectionBroken:
            return


@dataclass(frozen=True, slots=True)
class Asked:
    """The query of a stream. Raises ValueError when it is not one."""

    follow: bool
    text: bool
    tail: int

    @classmethod
    def read(cls, request: Request) -> Asked:
        """From a request's query parameters; all may be left out."""
        query = {name.lower(): value for name, value in request.query_params.items()}
        follow, output = query.get("follow", "false").lower(), query.get("output", "json").lower()
        tail = query.get("taillines", str(DEFAULT_TAIL))
        if follow not in ("true", "false"):
            raise ValueError("follow must be true or false.")
        if output not in ("json", "text"):
            raise ValueError("output must be json or text.")
        if not tail.isdecimal() or int(tail) > MAX_TAIL:
            raise ValueError(f"tailLines must be a number between 0 and {MAX_TAIL}.")
        return cls(follow == "true", output == "text", int(tail))


def find_log(world: World, kind: str, path: Mapping[str, str]) -> ContainerLog | None:
    """The log of the container the path's parameters name, while its replica is listed."""
    log = world.logbook.find(path["replica"], path["container"])
    if log is None or not world.logbook.listed(log):
        return None
    source = log.source
    named = (source.kind, source.group, source.name, source.revision)
    asked = (kind, path["group"], path["name"], path["revision"])
    return log if [part.lower() for part in named] == [part.lower() for part in asked] else None


async def stream(world: World, log: ContainerLog, asked: Asked) -> AsyncIterator[bytes]:
    """The body: two banners, the tail, then what comes; keep-alives while nothing does."""
    source = log.source
    word = "Execution" if source.kind == "job" else "Revision"
    yield _banner(asked, f"Connecting to the container '{source.container}'...") + _banner(
        asked,
        f"Successfully Connected to container: '{source.container}' "
        f"[{word}: '{source.revision}', Replica: '{source.replica}']",
    )
    tagged = world.behaviour.full_tag
    whole = (lambda records: records) if tagged else Joiner().join
    if not asked.follow:
        yield _payload(asked, whole(log.tail(asked.tail)), tagged)
        return
    left = world.behaviour.stream_break or None
    async for records in followed(world, log, asked.tail):
        if left is not None and len(records) >= left:
            payload = _payload(asked, whole(records[:left]), tagged)
            yield payload[: payload.rstrip(b"\n").rfind(b"\n") + 2]
            raise ConnectionBroken
        if records:
            left = left and left - len(records)
            yield _payload(asked, whole(records), tagged)
        else:
            yield _banner(asked, f"No logs since last {world.behaviour.keep_alive:g} seconds")


async def followed(world: World, log: ContainerLog, tail: int) -> AsyncIterator[list[Record]]:
    """Batches of records; an empty one for each keep-alive. Ends with the container, or as the server gives up."""
    behaviour, position, silent = world.behaviour, log.position(tail), 0
    heard = time.monotonic()
    deadline = heard + behaviour.stream_cut if behaviour.stream_cut else float("inf")
    while True:
        ended = log.ended  # asked first: nothing is added after the end
        records = log.read(position)
        position += len(records)
        now = time.monotonic()
        if records:
            heard, silent = now, 0
            yield records
        elif ended:
            return
        elif now - heard >= behaviour.keep_alive:
            heard, silent = now, silent + 1
            yield []
            if silent >= behaviour.stream_close_after:
                return
        if now >= deadline:
            return
        if not records:
            await log.feed.wait(position, min(heard + behaviour.keep_alive, deadline) - now)


class Joiner:
    """Makes whole lines of partial records, for streams that do not tag them."""

    def __init__(self) -> None:
        self._parts: dict[str, list[str]] = {}

    def join(self, records: list[Record]) -> list[Record]:
        """The lines that `records` complete."""
        whole = []
        for record in records:
            self._parts.setdefault(record.stream, []).append(record.text)
            if record.tag != PARTIAL:
                whole.append(record._replace(text="".join(self._parts.pop(record.stream))))
        return whole


def escaped(text: str) -> str:
    """JSON text as the platform's serializer writes it: quotes, + < > & and all but ASCII as \\uXXXX."""
    return _ESCAPED.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    if short := _SHORT.get(char):
        return short
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i] << 8 | units[i + 1]:04X}" for i in range(0, len(units), 2))


def _banner(asked: Asked, text: str) -> bytes:
    stamp = banner_time(time.time_ns())
    line = f"{stamp}  {text}\n" if asked.text else f'{{"TimeStamp":"{stamp}","Log":"{escaped(text)}"}}\n'
    return line.encode()


def _payload(asked: Asked, records: list[Record], tagged: bool) -> bytes:
    """Records as lines of the stream. No record holds a line's end, so that all are escaped at once."""
    if not records:
        return b""
    texts = [record.text for record in records]
    if not asked.text:
        texts = _ESCAPED_LINES.sub(_escape, "\n".join(texts)).split("\n")
    if tagged:
        texts = [("F " if record.tag == FULL else "P ") + text for record, text in zip(records, texts, strict=True)]
    if not asked.text:
        stamps = payload_times([record.time_ns for record in records])
        texts = [f'{{"TimeStamp":"{stamp}","Log":"{text}"}}' for stamp, text in zip(stamps, texts, strict=True)]
    return "".join([text + "\n" for text in texts]).encode()
