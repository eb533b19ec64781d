"""Pure: which function a run asks, by which route and method, and with which headers.

SOURCE: azure-docs, azure-functions/functions-bindings-http-webhook-trigger.md (routes, methods, authLevel) and
functions-manually-run-non-http.md (admin/functions/NAME); www.w3.org/TR/trace-context (traceparent).
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from azdock.backends.function_hosting import Function
from azdock.docker.invocation import Invocation
from azdock.docker.spec import ContainerSpec
from azdock.errors import Unsupported

ENV_HEADER, ENV_BYTES = "X-Azdock-Env", 8 * 1024
TRACE_HEADER = "traceparent"
KEY_HEADER, KEY_PARAMETER = "x-functions-key", re.compile(r"[?&]code=")
ADMIN, HTTP, DEFAULT = "admin/functions/", "httpTrigger", "function"
KEYED = frozenset({"function", "admin", "system"})


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is asked: `path` without a leading slash, `auth` "" where it is not known. `event` says that the function is
    no HTTP one, so that the host is asked to run it and tells nothing of how that went."""

    function: str
    path: str
    method: str
    auth: str = ""
    event: bool = False


def needs_list(invocation: Invocation, spec: ContainerSpec) -> bool:
    """Whether the app's functions have to be known to choose."""
    return not (invocation.route or spec.route) or not (invocation.method or spec.method)


def choose(invocation: Invocation, spec: ContainerSpec, functions: Sequence[Function] | None) -> Chosen:
    """What a run asks. `functions` None means that no Functions host is in the image, or that nobody asked.

    Raises Unsupported when that is not clear.
    """
    route = (invocation.route or spec.route).lstrip("/")
    method = invocation.method or spec.method
    found = _at(route, functions or ()) if route else _only(functions)
    if route.startswith(ADMIN) and (found is None or found.trigger == HTTP):
        return Chosen(route.removeprefix(ADMIN).partition("?")[0], route, "POST", "admin", event=True)
    if found is not None and found.trigger != HTTP:
        return Chosen(found.name, ADMIN + found.name, "POST", "admin", event=True)
    if found is None:
        # a web server without a Functions host takes no body it was not given
        return Chosen("", route, method or ("GET" if invocation.data is None and functions is None else "POST"))
    return Chosen(found.name, route or found.route, method or _method(found), found.auth)


def headers(invocation: Invocation, run: str) -> list[tuple[str, str]]:
    """The headers of a run's request but for a key; --header wins. Raises Unsupported for too many variables."""
    found = [(TRACE_HEADER, f"00-{run}-{secrets.token_hex(8)}-01"), ("User-Agent", "azdock")]
    found += [("Accept", "*/*"), ("Accept-Encoding", "identity")]
    if invocation.data is not None:
        found.append(("Content-Type", content_type(invocation.data)))
    if invocation.env:
        found.append((ENV_HEADER, variables(invocation.env)))
    given = {name.lower() for name, _ in invocation.headers} - {TRACE_HEADER}
    kept = [one for one in found if one[0].lower() not in given]
    return kept + [one for one in invocation.headers if one[0].lower() != TRACE_HEADER]


def variables(env: Sequence[str]) -> str:
    """The variables of one invocation as a header's value. Raises Unsupported when they do not fit into one."""
    text = urlencode([(name, value) for name, _, value in (item.partition("=") for item in env)])
    if len(text) > ENV_BYTES:
        reason = f"variables of one invocation go in a header, which holds {ENV_BYTES // 1024} KB"
        raise Unsupported(f"--env: {reason}", hint="azdock update -e sets them for every invocation")
    return text


def event(invocation: Invocation) -> bytes:
    """The body that has the host run a function that is no HTTP one. Raises Unsupported for what it cannot carry."""
    if invocation.env:
        raise Unsupported("--env: only a function of an HTTP trigger sees the headers of its request")
    try:
        return json.dumps({"input": (invocation.data or b"").decode()}).encode()
    except UnicodeDecodeError:
        raise Unsupported("--data: the input of a function that is no HTTP one is text in UTF-8") from None


def content_type(data: bytes) -> str:
    """The type of a body whose type nobody gave."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return "application/octet-stream"
    if text.lstrip()[:1] in set('{["-0123456789tfn'):
        try:
            json.loads(text)
            return "application/json"
        except ValueError:
            pass
    return "text/plain; charset=utf-8"


def brings_key(invocation: Invocation, path: str) -> bool:
    """Whether the request has a key of the user's own."""
    return any(name.lower() == KEY_HEADER for name, _ in invocation.headers) or bool(KEY_PARAMETER.search(path))


# ---- steps
def _only(functions: Sequence[Function] | None) -> Function | None:
    """The function that is meant when none is named."""
    if functions is None:
        return None
    able = [one for one in functions if not one.disabled]
    http = [one for one in able if one.trigger == HTTP]
    for group in (http, able if not http else []):
        if len(group) == 1:
            return group[0]
    named = [one for one in http or able if one.name.lower() == DEFAULT]
    if named:
        return named[0]
    if not able:
        raise Unsupported("--route: the app has no function that is enabled", hint="azdock trigger ls NAME")
    names = ", ".join(sorted(one.route if one.trigger == HTTP else ADMIN + one.name for one in able))
    raise Unsupported(f"--route: the app has several functions: {names}", hint="name one: --route api/NAME")


def _at(route: str, functions: Sequence[Function]) -> Function | None:
    """The function behind a route; one that is no HTTP one is named by its name."""
    path = route.partition("?")[0].rstrip("/").lower()
    named = path.removeprefix(ADMIN)
    for one in functions:
        if one.trigger == HTTP and one.route and _template(one.route).fullmatch(path):
            return one
        if one.trigger != HTTP and one.name.lower() == named:
            return one
    return None


def _template(route: str) -> re.Pattern[str]:
    """A route with parameters as a pattern: {name}, {name:int}, {name?}, {*rest}."""
    pieces = re.split(r"(\{[^}]*\})", route.strip("/").lower())
    text = "".join(
        re.escape(one) if not one.startswith("{") else ".*" if one.startswith("{*") or one.endswith("?}") else "[^/]+"
        for one in pieces
    )
    return re.compile(text.replace("/.*", "(?:/.*)?"))


def _method(function: Function) -> str:
    if not function.methods or "post" in function.methods:
        return "POST"
    return function.methods[0].upper()
