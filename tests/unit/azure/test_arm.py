"""The thin client: paging, retries, long operations, errors."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from azdock.azure.arm import Arm
from azdock.azure.web import client, httpx
from azdock.errors import AzureFailure, Conflict, NotFound, ProvisioningFailed, Throttled, Unreachable

BASE = "http://127.0.0.1:1"
Answer = Callable[[httpx.Request], httpx.Response]


class Server:
    """Answers in order and remembers what was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers, self.asked, self.slept = list(answers), [], []
        self.tokens: list[str] = []
        http = client(BASE, httpx.MockTransport(self._answer))
        self.arm = Arm(http, BASE, self._token, sleep=self.slept.append)

    def _token(self, stale: str) -> str:
        self.tokens.append(stale)
        return f"token{len(self.tokens)}"

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_follows_pages() -> None:
    """A list gives the items of all its pages, the link used verbatim."""
    server = Server(
        httpx.Response(200, json={"value": [{"n": 1}], "nextLink": f"{BASE}/more?x=%2F"}),
        httpx.Response(200, json={"value": [{"n": 2}], "nextLink": None}),
    )
    assert list(server.arm.every("/things")) == [{"n": 1}, {"n": 2}]
    assert str(server.asked[1].url) == f"{BASE}/more?x=%2F"


@pytest.mark.parametrize(
    ("headers", "slept"),
    [({"Retry-After": "7"}, [7.0]), ({"x-ms-retry-after-ms": "250", "Retry-After": "7"}, [0.25]), ({}, [0.5])],
)
def test_obeys_the_wait_asked_for(headers: dict[str, str], slept: list[float]) -> None:
    """A 429 is waited out as long as the server says."""
    server = Server(httpx.Response(429, headers=headers), httpx.Response(200, json={}))
    assert server.arm.get("/x") == {}
    assert server.slept == slept


def test_busy_resource_is_waited_for() -> None:
    """A resource that is still provisioning is tried again."""
    busy = {"error": {"code": "ContainerAppOperationInProgress", "message": "m"}}
    server = Server(httpx.Response(409, json=busy), httpx.Response(200, json={}))
    server.arm.patch("/x", {})
    assert len(server.slept) == 1


def test_too_long_a_wait_is_refused() -> None:
    """azdock does not wait ten minutes without being told to."""
    server = Server(httpx.Response(429, headers={"Retry-After": "600"}))
    with pytest.raises(Throttled):
        server.arm.get("/x")


def test_a_refused_token_is_renewed_once() -> None:
    """A 401 asks for another token and repeats the call."""
    server = Server(httpx.Response(401, json={}), httpx.Response(200, json={"ok": 1}))
    assert server.arm.get("/x") == {"ok": 1}
    assert server.tokens == ["", "token1"]


def test_a_broken_post_is_not_repeated() -> None:
    """A start that may have arrived must not start twice."""
    server = Server(httpx.ReadError("gone"))
    with pytest.raises(Unreachable):
        server.arm.post("/jobs/j/start")
    assert len(server.asked) == 1


@pytest.mark.parametrize("header", ["Azure-AsyncOperation", "Location"])
def test_long_operation(header: str) -> None:
    """An operation is polled at its own address, signature and all, until it has ended."""
    url = f"{BASE}/status?api-version=1&t=a%2Bb"
    running = httpx.Response(202 if header == "Location" else 200, json={"status": "InProgress"})
    server = Server(
        httpx.Response(202, headers={header: url}), running, httpx.Response(200, json={"status": "Succeeded"})
    )
    server.arm.patch("/x", {})
    assert [str(request.url) for request in server.asked[1:]] == [url, url]


def test_failed_operation() -> None:
    """An operation that fails gives Azure's own words and code."""
    body = {"status": "Failed", "error": {"code": "Oops", "message": "it broke"}}
    server = Server(httpx.Response(202, headers={"Azure-AsyncOperation": f"{BASE}/s"}), httpx.Response(200, json=body))
    with pytest.raises(ProvisioningFailed, match=r"it broke \(Oops\)"):
        server.arm.patch("/x", {})


@pytest.mark.parametrize(("status", "kind"), [(404, NotFound), (400, AzureFailure), (409, AzureFailure)])
def test_refusals(status: int, kind: type[Exception]) -> None:
    """A refusal is one of azdock's errors with Azure's message."""
    server = Server(httpx.Response(status, json={"error": {"code": "C", "message": "no"}}))
    with pytest.raises(kind, match=r"no \(C\)"):
        server.arm.get("/x")
    assert not issubclass(kind, Conflict)
