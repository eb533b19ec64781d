"""The emulator killed, stopped or restarted while azdock talks to it."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable

import pytest

from tests.support.machine import IMAGE, Machine, clean, end, listed, until

LOUD = ("sh", "-c", "trap 'exit 9' TERM; while true; do echo tick; sleep 0.05; done")


def kill(machine: Machine) -> None:
    """kill -9, and nobody cleans up."""
    os.kill(machine.facts["pid"], signal.SIGKILL)


def stop(machine: Machine) -> None:
    """The polite way."""
    machine.run("emulator", "stop").check()


def reading(process: subprocess.Popen[str]) -> None:
    """Wait until a process shows what the container prints."""
    assert process.stdout is not None and process.stdout.readline() == "tick\n"


@pytest.mark.parametrize("gone", [kill, stop])
def test_streams_end(alone: Machine, gone: Callable[[Machine], None]) -> None:
    """run, logs -f and exec end soon, each with one clear line and a code that is not 0; then everything goes on."""
    alone.start()
    run = alone.begin("run", "--name", "loud", IMAGE, *LOUD)
    reading(run)
    others = {verb: alone.begin(*line) for verb, line in {
        "logs": ("logs", "-f", "loud"), "exec": ("exec", "loud", *LOUD), "wait": ("wait", "loud"),
    }.items()}  # fmt: skip
    reading(others["logs"])
    reading(others["exec"])
    alone.snapshot("loud")
    gone(alone)
    result = clean(end(run, 20))
    said = result.err.splitlines()
    if gone is kill:
        assert result.code == 125
        assert len([line for line in said if line.startswith("azdock: Error response from Azure: no answer from")]) == 1
    else:
        assert result.code not in (0, 1)
    for verb, process in others.items():
        other = clean(end(process, 20))
        assert verb != "exec" or other.code != 0, other
        assert len([line for line in other.err.splitlines() if line.startswith("Error")]) <= 1, other
    after = {row["Names"]: row["State"] for row in listed(alone)}
    assert after == {"loud": "exited"}
    code = alone.quick("inspect", "-f", "{{.State.ExitCode}}", "loud").check().out.strip()
    assert code == ("137" if gone is kill else "9")
    assert alone.run("run", "--rm", IMAGE, "echo", "again").out == "again\n"


def test_a_killed_emulator_leaves_no_process(alone: Machine) -> None:
    """What ran in it ends with it: nobody could ever stop it again."""
    alone.start()
    pid = alone.run("run", "--name", "one", "-d", IMAGE, "sleep", "31415").check()
    assert pid.out
    kill(alone)
    until(lambda: not running(b"31415"), 10)


def running(word: bytes) -> bool:
    """Whether a process has this word on its command line."""
    from pathlib import Path

    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if word in file.read_bytes().split(b"\0")[1:]:
                return True
        except OSError:
            continue  # it has just ended
    return False


def test_a_clean_restart_keeps_everything(alone: Machine) -> None:
    """Containers, their codes and logs, and the images are there after stop and start."""
    alone.start()
    alone.run("run", "--name", "one", IMAGE, "sh", "-c", "echo out; echo err >&2; exit 3")
    alone.quick("create", "--name", "two", "-l", "a=b", IMAGE, "true").check()
    seen = [("ps", "-a", "--format", "{{.Names}} {{.State}} {{.Labels}}"), ("logs", "one"), ("images", "-q")]
    before = [alone.quick(*line) for line in seen]
    assert (before[1].out, before[1].err) == ("out\n", "err\n")
    url = alone.facts["url"]
    stop(alone)
    assert [alone.run(*line) for line in seen] == before
    assert alone.facts["url"] == url
    assert alone.quick("start", "two").check().out == "two\n"


def test_start_while_another_is_ending(alone: Machine) -> None:
    """A command that comes while the emulator ends its containers is served by the next emulator."""
    first = alone.start()["pid"]
    alone.quick("run", "-d", "--name", "slow", IMAGE, "sh", "-c", "trap '' TERM; sleep 5 & wait; sleep 5").check()
    ending = alone.begin("emulator", "stop")
    until(lambda: not (alone.home / "emulator" / "status.json").exists())
    alone.run("ps", "-a").check()
    assert end(ending).code == 0
    assert alone.facts["pid"] != first


@pytest.mark.parametrize("name", ["status.json", "ports.json", "world.json"])
def test_broken_files_of_the_emulator(alone: Machine, name: str) -> None:
    """A file of the emulator that cannot be read is no traceback: it is made anew, or told by its name."""
    alone.start()
    stop(alone)
    (alone.home / "emulator" / name).write_text("{")
    result = clean(alone.run("ps"))
    if name == "world.json":
        assert result.code == 1 and "world.json cannot be read" in result.err and "emulator reset" in result.err
    else:
        assert result.code == 0, result


def test_a_port_that_is_taken(alone: Machine, shared: Machine) -> None:
    """`emulator start` fails with one sentence and code 1."""
    port = shared.facts["url"].rpartition(":")[2]
    result = clean(alone.run("emulator", "start", "--port", port))
    assert result.code == 1 and f"port {port} is taken" in result.err
