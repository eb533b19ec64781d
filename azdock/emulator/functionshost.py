"""What a Functions host inside an image would do itself, done by the platform here: it tells its functions and asks for
their keys.

A real host keeps its keys in a storage account (blobs) and sends its telemetry to Application Insights. Neither service
exists here, so that the front ends ask for the keys instead of the host, with what Azure keeps for it, and
`functionsexport` writes the rows. An image without a Functions host has no functions: everything is let in, as Azure
does. Nor does the platform ask where the host asks by itself (it answers 401 when asked for its functions).
Sources: Azure/azure-functions-host, FunctionsController.cs, HostController.cs, AuthenticationLevelHandler.cs
"""

from __future__ import annotations

import asyncio
import hmac
import json
import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from azdock.emulator.ingress_head import LIMIT, UNTIL_CLOSE, BadMessage, Body, answer
from azdock.emulator.runtimes.base import Container

Document = dict[str, Any]
ADMIN, WEBHOOKS = "/admin/", "/runtime/webhooks/"
OPEN = frozenset(("/admin/host/ping",))  # HostController.cs: no policy
KEY_HEADER, KEY_QUERY = "x-functions-key", "code"  # AuthenticationLevelHandler.cs: the header wins
MASTER = "masterKey"
PREFIX = "/api"  # host.json, extensions.http.routePrefix, unless the host tells another
PATIENCE = 5.0  # seconds a host may take to tell its functions
REMEMBERED = 512  # containers
QUESTION = b"GET /admin/functions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
PARAMETER = re.compile(r"^\{(\*?)([^:?=}]+)[^}?]*(\??)\}$")
_known: OrderedDict[str, list[Document] | None] = OrderedDict()


class Unanswered(Exception):
    """Nothing that speaks HTTP answered."""


def remembered(container: Container) -> list[Document] | None:
    """What `functions` found out about a container; None also while it has not been asked."""
    return _known.get(container.id)


def asked(container: Container) -> bool:
    """Whether the container has told what it contains, or that it is no Functions host."""
    return container.id in _known


async def functions(container: Container, port: int) -> list[Document] | None:
    """The functions of a container's host, as GET /admin/functions tells them; None when it is no Functions host.

    A container is asked until it has answered once. None too while nothing listens on `port`.
    """
    if container.id in _known:
        return _known[container.id]
    try:
        status, body = await asyncio.wait_for(_question(container, port), PATIENCE)
        found = _listed(body) if status == 200 else None
    except (OSError, Unanswered):
        return None
    except TimeoutError:
        found = None  # what does not tell in time is no host: requests do not wait for it again
    _known[container.id] = found
    while len(_known) > REMEMBERED:
        _known.popitem(last=False)
    return found


async def _question(container: Container, port: int) -> tuple[int, bytes]:
    reader, writer = await container.connect(port)
    try:
        writer.write(QUESTION)
        head = await reader.readuntil(b"\r\n\r\n")
        found = answer(head[:-4], b"GET")
        body = Body(found.length, unpack=True)
        parts = []
        while not body.done:
            data = await reader.read(LIMIT)
            if not data:
                if found.length != UNTIL_CLOSE:
                    raise Unanswered
                break
            taken = body.take(data)
            if body.payload is None:
                parts.append(data[:taken])
        return found.status, b"".join(parts if body.payload is None else body.payload)
    except (BadMessage, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as broken:
        raise Unanswered from broken
    finally:
        writer.close()


def _listed(body: bytes) -> list[Document] | None:
    try:
        found = json.loads(body)
    except ValueError:
        return None
    well = isinstance(found, list) and all(isinstance(one, dict) and one.get("name") for one in found)
    return found if well else None


def trigger(function: Document) -> Document:
    """The binding that starts a function: {"type": "httpTrigger", "authLevel": ...}; {} when it has none."""
    bindings = (function.get("config") or {}).get("bindings") or ()
    return next((one for one in bindings if str(one.get("type", "")).lower().endswith("trigger")), {})


def is_http(function: Document) -> bool:
    """Whether requests start it."""
    return str(trigger(function).get("type", "")).lower() == "httptrigger"


def named(found: Sequence[Document] | None, path: str) -> Document | None:
    """The HTTP function that a path (without query) means."""
    for one in found or ():
        if is_http(one) and _matches(_template(one), path):
            return one
    return None


def invoked(found: Sequence[Document] | None, method: str, path: str) -> Document | None:
    """The function that POST /admin/functions/NAME runs."""
    prefix, _, name = path.rpartition("/")
    if method != "POST" or prefix.lower() != "/admin/functions":
        return None
    return next((one for one in found or () if one["name"].lower() == unquote(name).lower()), None)


def _template(function: Document) -> str:
    url = str(function.get("invoke_url_template") or function.get("invokeUrlTemplate") or "")
    if url:
        return urlsplit(url).path
    route = trigger(function).get("route")
    return f"{PREFIX}/{route if route is not None else function['name']}"


def _matches(template: str, path: str) -> bool:
    """Whether a path fits a route template such as /api/products/{category}/{id?}."""
    parts = unquote(path).strip("/").split("/")
    words = unquote(template).strip("/").split("/")
    for at, word in enumerate(words):
        parameter = PARAMETER.match(word)
        if parameter and parameter[1]:
            return True
        if at >= len(parts):
            return bool(parameter and parameter[3]) and at == len(words) - 1
        if not parameter and word.lower() != parts[at].lower():
            return False
    return len(parts) == len(words)


def admit(
    found: Sequence[Document] | None,
    keys: Mapping[str, Any],
    method: str,
    path: str,
    headers: Mapping[str, str],
    query: Mapping[str, str],
) -> int:
    """Whether a request may come in: 0, or the status that refuses it. `headers` have lower-case names.

    `keys` are {"masterKey", "functionKeys": {}, "systemKeys": {}, "functions": {NAME: {key: value}}}. Webhooks of
    extensions are let in: their addresses carry a key that a host here cannot know.
    """
    if found is None:
        return 0
    lower = path.lower()
    if lower.startswith(ADMIN):
        level, name = ("anonymous" if lower.rstrip("/") in OPEN else "admin"), ""
    elif lower.startswith(WEBHOOKS):
        return 0
    else:
        function = named(found, path)
        if function is None or not _takes(function, method):
            return 0  # the host says that there is no such function
        level, name = str(trigger(function).get("authLevel") or "function").lower(), function["name"]
    if level == "anonymous":
        return 0
    given = headers.get(KEY_HEADER) or query.get(KEY_QUERY) or ""
    return 0 if given and any(_same(given, key) for key in _good(keys, level, name)) else 401


def _takes(function: Document, method: str) -> bool:
    methods = trigger(function).get("methods")
    return not methods or method.lower() in {str(one).lower() for one in methods}


def _good(keys: Mapping[str, Any], level: str, name: str) -> list[str]:
    """The keys that open a level: the master key everything, host keys all functions, a function's own only it."""
    good = [str(keys.get(MASTER) or "")]
    if level == "function":
        theirs: Mapping[str, Mapping[str, str]] = keys.get("functions") or {}
        own = next((one for key, one in theirs.items() if key.lower() == name.lower()), {})
        good += [*(keys.get("functionKeys") or {}).values(), *own.values()]
    return [str(one) for one in good if one]


def _same(given: str, key: str) -> bool:
    return hmac.compare_digest(given.encode(), key.encode())
