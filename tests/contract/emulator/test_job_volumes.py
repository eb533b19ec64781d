"""Volumes of jobs: what an execution's containers mount, and what becomes of it."""

from __future__ import annotations

import time
from typing import Any

from tests.support.emulator import ENVIRONMENT_ID, Emulator, job_body


def body(*command: str) -> dict[str, Any]:
    """A job whose container mounts an EmptyDir where a plain process is told of it."""
    made = job_body(*command)
    template = made["properties"]["template"]
    template["volumes"] = [{"name": "own", "storageType": "emptydir"}]
    template["containers"][0]["volumeMounts"] = [{"volumeName": "own", "mountPath": "/.azdock", "subPath": "a"}]
    return made


def test_a_folder_of_the_replica(emulator: Emulator) -> None:
    """A container writes into its EmptyDir, which is the replica's own and gone with it; its network is known too."""
    path = f"{emulator.group}/providers/Microsoft.App/jobs/job1"
    query = {"api-version": "2026-07-01"}
    with emulator.client(params=query) as client:
        script = 'echo x >"$AZDOCK_FOLDER/f" && cat "$AZDOCK_FOLDER/f"'
        assert client.put(path, json=body("sh", "-c", script)).status_code == 201
        name = client.post(f"{path}/start").json()["name"]
        end = time.monotonic() + 10
        while (found := client.get(f"{path}/executions/{name}").json()["properties"])["status"] == "Running":
            assert time.monotonic() < end
            time.sleep(0.02)
    assert found["status"] == "Succeeded"
    (run,) = emulator.runtime.runs  # type: ignore[attr-defined]
    (folder,) = run.folders
    scratch = emulator.home / "scratch" / run.hostname
    assert folder.source == scratch / "~volumes" / "own" / "a" and not folder.read_only
    assert run.network == ENVIRONMENT_ID and not scratch.exists()
