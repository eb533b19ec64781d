"""How SDK clients get their tokens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from azure.core.pipeline import Pipeline
from azure.core.pipeline.transport import HttpTransport
from azure.core.rest import HttpRequest

from azdock.azure.credential import Tokens
from azdock.azure.sdkauth import CachedCredential, TokenPolicy


class Transport(HttpTransport):  # type: ignore[type-arg]
    """Answers with the statuses given and remembers the tokens."""

    def __init__(self, *statuses: int) -> None:
        self.statuses, self.seen = list(statuses), []

    def send(self, request: Any, **options: Any) -> Any:
        self.seen.append(request.headers["Authorization"])
        return type("Answer", (), {"status_code": self.statuses.pop(0), "headers": {}})()

    def open(self) -> None: ...

    def close(self) -> None: ...

    def __enter__(self) -> Transport:
        return self

    def __exit__(self, *_error: object) -> None: ...


@pytest.fixture
def tokens(tmp_path: Path) -> Tokens:
    given: list[str] = []

    def source(scope: str) -> tuple[str, float]:
        given.append(scope)
        return f"t{len(given)}", 4e9

    return Tokens(tmp_path / "tokens", "me", source)


@pytest.mark.parametrize(
    ("statuses", "seen", "last"),
    [
        ((200,), ["Bearer t1"], 200),
        ((401, 200), ["Bearer t1", "Bearer t2"], 200),
        ((401, 401), ["Bearer t1", "Bearer t2"], 401),
        ((403,), ["Bearer t1"], 403),
    ],
)
def test_policy(tokens: Tokens, statuses: tuple[int, ...], seen: list[str], last: int) -> None:
    """A refused token is renewed once, over plain http too."""
    transport = Transport(*statuses)
    pipeline: Pipeline[Any, Any] = Pipeline(transport, [TokenPolicy(tokens, "scope")])
    found = pipeline.run(HttpRequest("GET", "http://127.0.0.1:1/"))
    assert (transport.seen, found.http_response.status_code) == (seen, last)


def test_credential(tokens: Tokens) -> None:
    """The SDK's credential is a view of our cache."""
    credential = CachedCredential(tokens)
    assert credential.get_token("s") == credential.get_token("s") == ("t1", 4_000_000_000)
