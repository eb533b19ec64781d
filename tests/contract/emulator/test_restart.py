"""What survives the emulator's end, clean or not."""

from __future__ import annotations

import json
import stat
from pathlib import Path

from tests.contract.emulator.conftest import Arm, containers
from tests.support.emulator import Emulator, job_body


def test_a_clean_restart(tmp_path: Path) -> None:
    """Jobs, secrets, executions and exit codes are as before; runs under way were stopped with their real codes."""
    first = Emulator(tmp_path).start()
    with first.client() as http:
        arm = Arm(first, http)
        arm("PUT", "jobs/job", job_body("sh", "-c", "exit 3", secrets=[{"name": "s", "value": "v"}]))
        done = arm.run("job")
        arm.ended("job", done)
        arm("PUT", "jobs/long", job_body("sleep", "60"))
        running = arm.run("long")
        arm.until(lambda: first.world.running.containers)
    first.stop()
    assert stat.S_IMODE((tmp_path / "world.json").stat().st_mode) == 0o600
    second = Emulator(tmp_path).start()
    try:
        with second.client() as http:
            arm = Arm(second, http)
            assert [one["code"] for one in containers(arm.execution("job", done))] == [3]
            assert arm("POST", "jobs/job/listSecrets").json()["value"] == [{"name": "s", "value": "v"}]
            cut = arm.execution("long", running)
            assert (cut["status"], [one["code"] for one in containers(cut)]) == ("Stopped", [143])
            assert arm.run("job")
    finally:
        second.stop()


def test_after_a_crash(tmp_path: Path) -> None:
    """Executions that a crash cut off are Failed, operations under way count as done, half deletions are finished."""
    first = Emulator(tmp_path).start()
    with first.client() as http:
        arm = Arm(first, http)
        for name in ("job", "going", "coming"):
            arm("PUT", f"jobs/{name}", job_body("sleep", "60"))
        cut = arm.run("job")
        arm.until(lambda: first.world.running.containers)
        first.call(first.world.store.save)
    left = json.loads((tmp_path / "world.json").read_text())
    first.stop()
    for key, document in left["resources"].items():
        if key.endswith("/jobs/going"):
            document["state"] = "Deleting"
        if key.endswith("/jobs/coming"):
            document["state"] = "InProgress"
    (tmp_path / "world.json").write_text(json.dumps(left))
    second = Emulator(tmp_path).start()
    try:
        with second.client() as http:
            arm = Arm(second, http)
            found = arm.execution("job", cut)
            assert (found["status"], [one["code"] for one in containers(found)]) == ("Failed", [137])
            assert arm("GET", f"jobs/job/executions/{cut}/replicas").json() == {"value": []}
            assert arm("GET", "jobs/going").status_code == 404
            assert arm("GET", "jobs/coming").json()["properties"]["provisioningState"] == "Succeeded"
    finally:
        second.stop()


def test_changes_reach_the_disk_by_themselves(tmp_path: Path) -> None:
    """Soon after a change the snapshot has it, without a clean end."""
    made = Emulator(tmp_path).start()
    try:
        with made.client() as http:
            arm = Arm(made, http)
            arm("PUT", "jobs/job", job_body("true"))
            path = tmp_path / "world.json"
            arm.until(lambda: path.exists() and "/jobs/job" in path.read_text())
    finally:
        made.stop()
