"""The emulator's own routes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

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


def test_images(arm: Arm, tmp_path: Path) -> None:
    """The store is listed, asked for an image's configuration, filled from an archive and emptied."""
    config = arm.http.get("/_azdock/images/config", params={"reference": "work/tool:1", "pull": "missing"}).json()
    assert config["id"].startswith("sha256:") and config["command"] == ["sh"]
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
