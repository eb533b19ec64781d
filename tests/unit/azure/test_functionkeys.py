"""Keys of function apps on Container Apps."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from azdock import errors
from azdock.azure import functionkeys

ADDRESS = "wss://region.azurecontainerapps.dev/subscriptions/s/replicas/r/debug?targetContainer=main"


def answered(output: str) -> str:
    return json.dumps({"$id": "1", "output": output})


def apps(handler: Callable[[httpx.Request], httpx.Response]) -> Any:
    http = httpx.Client(transport=httpx.MockTransport(handler))
    return SimpleNamespace(azure=SimpleNamespace(http=http), token=lambda name: f"token-of-{name}")


def test_a_key_is_asked_for_as_recorded() -> None:
    """An ordinary GET on the debug address, with the app's own token and the command as part of the query."""
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, text=answered('{\n"value": {\n"keys": [\n{"name": "default", "value": "k1"}]}}'))

    assert functionkeys.ask(apps(handler), "fa", ADDRESS, functionkeys.of_function("echo")) == "k1"
    assert seen[0].headers["Authorization"] == "Bearer token-of-fa"
    assert (seen[0].url.scheme, seen[0].url.path) == ("https", "/subscriptions/s/replicas/r/debug")
    assert dict(seen[0].url.params) == {
        "targetContainer": "main",
        "command": "/bin/azure-functions-admin keys list --key-type functionKey --function-name echo",
    }


@pytest.mark.parametrize(
    ("output", "key"),
    [
        ('{"value": {"keys": [{"name": "default", "value": "a"}, {"name": "b", "value": "b"}]}}', "a"),
        ('{"value": {"keys": []}}', ""),
        ('{"value": {"name": "_master", "value": "m"}}', "m"),
    ],
)
def test_read(output: str, key: str) -> None:
    """A list's first key, or the one that was shown; none is no error."""
    assert functionkeys.read(answered(output)) == key


@pytest.mark.parametrize("text", ["", "[]", '{"output": "sh: not found"}', '{"output": "{}"}', '{"output": "[1]"}'])
def test_no_keys(text: str) -> None:
    """An image without a Functions host is told as that, and nothing of the answer is shown."""
    with pytest.raises(errors.AzdockError) as caught:
        functionkeys.read(text)
    assert caught.value.message == functionkeys.NO_KEYS
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(("status", "kind"), [(401, errors.NotLoggedIn), (404, errors.NotFound)])
def test_refused(status: int, kind: type[Exception]) -> None:
    """A refusal of Azure's is one of azdock's errors."""
    with pytest.raises(kind):
        functionkeys.ask(apps(lambda _: httpx.Response(status, text="")), "fa", ADDRESS, functionkeys.HOST)


def test_unreachable() -> None:
    """A connection that breaks is told as that."""

    def handler(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("gone", request=request)

    with pytest.raises(errors.Unreachable):
        functionkeys.ask(apps(handler), "fa", ADDRESS, functionkeys.HOST)
