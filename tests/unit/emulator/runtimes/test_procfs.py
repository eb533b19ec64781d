"""Figures of processes out of /proc."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from azdock.emulator.runtimes.procfs import session_usage

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
BUSY = "import os, time; os.fork(); end = time.monotonic() + 20\nwhile time.monotonic() < end: pass"


def test_a_session() -> None:
    """A process and its children are measured together while they live, and nothing is told afterwards."""
    process = subprocess.Popen([sys.executable, "-c", BUSY], start_new_session=True)
    try:
        deadline = time.monotonic() + 10
        while (found := session_usage(process.pid)).get("pids") != 2 or found["cpu_ns"] == 0:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert found["memory_bytes"] > 1_000_000
        assert found["cpu_ns"] < 60 * 10**9
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    deadline = time.monotonic() + 10
    while session_usage(process.pid):
        assert time.monotonic() < deadline
        time.sleep(0.02)
