"""Real Azure's recorded answers, asked of the emulator again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from azdock.emulator import world as names
from azdock.emulator.runtimes.base import Runtime
from azdock.emulator.runtimes.scripted import ScriptedRuntime
from tests.support.apps import OpenRuntime
from tests.support.emulator import Emulator

SHARED = os.environ.get("AZDOCK_SHARED", "")
HERE = Path(__file__).parent
ASIDE = ("certificate", "workload_profile")  # recordings of what the embedded Azure does not have
pytestmark = pytest.mark.skipif(not SHARED, reason="AZDOCK_SHARED does not name the folder of recordings")


def _replay(home: Path, kind: str, known: str, runtime: Runtime, delay: float) -> None:
    """Send the recorded requests of one kind again; `delay` is how long a container takes to start, in seconds."""
    folder, chosen = Path(SHARED) / "azure" / "recorded", home / "recordings"
    chosen.mkdir()
    for one in (folder / kind).glob("*.json"):
        if not any(word in one.name for word in ASIDE):
            shutil.copy(one, chosen)
    emulator = Emulator(home / "emulator", runtime).start()
    emulator.world.behaviour.provisioning = 1.0  # the recordings show what is seen meanwhile
    emulator.world.behaviour.environment_provisioning = 1.0
    emulator.world.behaviour.container_delay = delay
    try:
        done = subprocess.run(
            [
                sys.executable, str(HERE / "replaying.py"), str(folder / "replay.py"), emulator.url,
                "--token", emulator.token, "--subscription", names.SUBSCRIPTION, "--env-rg", names.RESOURCE_GROUP,
                "--env", names.ENVIRONMENT, "--dir", str(chosen), "--known", str(HERE / known), "--patience", "4",
            ],
            capture_output=True, text=True, timeout=170,
        )  # fmt: skip
    finally:
        emulator.stop()
    assert done.returncode == 0, done.stdout + done.stderr


def test_job_recordings(tmp_path: Path) -> None:
    """Every exchange of the job recordings is answered as Azure did, or listed in known.txt with its reason."""
    _replay(tmp_path, "jobs", "known.txt", ScriptedRuntime(), delay=1.0)


def test_app_recordings(tmp_path: Path) -> None:
    """Every exchange of the app recordings is answered as Azure did, or listed in known_apps.txt with its reason."""
    _replay(tmp_path, "apps", "known_apps.txt", OpenRuntime(), delay=1.0)


def test_environment_recordings(tmp_path: Path) -> None:
    """Environments and their storages answer as Azure did, or are listed in known_environments.txt with the reason.

    A container takes longer here: a recorded revision is seen while it is Activating.
    """
    _replay(tmp_path, "environments", "known_environments.txt", OpenRuntime(), delay=2.5)
