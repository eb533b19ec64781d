"""Jobs and executions: paths, versions, and an SDK that says "later"."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from azdock.azure import retry
from azdock.azure.jobs import Jobs, import_sdk
from azdock.azure.web import httpx
from azdock.errors import AzureFailure, NotFound, NotLoggedIn, Throttled
from tests.unit.azure.azures import Script, answer, cloud, refusal
from tests.unit.azure.test_errors import Response

ROOT = "/subscriptions/s1/resourceGroups/rg/providers/Microsoft.App/jobs"
PREVIEW = "2023-11-02-preview"


@pytest.mark.parametrize(
    ("call", "method", "path", "version"),
    [
        (lambda jobs: jobs.get("j"), "GET", "/j", "2026-07-01"),
        (lambda jobs: list(jobs.all()), "GET", "", "2026-07-01"),
        (lambda jobs: list(jobs.executions("j")), "GET", "/j/executions", "2026-07-01"),
        (lambda jobs: jobs.execution("j", "e"), "GET", "/j/executions/e", "2026-07-01"),
        (lambda jobs: jobs.stop("j", "e"), "POST", "/j/executions/e/stop", "2026-07-01"),
        (lambda jobs: jobs.tag("j", {"a": "b"}), "PATCH", "/j", "2026-07-01"),
        (lambda jobs: jobs.replicas("j", "e"), "GET", "/j/executions/e/replicas", PREVIEW),
    ],
)
def test_calls(tmp_path: Path, call: Callable[[Jobs], Any], method: str, path: str, version: str) -> None:
    """Each call has its path and the version in which it exists."""
    script = Script(answer())
    call(Jobs(cloud(tmp_path, script)))
    request = script.asked[0]
    assert (request.method, request.url.path) == (method, ROOT + path)
    assert request.url.params["api-version"] == version


def test_tags_are_merged(tmp_path: Path) -> None:
    """Only the tags that change are sent."""
    script = Script(answer())
    Jobs(cloud(tmp_path, script)).tag("j", {"a": "b"})
    assert json.loads(script.bodies[0]) == {"tags": {"a": "b"}}


@pytest.mark.parametrize("location", [True, False])
def test_start(tmp_path: Path, location: bool) -> None:
    """The execution's name comes from the answer, or from the operation that Azure may make of it."""
    began = {"id": f"{ROOT}/j/executions/j-1", "name": "j-1"}
    url = "https://management.azure.com/op?s=1"
    script = Script(answer(202, Location=url), answer(json=began)) if location else Script(answer(json=began))
    assert Jobs(cloud(tmp_path, script)).start("j") == "j-1"


def test_token(tmp_path: Path) -> None:
    """The token for streams is asked for in the version that has it."""
    script = Script(answer(json={"properties": {"token": "jwt", "expires": "x"}}))
    assert Jobs(cloud(tmp_path, script)).token("j") == "jwt"
    assert script.asked[0].url.path == f"{ROOT}/j/getAuthToken"


def test_missing(tmp_path: Path) -> None:
    """What does not exist is NotFound."""
    with pytest.raises(NotFound):
        Jobs(cloud(tmp_path, Script(refusal(404, "ResourceNotFound")))).get("j")


class Sdk:
    """Stands for the SDK's client: every operation answers from the script."""

    def __init__(self, *answers: Exception | None) -> None:
        self.answers, self.calls = list(answers), []
        self.jobs = self

    def _begin(self, *args: Any) -> Sdk:
        self.calls.append(args)
        return self

    begin_create_or_update = begin_delete = _begin

    def result(self) -> None:
        found = self.answers.pop(0)
        if found is not None:
            raise found


def failed(status: int, code: str) -> HttpResponseError:
    body = json.dumps({"error": {"code": code, "message": "m"}})
    return HttpResponseError("x", response=Response(status, body))  # type: ignore[arg-type]


def sdk_jobs(home: Path, monkeypatch: pytest.MonkeyPatch, sdk: Sdk) -> tuple[Jobs, list[float]]:
    azure, slept = cloud(home, Script()), list[float]()
    azure.__dict__["sdk"] = sdk
    monkeypatch.setattr(retry.Patience, "sleep", staticmethod(slept.append), raising=False)
    monkeypatch.setattr("time.sleep", slept.append)
    return Jobs(azure), slept


def test_create_is_the_sdks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body becomes the SDK's model and is waited for; a busy resource is tried again."""
    sdk = Sdk(failed(409, "ContainerAppOperationInProgress"), None)
    jobs, slept = sdk_jobs(tmp_path, monkeypatch, sdk)
    jobs.create("j", {"location": "here", "tags": {"a": "b"}})
    group, name, model = sdk.calls[1]
    assert (group, name, model.location, model.tags) == ("rg", "j", "here", {"a": "b"})
    assert len(slept) == 1


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [(409, "Conflict", AzureFailure), (400, "InvalidRequestContent", AzureFailure), (429, "TooMany", Throttled)],
)
def test_sdk_refusals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, code: str, kind: type[Exception]
) -> None:
    """What the SDK gives up on is one of azdock's errors, tried once."""
    sdk = Sdk(failed(status, code))
    jobs, slept = sdk_jobs(tmp_path, monkeypatch, sdk)
    with pytest.raises(kind, match=code):
        jobs.delete("j")
    assert slept == []


def test_delete_of_what_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that somebody else has deleted is deleted."""
    jobs, _ = sdk_jobs(tmp_path, monkeypatch, Sdk(failed(404, "ResourceNotFound")))
    jobs.delete("j")


LINE = b'{"TimeStamp":"2026-01-02T12:00:00.5+00:00","Log":"F hi"}\n'


@pytest.mark.parametrize(("refusals", "tokens"), [(0, ["a"]), (1, ["a", "b"])])
def test_stream_token_is_kept_and_renewed(tmp_path: Path, refusals: int, tokens: list[str]) -> None:
    """One token serves many streams, until it is refused."""
    given = [answer(json={"properties": {"token": token}}) for token in tokens]
    good = [httpx.Response(200, content=LINE), httpx.Response(200, content=LINE)]
    script = Script(given[0], good[0], *[refusal(401, "Unauthorized")] * refusals, *given[1:], good[1])
    jobs = Jobs(cloud(tmp_path, script))
    for _ in range(2):
        batches = list(jobs.stream("j", "https://x/logstream", follow=False))
        assert [[log for _, log in batch] for batch in batches] == [["F hi"]]
    assert script.tokens[-1] == tokens[-1] and script.answers == []


def test_stream_that_stays_refused(tmp_path: Path) -> None:
    """A second refusal is not answered with a third token."""
    token = {"properties": {"token": "a"}}
    script = Script(answer(json=token), refusal(401, "U"), answer(json=token), refusal(401, "U"))
    with pytest.raises(NotLoggedIn):
        list(Jobs(cloud(tmp_path, script)).stream("j", "https://x/logstream", follow=True))


def test_models_can_be_loaded_ahead() -> None:
    """What create() needs is loaded by a function of its own."""
    import sys

    import_sdk()
    assert "azure.mgmt.appcontainers.models" in sys.modules
