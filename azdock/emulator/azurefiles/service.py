"""The file service of every account, for requests whose Host header names one.

Source: learn.microsoft.com/rest/api/storageservices/file-service-rest-api
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from azdock.emulator.azurefiles import directorycalls, errors, filecalls, identity, properties, sharecalls
from azdock.emulator.azurefiles.call import LONGEST_BODY, Call, split
from azdock.emulator.world import World

Handler = Callable[[Call], Awaitable[Response]]
log = logging.getLogger(__name__)
# (method, restype, comp) -> what answers
SERVICE: dict[tuple[str, str, str], Handler] = {("GET", "", "list"): sharecalls.listed}
SHARES: dict[tuple[str, str, str], Handler] = {
    ("PUT", "share", ""): sharecalls.create,
    ("GET", "share", ""): sharecalls.get,
    ("HEAD", "share", ""): sharecalls.get,
    ("DELETE", "share", ""): sharecalls.delete,
    ("PUT", "share", "properties"): sharecalls.change,
    ("PUT", "share", "metadata"): sharecalls.set_metadata,
    ("GET", "share", "stats"): sharecalls.usage,
}
PATHS: dict[tuple[str, str, str], Handler] = {
    ("PUT", "directory", ""): directorycalls.create,
    ("GET", "directory", ""): directorycalls.get,
    ("HEAD", "directory", ""): directorycalls.get,
    ("DELETE", "directory", ""): directorycalls.delete,
    ("PUT", "directory", "metadata"): directorycalls.set_metadata,
    ("PUT", "directory", "properties"): directorycalls.set_properties,
    ("GET", "directory", "list"): directorycalls.listed,
    ("PUT", "directory", "rename"): directorycalls.rename,
    ("PUT", "", ""): filecalls.create,
    ("GET", "", ""): filecalls.get,
    ("HEAD", "", ""): filecalls.head,
    ("DELETE", "", ""): filecalls.delete,
    ("PUT", "", "range"): filecalls.put_range,
    ("GET", "", "rangelist"): filecalls.ranges,
    ("PUT", "", "metadata"): filecalls.set_metadata,
    ("PUT", "", "properties"): filecalls.set_properties,
    ("PUT", "", "rename"): filecalls.rename,
}


class FileServices:
    """A layer of the emulator that answers what is meant for a file service, and hands on everything else."""

    def __init__(self, inner: ASGIApp, world: World) -> None:
        self.inner = inner
        self.world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if account := identity.host_account(scope):
            await self._serve(account, scope, receive, send)
        else:
            await self.inner(scope, receive, send)

    async def _serve(self, account: str, scope: Scope, receive: Receive, send: Send) -> None:
        request, stamps = Request(scope, receive), _stamps(scope)
        try:
            answer = await self._answer(account, request)
        except errors.FilesError as refused:
            answer = self._refusal(refused, request, stamps)
            await _drained(request)
        except Exception:
            log.exception("request %s: %s %s", stamps["x-ms-request-id"], scope["method"], scope["path"])
            failed = errors.FilesError(500, "InternalError", "The embedded Azure failed; see its log.")
            answer = self._refusal(failed, request, stamps)
        answer.headers.update(stamps)
        await answer(scope, receive, send)

    async def _answer(self, account: str, request: Request) -> Response:
        scope = request.scope
        headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
        if "origin" in headers:
            raise errors.refused("Requests of web pages are not served.", "CorsPreflightFailure")
        owner = identity.authorize(self.world, account, scope)
        query = {key.lower(): value for key, value in parse_qsl(scope["query_string"].decode("latin-1"), True)}
        share, parts = split(scope["raw_path"])
        call = Call(self.world, request, owner, share, parts, headers, query)
        try:
            return await _handler(call)(call)
        except OSError as failure:
            raise errors.of_system(failure) from failure

    def _refusal(self, refused: errors.FilesError, request: Request, stamps: dict[str, str]) -> Response:
        body = refused.body(stamps["x-ms-request-id"], properties.time(self.world.clock.now_ns()))
        content = b"" if request.method == "HEAD" else body
        return Response(content, refused.status, refused.headers, media_type="application/xml")


def _handler(call: Call) -> Handler:
    query = call.query
    kind, what = query.get("restype", "").lower(), query.get("comp", "").lower()
    if "snapshot" in query or "sharesnapshot" in query:
        raise errors.not_served("snapshots of shares")
    table = SERVICE if not call.share_name else SHARES if kind == "share" and not call.parts else PATHS
    found = table.get((call.request.method, kind, what))
    if found is None:
        raise errors.not_served(f"{call.request.method} with restype={kind} and comp={what}")
    return found


def _stamps(scope: Scope) -> dict[str, str]:
    """Headers of every answer."""
    headers = dict(scope["headers"])
    found = {"x-ms-request-id": str(uuid.uuid4()), "Server": "Windows-Azure-File/1.0"}
    for name in ("x-ms-version", "x-ms-client-request-id"):
        if value := headers.get(name.encode()):
            found[name] = value.decode("latin-1")
    return found


async def _drained(request: Request) -> None:
    """Read what is left of a body, so that the client hears why it was refused before its connection is closed."""
    length = 0
    try:
        async for piece in request.stream():
            length += len(piece)
            if length > LONGEST_BODY:
                return
    except RuntimeError:
        return  # it had been read to its end
