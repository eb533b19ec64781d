"""An Azure that answers from a script: what tests of single calls talk to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from azdock.azure.client import Azure
from azdock.azure.credential import Tokens
from azdock.azure.web import client, httpx
from azdock.settings import Context, Settings

CLOUD = Context(
    name="prod",
    subscription="s1",
    resource_group="rg",
    environment="env",
    environment_group="shared",
    tenant="t1",
)


class Script:
    """Answers in order and remembers the requests; an answer may be an exception. All must be used up."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []
        self.bodies: list[bytes] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        self.bodies.append(request.read())
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def tokens(self) -> list[str]:
        """The bearer tokens that the requests carried."""
        return [request.headers["Authorization"].removeprefix("Bearer ") for request in self.asked]


def answer(status: int = 200, json: Any = None, **headers: str) -> httpx.Response:
    """An answer with a JSON body."""
    return httpx.Response(status, json={} if json is None else json, headers=headers)


def refusal(status: int, code: str, message: str = "no") -> httpx.Response:
    """An ARM error."""
    return answer(status, {"error": {"code": code, "message": message}})


def cloud(home: Path, script: Script, context: Context = CLOUD) -> Azure:
    """The client of a context in the cloud whose HTTP is `script` and whose tokens are t1, t2, ..."""
    made = Azure(Settings(home=home, context=context))
    made.__dict__["http"] = client("", httpx.MockTransport(script))
    given: list[str] = []

    def source(scope: str) -> tuple[str, float]:
        given.append(scope)
        return f"t{len(given)}", 4e9

    made.__dict__["tokens"] = Tokens(home / "tokens", made.place.owner, source)
    return made
