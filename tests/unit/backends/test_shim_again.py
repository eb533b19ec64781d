"""The run shim in a container that Azure runs again and again: what runs, what waits, and what is told."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from azdock.backends.shim import Plan
from tests.unit.backends.shells.bench import Result, Shell, make

ODD_CODE = ["sh", "-c", "echo ran; exit 3"]


@pytest.fixture(params=["dash", "bash", "busybox"])
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Shell:
    """Each shell in turn."""
    return make(request.param, tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder that outlives the container."""
    made = tmp_path / "notes"
    made.mkdir()
    return made


def waits(shell: Shell, command: list[str], plan: Plan, folder: Path, number: int = signal.SIGTERM) -> Result:
    """The result of a container that waits to be removed, and is asked to end."""
    with shell.start(command, plan, {"AZDOCK_FOLDER": str(folder)}) as running:
        running.read_until("out", b"azdock - end out ")
        time.sleep(0.2)
        assert running.process.poll() is None
        running.signal(number)
        began = time.monotonic()
        result = running.finish()
        assert time.monotonic() - began < 5
        return result


@pytest.mark.parametrize("again", [0, 2])
def test_policy_counts_the_runs(shell: Shell, folder: Path, again: int) -> None:
    """A command that fails runs once, and again as often as the policy says; then its container waits with its code."""
    env = {"AZDOCK_FOLDER": str(folder)}
    for _ in range(again + 1):
        result = shell.run(ODD_CODE, Plan(again=again), env)
        assert (result.code, result.out, result.end.code) == (3, b"ran\n", 3)
    result = waits(shell, ODD_CODE, Plan(again=again), folder)
    assert (result.code, result.out, result.end.code) == (3, b"", 3)
    assert [mark.kind for mark in result.marks] == ["end", "end"]


def test_until_it_succeeds(shell: Shell, folder: Path) -> None:
    """on-failure without a number runs a command again until it succeeds, and no more."""
    env, plan = {"AZDOCK_FOLDER": str(folder)}, Plan(again=-1)
    command = ["sh", "-c", f"echo x >>{folder}/tries; [ $(wc -l <{folder}/tries) -ge 4 ]"]
    assert [shell.run(command, plan, env).code for _ in range(4)] == [1, 1, 1, 0]
    assert waits(shell, command, plan, folder).code == 0
    assert len((folder / "tries").read_text()) == 8


def test_what_ended_without_a_word_was_killed(shell: Shell, folder: Path) -> None:
    """A shim that was killed with its command has noted the run only: that counts, as a death by SIGKILL."""
    with shell.start(["sleep", "30"], Plan(again=0), {"AZDOCK_FOLDER": str(folder)}) as running:
        running.read_until("out", b"begin out\n")
        running.signal(signal.SIGKILL)
        running.process.wait(10)
    assert waits(shell, ["sleep", "30"], Plan(again=0), folder).end.code == 137


def test_a_command_that_cannot_be_invoked_is_tried_once(shell: Shell, folder: Path) -> None:
    """Why it could not be invoked is told again by the container that waits."""
    result = shell.run(["no-such-program"], Plan(again=0), {"AZDOCK_FOLDER": str(folder)})
    assert (result.code, result.end.failure) == (127, "missing")
    result = waits(shell, ["no-such-program"], Plan(again=0), folder)
    assert (result.code, result.end.failure) == (127, "missing")


def test_where_nothing_can_be_noted_the_end_is_waited_for(shell: Shell, folder: Path) -> None:
    """Without a place for notes the container does not end at all, as its command would run again."""
    result = waits(shell, ODD_CODE, Plan(again=0), folder / "missing", signal.SIGINT)
    assert (result.code, result.out, result.end.code) == (3, b"ran\n", 3)


def test_another_policy_notes_nothing(shell: Shell, folder: Path) -> None:
    """A command that is to run again and again does."""
    for _ in range(2):
        assert shell.run(ODD_CODE, Plan(), {"AZDOCK_FOLDER": str(folder)}).out == b"ran\n"
    assert list(folder.iterdir()) == []


def test_parked(shell: Shell, tmp_path: Path) -> None:
    """A container that was created and not started does not run its command, prints nothing, and ends when asked."""
    with shell.start(["touch", str(tmp_path / "ran")], Plan(park=True)) as running:
        time.sleep(0.3)
        assert running.process.poll() is None
        running.signal(signal.SIGTERM)
        assert running.process.communicate(timeout=5) == (b"", b"")
    assert not (tmp_path / "ran").exists()
