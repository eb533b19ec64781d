"""The emulator as one ASGI application: middleware in order, then every service found in `services`."""

from __future__ import annotations

import importlib
import logging
import pkgutil
import re
import uuid
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Match, Route, Router, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from azdock.emulator import arm, errors, services
from azdock.emulator.azurefiles.service import FileServices
from azdock.emulator.world import World

Handler = Callable[[Request], Awaitable[Response]]
SocketHandler = Callable[[WebSocket], Awaitable[None]]

OPEN = re.compile(r"^/metadata/endpoints$|/\.well-known/openid-configuration$|/oauth2/(v2\.0/)?token$", re.I)
DATA_PLANE = re.compile(r"/(logstream|eventstream|exec|debug)$", re.I)
# the first that matches counts
COUNTED = {
    "exec_handshakes": re.compile(r"/exec$", re.I),
    "log_streams": re.compile(r"/logstream$", re.I),
    "event_streams": re.compile(r"/eventstream$", re.I),
    "log_queries": re.compile(r"^/v1/workspaces/[^/]+/query$", re.I),
    "metric_queries": re.compile(r"/providers/microsoft\.insights/metrics$", re.I),
    "arm_calls": re.compile(r"^/(subscriptions|providers|tenants)\b", re.I),
}
REPEATED = re.compile(r"/{2,}")
LOCAL_NAMES = {"localhost", "127.0.0.1", "[::1]"}
log = logging.getLogger(__name__)


class _CaseBlind(Route):
    """A route whose literal segments match in any case; a method it does not have is no match at all."""

    def __init__(self, path: str, endpoint: Handler, methods: list[str]) -> None:
        super().__init__(path, endpoint, methods=methods)
        self.path_regex = re.compile(self.path_regex.pattern, re.I)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, child = super().matches(scope)
        return (match, child) if match is Match.FULL else (Match.NONE, {})


class _CaseBlindSocket(WebSocketRoute):
    def __init__(self, path: str, endpoint: SocketHandler) -> None:
        super().__init__(path, endpoint)
        self.path_regex = re.compile(self.path_regex.pattern, re.I)


def route(template: str, handler: Handler, methods: list[str]) -> Route:
    """An HTTP route; `{parameters}` keep the case in which the client wrote them."""
    return _CaseBlind(template, handler, methods)


def websocket(template: str, handler: SocketHandler) -> WebSocketRoute:
    """A WebSocket route, matched like `route`."""
    return _CaseBlindSocket(template, handler)


def build(world: World) -> ASGIApp:
    """The application: file services by their Host header, and Azure itself below layers, the outermost first."""
    application: ASGIApp = Router(routes=_discovered(world), default=_unknown, redirect_slashes=False)
    for layer in reversed([_Stamps, _Errors, _Loopback, _Path, _Bearer, _Counters, _Throttle, _Versions]):
        application = layer(application, world)
    return FileServices(application, world)


def _discovered(world: World) -> list[BaseRoute]:
    names = sorted(module.name for module in pkgutil.iter_modules(services.__path__))
    modules = [importlib.import_module(f"{services.__name__}.{name}") for name in names]
    return [one for module in modules if hasattr(module, "routes") for one in module.routes(world)]


async def _unknown(scope: Scope, _receive: Receive, _send: Send) -> None:
    raise errors.not_implemented(scope.get("method", "WEBSOCKET"), scope["path"])


class _Layer:
    def __init__(self, inner: ASGIApp, world: World) -> None:
        self.inner = inner
        self.world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.enter(scope)
        await self.inner(scope, receive, send)

    def enter(self, scope: Scope) -> None:
        """Look at the request, or refuse it by raising ArmError."""


class _Stamps(_Layer):
    """Ids and rate-limit headers on every answer.

    Source: learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = str(uuid.uuid4())
        scope["azdock.request"] = request_id
        added = arm.stamps(scope, request_id, self.world.clock.now_ns())

        async def stamped(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                message["headers"] = [*message.get("headers", []), *added]
            await send(message)

        await self.inner(scope, receive, stamped)


class _Errors(_Layer):
    """ArmError becomes its envelope, on a WebSocket upgrade too; anything else is a bug and becomes 500."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] != "websocket.http.response.body"
            await send(message)

        try:
            await self.inner(scope, receive, watched)
        except errors.ArmError as refused:
            if started:
                raise
            await _refuse(scope, receive, send, refused)
        except Exception:
            log.exception("request %s: %s %s", scope["azdock.request"], scope.get("method", "WEBSOCKET"), scope["path"])
            if not started:
                await _refuse(scope, receive, send, errors.internal(scope["azdock.request"]))


async def _refuse(scope: Scope, receive: Receive, send: Send, refused: errors.ArmError) -> None:
    body = (
        refused.body
        if refused.code != "invalid_client"
        else {"error": refused.code, "error_description": refused.message}
    )
    # Starlette sends websocket.http.response.* by itself when the scope is a WebSocket's
    await JSONResponse(body, refused.status, refused.headers)(scope, receive, send)


class _Loopback(_Layer):
    """Only this machine, under its own names: a foreign Host or Origin means that a web page was tricked."""

    def enter(self, scope: Scope) -> None:
        headers = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if not self._ours(host, scope):
            raise errors.foreign_host(host)
        origin = headers.get(b"origin", b"").decode("latin-1").lower()
        if origin and not self._ours(origin.partition("://")[2], scope):
            raise errors.foreign_origin(origin)

    def _ours(self, host: str, scope: Scope) -> bool:
        name, _, port = host.rpartition(":")
        if not name or host.endswith("]"):
            name, port = host, "443" if scope["scheme"] in ("https", "wss") else "80"
        return name in LOCAL_NAMES and port == str(scope["server"][1])


class _Path(_Layer):
    """Repeated slashes and one at the end do not count."""

    def enter(self, scope: Scope) -> None:
        path = scope["path"]
        if "//" in path or path.endswith("/"):
            scope["path"] = REPEATED.sub("/", path).rstrip("/") or "/"


class _Bearer(_Layer):
    """Every route needs a token, except those that lead to one; streams and exec take data-plane tokens only."""

    def enter(self, scope: Scope) -> None:
        if OPEN.search(scope["path"]):
            return
        header = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        kind, _, token = header.partition(" ")
        if not header:
            raise errors.missing_token()
        auth = self.world.auth
        if kind.lower() != "bearer":
            raise errors.bad_token()
        if DATA_PLANE.search(scope["path"]):
            scope["azdock.claims"] = claims = auth.data_claims(token.strip())
            if claims is None:
                raise errors.bad_token()
        elif not auth.check(token.strip()):
            raise errors.bad_token(auth.expired(token.strip()))


class _Counters(_Layer):
    """How often each kind of request came; the control route tells."""

    def enter(self, scope: Scope) -> None:
        for kind, pattern in COUNTED.items():
            if pattern.search(scope["path"]):
                self.world.counters[kind] += 1
                return


class _Throttle(_Layer):
    """429 for as many ARM calls as the control route asked for."""

    def enter(self, scope: Scope) -> None:
        behaviour = self.world.behaviour
        if behaviour.throttle > 0 and arm.is_managed(scope["path"]):
            behaviour.throttle -= 1
            raise errors.throttled(behaviour.throttle_retry_after)


class _Versions(_Layer):
    """api-version and subscription of resource manager calls."""

    def enter(self, scope: Scope) -> None:
        if scope["type"] == "http" and arm.is_managed(scope["path"]) and not DATA_PLANE.search(scope["path"]):
            scope["azdock.version"] = arm.version(scope)
            arm.check_subscription(scope["path"])
