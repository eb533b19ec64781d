"""The emulator's own routes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from azdock.emulator import daemon, switches
from azdock.emulator.runtimes.base import ImageConfig
from azdock.emulator.world import RESOURCE_GROUP, SUBSCRIPTION, WORKSPACE
from tests.contract.emulator.conftest import Arm


def test_behaviour_is_read_and_changed(arm: Arm) -> None:
    """PATCH changes the named fields only and answers with all of them."""
    before = arm.http.get("/_azdock/behaviour").json()
    after = arm.http.patch("/_azdock/behaviour", json={"provisioning": 2, "full_tag": False}).json()
    assert after == {**before, "provisioning": 2.0, "full_tag": False}
    assert arm.emulator.world.behaviour.provisioning == 2.0


@pytest.mark.parametrize(
    "given", [{"nosuch": 1}, {"provisioning": "slow"}, {"provisioning": -1}, {"throttle": True}, {"page_size": 1.5}]
)
def test_nonsense_is_refused(arm: Arm, given: dict[str, Any]) -> None:
    """Unknown fields and wrong types change nothing."""
    answer = arm.http.patch("/_azdock/behaviour", json={"grace": 9, **given})
    assert answer.status_code == 400 and arm.emulator.world.behaviour.grace != 9


def test_requests_are_counted(arm: Arm) -> None:
    """The status tells how many requests of each kind came: a client's thrift can be checked."""

    def counters() -> dict[str, int]:
        found: dict[str, int] = arm.http.get("/_azdock/status").json()["counters"]
        return found

    before = counters()
    arm("GET", "jobs")
    arm.http.post(f"/v1/workspaces/{WORKSPACE}/query", json={"query": "print 1"})
    stream = f"{arm.emulator.group}/containerApps/a/revisions/r/replicas/p/containers/c"
    claims = {"capp_sub": SUBSCRIPTION, "capp_rg": RESOURCE_GROUP, "capp_name": "a"}
    token = {"Authorization": f"Bearer {arm.emulator.world.auth.data_token(claims)[0]}"}
    assert httpx.get(f"{arm.emulator.url}{stream}/logstream", headers=token).status_code == 404
    with pytest.raises(InvalidStatus):
        connect(f"{arm.emulator.url}{stream}/exec".replace("http:", "ws:"), additional_headers=token, proxy=None)
    grown = {kind: count - before[kind] for kind, count in counters().items() if count != before[kind]}
    assert grown == {"arm_calls": 1, "log_queries": 1, "log_streams": 1, "exec_handshakes": 1}


def test_switches_over_the_wire(monkeypatch: pytest.MonkeyPatch, arm: Arm, tmp_path: Path) -> None:
    """What `azdock emulator set` sends arrives, and a refusal comes back as one sentence."""
    monkeypatch.setattr(daemon, "status", lambda _home: {"url": arm.emulator.url})
    monkeypatch.setattr(daemon, "token", lambda _home: arm.emulator.token)
    assert switches.behaviour(tmp_path, {})["grace"] == 1.0
    found = switches.behaviour(tmp_path, switches.parse(["log-delay=5", "full_tag=false", "fail_code=X=Y"]))
    assert (found["log_delay"], found["full_tag"], found["fail_code"]) == (5.0, False, "X=Y")
    with pytest.raises(daemon.DaemonError, match="there is no behaviour 'nosuch'"):
        switches.behaviour(tmp_path, switches.parse(["nosuch=1"]))
    monkeypatch.setattr(daemon, "status", lambda _home: None)
    with pytest.raises(daemon.DaemonError, match="does not run"):
        switches.behaviour(tmp_path, {})


def test_images(arm: Arm, tmp_path: Path) -> None:
    """The store is listed, asked for an image's configuration, filled from an archive and emptied."""
    health = {"Test": ["CMD", "true"], "Interval": 5_000_000_000}
    shown = ImageConfig(command=("sh",), exposed=("80/tcp",), volumes=("/data",), health=health)
    arm.emulator.world.runtime.configs["work/tool:1"] = shown  # type: ignore[attr-defined]
    config = arm.http.get("/_azdock/images/config", params={"reference": "work/tool:1", "pull": "missing"}).json()
    assert config["id"].startswith("sha256:") and config["command"] == ["sh"]
    assert (config["exposed"], config["volumes"], config["health"]) == (["80/tcp"], ["/data"], health)
    loaded = arm.http.post("/_azdock/images/load", content=iter([b"x" * 100_000] * 3))
    assert len(loaded.json()["references"]) == 1
    tags = [tag for one in arm.http.get("/_azdock/images").json()["value"] for tag in one["tags"]]
    assert "work/tool:1" in tags
    gone = arm.http.delete("/_azdock/images", params={"reference": "work/tool:1", "force": "true"})
    assert gone.json()["changes"][0] == ["Untagged", "work/tool:1"]
    assert not list((arm.emulator.home / "incoming").iterdir())


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/_azdock/images/config?reference=work/missing", 404, "MANIFEST_UNKNOWN"),
        ("GET", "/_azdock/images/config", 400, "InvalidRequestContent"),
        ("GET", "/_azdock/images/config?reference=a&pull=sometimes", 400, "InvalidRequestContent"),
        ("DELETE", "/_azdock/images?reference=none", 404, "NOT_FOUND"),
        ("POST", "/_azdock/images/load", 400, "INVALID_ARCHIVE"),
    ],
)
def test_image_errors(arm: Arm, method: str, path: str, status: int, code: str) -> None:
    """A runtime's refusal keeps its code."""
    answer = arm.http.request(method, path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_stop(arm: Arm) -> None:
    """POST stop ends the server."""
    assert arm.http.post("/_azdock/stop").status_code == 202
    thread = arm.emulator._thread
    assert thread is not None
    thread.join(10)
    assert not thread.is_alive()
