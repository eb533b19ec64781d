"""Fixtures of the emulator's contract tests."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.support.emulator import VERSION, Emulator, emulator

__all__ = ["emulator"]


class Arm:
    """The resource manager over plain HTTP: paths below the default group's Microsoft.App, one api-version."""

    def __init__(self, emulator: Emulator, http: httpx.Client) -> None:
        self.emulator = emulator
        self.http = http
        self.prefix = f"{emulator.group}/providers/Microsoft.App"

    def __call__(
        self, method: str, path: str, body: Any = None, version: str = VERSION, **options: Any
    ) -> httpx.Response:
        where = path if path.startswith(("/subscriptions", "/_azdock", "http")) else f"{self.prefix}/{path}"
        content = {} if body is None else {"json": body}
        query = {"api-version": version} if "api-version" not in where else None
        return self.http.request(method, where, params=query, **content, **options)

    def run(self, job: str, body: Any = None) -> str:
        """Start an execution; its name."""
        answer = self("POST", f"jobs/{job}/start", body)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["name"])

    def execution(self, job: str, name: str, version: str = VERSION) -> dict[str, Any]:
        """An execution's properties."""
        found: dict[str, Any] = self("GET", f"jobs/{job}/executions/{name}", version=version).json()["properties"]
        return found

    def until(self, ask: Callable[[], Any], seconds: float = 10) -> Any:
        """Ask until the answer is true, and return it."""
        end = time.monotonic() + seconds
        while not (found := ask()):
            assert time.monotonic() < end, "it did not become true"
            time.sleep(0.01)
        return found

    def ended(self, job: str, name: str) -> dict[str, Any]:
        """An execution's properties once no container runs any more."""

        def over() -> dict[str, Any] | None:
            found = self.execution(job, name)
            codes = [one["code"] for one in containers(found)]
            return found if found["status"] != "Running" and -1 not in codes else None

        found: dict[str, Any] = self.until(over)
        return found


def containers(execution: dict[str, Any]) -> list[dict[str, Any]]:
    """Every container of `detailedStatus`, in the order of the replicas."""
    return [one for replica in execution.get("detailedStatus", {}).get("replicas", []) for one in replica["containers"]]


@pytest.fixture
def arm(emulator: Emulator) -> Iterator[Arm]:
    """Raw calls to the emulator."""
    with emulator.client() as http:
        yield Arm(emulator, http)
