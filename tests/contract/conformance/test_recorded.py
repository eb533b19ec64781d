"""Real Azure's recorded answers, asked of the emulator again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from azdock.emulator import world as names
from tests.support.emulator import Emulator

SHARED = os.environ.get("AZDOCK_SHARED", "")
pytestmark = pytest.mark.skipif(not SHARED, reason="AZDOCK_SHARED does not name the folder of recordings")


def test_job_recordings(tmp_path: Path) -> None:
    """Every exchange of the job recordings is answered as Azure did, or listed in known.txt with its reason."""
    folder = Path(SHARED) / "azure" / "recorded"
    emulator = Emulator(tmp_path / "emulator").start()
    emulator.world.behaviour.provisioning = 1.0  # the recordings show what is seen meanwhile
    emulator.world.behaviour.container_delay = 1.0
    try:
        done = subprocess.run(
            [
                sys.executable, str(folder / "replay.py"), emulator.url, "--token", emulator.token,
                "--subscription", names.SUBSCRIPTION, "--env-rg", names.RESOURCE_GROUP, "--env", names.ENVIRONMENT,
                "--dir", str(folder / "jobs"), "--known", str(Path(__file__).with_name("known.txt")),
                "--patience", "4",
            ],
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
    finally:
        emulator.stop()
    assert done.returncode == 0, done.stdout + done.stderr
