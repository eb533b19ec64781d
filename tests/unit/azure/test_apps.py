"""Apps, revisions and replicas: paths, patches that are not waited out, and creations that are not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from azdock.azure.apps import Apps
from azdock.errors import NotFound, ProvisioningFailed
from tests.unit.azure.azures import Script, answer, cloud, refusal

ROOT = "/subscriptions/s1/resourceGroups/rg/providers/Microsoft.App/containerApps"
OPERATION = "https://management.azure.com/op?s=1"


@pytest.mark.parametrize(
    ("call", "method", "path"),
    [
        (lambda apps: apps.get("a"), "GET", "/a"),
        (lambda apps: list(apps.all()), "GET", ""),
        (lambda apps: apps.start("a"), "POST", "/a/start"),
        (lambda apps: apps.stop("a"), "POST", "/a/stop"),
        (lambda apps: list(apps.revisions("a")), "GET", "/a/revisions"),
        (lambda apps: apps.revision("a", "r"), "GET", "/a/revisions/r"),
        (lambda apps: apps.replicas("a", "r"), "GET", "/a/revisions/r/replicas"),
        (lambda apps: apps.restart_revision("a", "r"), "POST", "/a/revisions/r/restart"),
        (lambda apps: apps.deactivate("a", "r"), "POST", "/a/revisions/r/deactivate"),
        (lambda apps: apps.tag("a", {"b": "c"}), "PATCH", "/a"),
    ],
)
def test_calls(tmp_path: Path, call: Callable[[Apps], Any], method: str, path: str) -> None:
    """Each call has its path, in the stable version."""
    script = Script(answer())
    call(Apps(cloud(tmp_path, script)))
    request = script.asked[0]
    assert (request.method, request.url.path) == (method, ROOT + path)
    assert request.url.params["api-version"] == "2026-07-01"


def test_token(tmp_path: Path) -> None:
    """The token for streams and exec is an app's own action."""
    script = Script(answer(json={"properties": {"token": "jwt"}}))
    assert Apps(cloud(tmp_path, script)).token("a") == "jwt"
    assert (script.asked[0].method, script.asked[0].url.path) == ("POST", f"{ROOT}/a/getAuthtoken")


def test_missing(tmp_path: Path) -> None:
    """What does not exist is NotFound, also when Azure says so without a body."""
    with pytest.raises(NotFound):
        Apps(cloud(tmp_path, Script(refusal(404, "ResourceNotFound")))).get("a")
    assert not Apps(cloud(tmp_path, Script(answer(404)))).exists("a")


def test_patch_is_waited_for(tmp_path: Path) -> None:
    """A patch ends with its operation."""
    script = Script(answer(202, Location=OPERATION), answer(202), answer(json={"name": "a"}))
    Apps(cloud(tmp_path, script)).patch("a", {"properties": {"x": 1}})
    assert json.loads(script.bodies[0]) == {"properties": {"x": 1}}
    assert [str(one.url) for one in script.asked[1:]] == [OPERATION, OPERATION]


def test_patch_that_has_done_enough(tmp_path: Path) -> None:
    """Waiting ends as soon as the caller has what it wants, though the operation goes on."""
    script = Script(answer(202, Location=OPERATION), answer(202), answer(202))
    looks = iter((False, True))
    Apps(cloud(tmp_path, script)).patch("a", {}, lambda: next(looks))
    assert script.answers == []


def test_patch_that_fails(tmp_path: Path) -> None:
    """A failed operation is an error with Azure's text."""
    failed = {"status": "Failed", "error": {"code": "ContainerAppOperationError", "message": "no"}}
    script = Script(answer(202, **{"Azure-AsyncOperation": OPERATION}), answer(json=failed))
    with pytest.raises(ProvisioningFailed, match="no"):
        Apps(cloud(tmp_path, script)).patch("a", {}, lambda: True)


class Poller:
    """Stands for the SDK's poller of an operation that never ends by itself, or fails."""

    def __init__(self, fails: Exception | None = None) -> None:
        self.waited, self.fails = 0, fails

    def done(self) -> bool:
        return self.fails is not None

    def wait(self, _seconds: float) -> None:
        self.waited += 1

    def result(self) -> None:
        assert self.fails is not None, "it never ends"
        raise self.fails


class Sdk:
    """Stands for the SDK's client."""

    def __init__(self, poller: Poller) -> None:
        self.container_apps, self.poller, self.model = self, poller, None

    def begin_create_or_update(self, _group: str, _name: str, model: Any) -> Poller:
        self.model = model
        return self.poller


def test_create_until_it_is_enough(tmp_path: Path) -> None:
    """A creation is waited for until the container runs, not until Azure calls it finished."""
    azure, sdk = cloud(tmp_path, Script()), Sdk(Poller())
    azure.__dict__["sdk"] = sdk
    looks = iter((False, False, True))
    Apps(azure).create("a", {"location": "here"}, lambda: next(looks))
    assert sdk.poller.waited == 3
    assert sdk.model is not None and sdk.model.location == "here"


def test_create_that_fails(tmp_path: Path) -> None:
    """A failed creation is an error, whatever would have been enough."""
    from tests.unit.azure.test_errors import refused

    azure = cloud(tmp_path, Script())
    azure.__dict__["sdk"] = Sdk(Poller(refused(200, "ContainerAppOperationError")))
    with pytest.raises(ProvisioningFailed):
        Apps(azure).create("a", {}, lambda: True)
