"""Signals and closed pipes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from tests.support.machine import IMAGE, Machine, clean, end, listed

MUCH = ("sh", "-c", "i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done")
READY = ("sh", "-c", "trap 'exit 5' INT TERM; echo ready; sleep 100 & wait")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("flags", [("--rm",), ("--name", "kept")], ids=["rm", "kept"])
def test_attached_run(shared: Machine, number: signal.Signals, flags: tuple[str, ...]) -> None:
    """SIGINT and SIGTERM reach the container; azdock returns its code and cleans up what it should."""
    run = shared.begin("run", *flags, IMAGE, *READY)
    assert run.stdout is not None and run.stdout.readline() == "ready\n"
    run.send_signal(number)
    result = clean(end(run, 15))
    assert result.code == 5, result
    assert [row["State"] for row in listed(shared)] == ([] if "--rm" in flags else ["exited"])
    if "--rm" not in flags:
        shared.quick("rm", "kept").check()


def test_a_hanging_emulator(alone: Machine) -> None:
    """When the emulator does not answer any more, three signals end azdock all the same."""
    facts = alone.start()
    run = alone.begin("run", "--rm", IMAGE, *READY)
    assert run.stdout is not None and run.stdout.readline() == "ready\n"
    os.kill(facts["pid"], signal.SIGSTOP)
    try:
        for _ in range(3):
            run.send_signal(signal.SIGTERM)
            time.sleep(0.2)
        assert clean(end(run, 10)).code not in (0, None)
    finally:
        os.kill(facts["pid"], signal.SIGCONT)


@pytest.fixture(scope="module")
def talkative(shared: Machine) -> Iterator[Machine]:
    """A machine with a container that printed much."""
    shared.run("run", "--name", "long", IMAGE, *MUCH).check()
    yield shared
    shared.quick("rm", "-f", *shared.names()).check()


@pytest.mark.parametrize(
    "line", [("logs", "long"), ("logs", "-f", "long"), ("ps", "-a"), ("run", "--rm", IMAGE, *MUCH)]
)
def test_a_reader_that_leaves(talkative: Machine, line: tuple[str, ...]) -> None:
    """`azdock VERB | head -1` is silent, as a program that ignores nothing is: no traceback."""
    process = talkative.begin(*line)
    assert process.stdout is not None and process.stdout.readline()
    process.stdout.close()
    process.stdout = None
    result = clean(end(process))
    assert result.err == ""
    assert result.code in (0, 141)


def test_closed_descriptors(shared: Machine) -> None:
    """Without stdout, stderr or stdin azdock still does its work."""
    for closed in (">&-", "<&- >&- 2>&-"):
        command = f"exec {sys.executable} -m azdock run --rm {IMAGE} sh -c 'echo out; exit 4' {closed}"
        done = subprocess.run(["sh", "-c", command], env=shared.environ, capture_output=True, text=True, timeout=40)
        assert (done.returncode, done.stderr) == (4, ""), (closed, done)


def test_a_full_disk_behind_stdout(shared: Machine) -> None:
    """Output that cannot be written is one sentence and a failure."""
    with open("/dev/full", "w") as full:
        result = clean(end(shared.begin("ps", stdout=full)))
    assert (result.code, result.err) == (1, "no space left on device\n")


@pytest.mark.parametrize("name", ["INT", "QUIT", "HUP"])
def test_ignored_outside_is_not_ignored_inside(alone: Machine, name: str) -> None:
    """An emulator that a shell's background job starts, with signals ignored, gives containers their defaults."""
    script = f"trap 'exit 4' {name}; kill -{name} $$; exit 9"

    def ignoring() -> None:
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)

    run = alone.begin("run", "--rm", IMAGE, "sh", "-c", script, preexec_fn=ignoring)
    assert clean(end(run, 20)).code == 4
