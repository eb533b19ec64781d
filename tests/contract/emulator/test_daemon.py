"""The background process: one for each home, found and ended through its files."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from azdock.emulator import daemon

SERVE = """
import sys
from pathlib import Path
from azdock.emulator import daemon
from azdock.emulator.runtimes import scripted, select
async def choose(kind, home, notice):
    return scripted.ScriptedRuntime()
select.choose = choose
sys.exit(daemon.serve(Path(sys.argv[1]), daemon.Options(port=int(sys.argv[2]))))
"""
OPTIONS = daemon.Options()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home whose emulator runs the scripted runtime; whatever was started is ended."""
    begun: list[subprocess.Popen[bytes]] = []

    def spawn(home: Path, options: daemon.Options) -> subprocess.Popen[bytes]:
        with open(daemon.log_file(home), "ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-c", SERVE, str(home), str(options.port)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        begun.append(process)
        return process

    monkeypatch.setattr(daemon, "_spawn", spawn)
    yield tmp_path / "home"
    for process in begun:
        process.terminate()
        process.wait(20)


def test_start_status_token_stop(home: Path) -> None:
    """A start gives the facts and serves; the token works; a stop removes the status and the secret."""
    assert daemon.status(home) is None and daemon.stop(home) is False
    facts = daemon.start(home, OPTIONS)
    keys = (
        "pid url tls_url ca_file client_id client_secret_file tenant_id subscription_id resource_group environment "
        "location runtime log_file workspace_id started"
    )
    assert set(facts) == set(keys.split())
    assert daemon.status(home) == facts
    headers = {"Authorization": f"Bearer {daemon.token(home)}"}
    told = httpx.get(f"{facts['url']}/_azdock/status", headers=headers).json()
    assert told.pop("counters")["arm_calls"] == 0
    assert told == facts
    for name in ("status.json", "client.secret", "ports.json"):
        assert stat.S_IMODE((home / "emulator" / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert daemon.stop(home) is True
    assert daemon.status(home) is None
    assert not (home / "emulator" / "client.secret").exists()


def test_the_port_is_kept_and_the_secret_is_not(home: Path) -> None:
    """A restart comes back on the same port with a new secret."""
    first = daemon.start(home, OPTIONS)
    secret = Path(first["client_secret_file"]).read_text()
    daemon.stop(home)
    second = daemon.start(home, OPTIONS)
    assert second["url"] == first["url"]
    assert Path(second["client_secret_file"]).read_text() != secret


def test_many_starts_make_one_emulator(home: Path) -> None:
    """Ten at once all get the same process."""
    with ThreadPoolExecutor(10) as pool:
        found = list(pool.map(lambda _: daemon.start(home, OPTIONS), range(10)))
    assert len({one["pid"] for one in found}) == 1


def test_a_killed_emulator_is_noticed(home: Path) -> None:
    """After kill -9 the left-over status file does not count, and a start brings a new one up."""
    first = daemon.start(home, OPTIONS)
    os.kill(first["pid"], signal.SIGKILL)
    end = time.monotonic() + 5
    while daemon.status(home) is not None:
        assert time.monotonic() < end
        time.sleep(0.01)
    assert json.loads((home / "emulator" / "status.json").read_text())["pid"] == first["pid"]
    assert daemon.start(home, OPTIONS)["pid"] != first["pid"]


def test_a_port_that_is_taken(home: Path, tmp_path: Path) -> None:
    """A port asked for by number is not silently replaced; the error says what is wrong."""
    facts = daemon.start(home, OPTIONS)
    taken = daemon.Options(port=int(facts["url"].rpartition(":")[2]))
    with pytest.raises(daemon.DaemonError, match="is taken"):
        daemon.start(tmp_path / "second", taken)


def test_reset_forgets_everything(home: Path) -> None:
    """After a reset nothing of the emulator's folder is left."""
    daemon.start(home, OPTIONS)
    daemon.reset(home)
    assert not (home / "emulator").exists()


@pytest.mark.parametrize(
    ("options", "flags"),
    [
        (daemon.Options(), ["--runtime", "auto", "--fast"]),
        (
            daemon.Options(port=5, tls=True, runtime="engine", manner="realistic"),
            ["--runtime", "engine", "--realistic", "--port", "5", "--tls"],
        ),
    ],
)
def test_options_as_flags(options: daemon.Options, flags: list[str]) -> None:
    """The background process gets the options on its command line."""
    assert options.flags() == flags
