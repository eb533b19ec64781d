"""Find the embedded Azure, or start it: it is another process, known by its status file only."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from azdock.errors import Unreachable

STATUS_FILE = "emulator/status.json"
LOCK_FILE = "emulator/serve.lock"  # held for as long as the process of the status file serves
START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Embedded:
    """Where a running embedded Azure listens and what it calls its parts."""

    pid: int
    url: str
    client_id: str
    client_secret_file: str
    tenant_id: str
    subscription_id: str
    resource_group: str
    environment: str
    location: str
    workspace_id: str


def find(home: Path) -> Embedded | None:
    """The embedded Azure of this home if its process lives."""
    try:
        facts = json.loads((home / STATUS_FILE).read_text(encoding="utf-8"))
        found = _from(facts)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None  # absent, or half written by a start that is under way: starting waits for it
    return found if _alive(found.pid) and not _let_go(home / LOCK_FILE) else None


def ensure(home: Path) -> Embedded:
    """The running embedded Azure, started if need be. Raises Unreachable with what the start printed."""
    found = find(home)
    if found is not None:
        return found
    command = [sys.executable, "-m", "azdock", "emulator", "start"]
    environ = {**os.environ, "AZDOCK_HOME": str(home)}
    try:
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=START_SECONDS, check=False)
    except subprocess.TimeoutExpired as late:
        raise Unreachable(
            f"the embedded Azure did not start within {START_SECONDS:.0f} seconds", hint="azdock emulator logs"
        ) from late
    deadline = time.monotonic() + 2.0
    while (found := find(home)) is None and done.returncode == 0 and time.monotonic() < deadline:
        time.sleep(0.02)
    if found is None:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise Unreachable(
            f"the embedded Azure did not start: {said[-1] if said else 'no message'}", hint="azdock emulator logs"
        )
    return found


def secret(found: Embedded) -> str:
    """The client secret of this start. Raises Unreachable when its file is gone."""
    try:
        return Path(found.client_secret_file).read_text(encoding="utf-8").strip()
    except OSError as gone:
        raise Unreachable(
            f"the secret of the embedded Azure cannot be read: {gone}", hint="azdock emulator stop"
        ) from gone


def _from(facts: dict[str, Any]) -> Embedded:
    return Embedded(**{name: facts[name] for name in Embedded.__slots__})


def _let_go(lock: Path) -> bool:
    """True when the lock is there and nobody holds it: a number may live on as a zombie or as another process."""
    try:
        with open(lock, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
