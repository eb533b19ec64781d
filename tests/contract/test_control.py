"""Control processes as they are: real azdock processes, a real emulator, one connection."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.machine import IMAGE, LIMIT, Machine, end, machine, until

PERSIST = "AZDOCK_CONTROL_PERSIST"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with machine(tmp_path_factory.mktemp("control") / "home") as made:
        made.start()
        yield made


@pytest.fixture
def busy(shared: Machine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    """A machine with a container `web`; in the end neither it nor its control process is left."""
    monkeypatch.setenv(PERSIST, "30")
    shared.run("run", "-d", "--name", "web", IMAGE, "sleep", "1000").check()
    yield shared
    shared.run("rm", "-f", "web")
    until(lambda: not files(shared, "*.sock"))


def files(made: Machine, pattern: str) -> list[Path]:
    return list((made.home / "control").glob(pattern))


def handshakes(made: Machine) -> int:
    answer = httpx.get(f"{made.facts['url']}/_azdock/status", headers=made._headers, timeout=LIMIT)
    return int(answer.json()["counters"]["exec_handshakes"])


def masters(made: Machine) -> list[int]:
    """The control processes of this home."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"azdock.control" in words and os.fsencode(made.home) in words:
            found.append(int(process.name))
    return found


def test_many_commands_one_connection(busy: Machine) -> None:
    """Commands of many azdock processes use one connection and one control process; streams and codes stay apart."""
    before = handshakes(busy)
    for number in range(12):
        result = busy.run("exec", "web", "sh", "-c", f"echo o{number}; echo e{number} >&2; exit {number}")
        assert (result.out, result.err, result.code) == (f"o{number}\n", f"e{number}\n", number)
    assert handshakes(busy) - before == 1
    assert len(masters(busy)) == 1
    assert [path.read_text() for path in files(busy, "*.log")] == [""]


def test_later_commands_load_nothing_costly(busy: Machine) -> None:
    """With a control process there, azdock needs no network library."""
    busy.run("exec", "web", "true").check()
    code = (
        "import sys; from azdock.__main__ import main; sys.argv = ['azdock', 'exec', 'web', 'echo', 'hi']; main(); "
        "print(*[one for one in ('httpx', 'websockets', 'azure', 'ssl', 'asyncio') if one in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], env=busy.environ, capture_output=True, text=True, check=True)
    assert done.stdout == "hi\n\n"


def test_binary_both_ways(busy: Machine, tmp_path: Path) -> None:
    """A megabyte of random bytes goes through the control process and back."""
    data = os.urandom(1 << 20)
    done = subprocess.run(
        [sys.executable, "-m", "azdock", "exec", "-i", "web", "cat"],
        env=busy.environ, input=data, capture_output=True, check=True, timeout=LIMIT,
    )  # fmt: skip
    assert done.stdout == data


def test_interrupted_client(busy: Machine, tmp_path: Path) -> None:
    """Ctrl-C of azdock hangs up on its command, and the next command runs."""
    mark = tmp_path / "mark"
    running = busy.begin("exec", "web", "sh", "-c", "trap 'echo bye >/tmp/bye; exit' HUP; echo up; sleep 60 & wait")
    assert running.stdout is not None and running.stdout.readline() == "up\n"
    running.send_signal(signal.SIGINT)
    assert end(running).code == 130
    until(lambda: busy.run("exec", "web", "cat", "/tmp/bye").out == "bye\n")
    assert not mark.exists()


def test_killed_control_process(busy: Machine) -> None:
    """What it leaves behind is in nobody's way."""
    busy.run("exec", "web", "true").check()
    (old,) = masters(busy)
    os.kill(old, signal.SIGKILL)
    until(lambda: not masters(busy))
    assert busy.run("exec", "web", "echo", "hi").out == "hi\n"
    assert len(masters(busy)) == 1


def test_container_that_ends(busy: Machine) -> None:
    """The control process ends with the container, and docker's error is told at once."""
    busy.run("exec", "web", "true").check()
    assert masters(busy)
    busy.run("kill", "web").check()
    until(lambda: not masters(busy))
    result = busy.run("exec", "web", "true")
    assert (result.code, "is not running" in result.err) == (1, True), result


def test_too_many_connections(busy: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Azure's refusal is one sentence with the time to wait; it does not come while commands share a connection."""
    url = f"{busy.facts['url']}/_azdock/behaviour"
    httpx.patch(url, json={"exec_limit": 1, "exec_retry_after": 42}, headers=busy._headers).raise_for_status()
    try:
        for _ in range(3):
            busy.run("exec", "web", "true").check()
        monkeypatch.setenv(PERSIST, "0")
        result = busy.run("exec", "web", "true")
        assert result.code == 1
        assert "try again in 42 seconds" in result.err and "refuses this one" in result.err
    finally:
        httpx.patch(url, json={"exec_limit": 0}, headers=busy._headers).raise_for_status()


def test_nothing_is_kept(shared: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """With 0 no process is left behind."""
    monkeypatch.setenv(PERSIST, "0")
    shared.run("run", "-d", "--name", "one", IMAGE, "sleep", "1000").check()
    assert shared.run("exec", "one", "echo", "hi").out == "hi\n"
    assert not masters(shared)
    shared.run("rm", "-f", "one").check()


def test_idle(shared: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends by itself when nobody asks any more."""
    monkeypatch.setenv(PERSIST, "0.5")
    shared.run("run", "-d", "--name", "idle", IMAGE, "sleep", "1000").check()
    assert shared.run("exec", "idle", "echo", "hi").out == "hi\n"
    assert masters(shared)
    until(lambda: not masters(shared))
    assert not files(shared, "*")
    shared.run("rm", "-f", "idle").check()
