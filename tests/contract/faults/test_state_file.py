"""A state file that is damaged or gone: Azure knows everything, and what azdock shows does not change."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.machine import IMAGE, Machine, end, listed, until

FIELDS = "{{.ID}}|{{.Names}}|{{.Image}}|{{.Command}}|{{.State}}|{{.Labels}}|{{.CreatedAt}}|{{.Status}}"


def truncate(path: Path) -> None:
    """Only the first half is there."""
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


DAMAGES: dict[str, Callable[[Path], object]] = {
    "truncated": truncate,
    "emptied": lambda path: path.write_bytes(b""),
    "garbage": lambda path: path.write_bytes(bytes(range(256))),
    "other": lambda path: path.write_text('{"version": 1, "containers": {}, "reserved": [], "attended": 1}'),
    "deleted": Path.unlink,
}


@pytest.fixture(scope="module")
def populated(shared: Machine) -> Iterator[Machine]:
    """Containers in each state, with names, labels and commands that are not plain."""
    shared.quick("create", "--name", "made", "-l", "a=b c", "-l", "d", IMAGE, "echo", "it's", "a b").check()
    shared.run("run", "--name", "ended", "-e", "A=1", IMAGE, "sh", "-c", "exit 7")
    shared.quick("run", "-d", "--name", "going", IMAGE, "sleep", "100").check()
    shared.quick("run", "-d", "--name", "stopped", "--label", "x=ü", IMAGE, "sleep", "100").check()
    shared.quick("stop", "stopped").check()
    until(lambda: ended_on_azure(shared))
    yield shared
    shared.quick("rm", "-f", *shared.names()).check()


def ended_on_azure(machine: Machine) -> bool:
    """Whether Azure, too, says that the attached run is over: its output stays readable a few seconds longer."""
    machine.state.unlink()
    return {row["Names"]: row["State"] for row in listed(machine)}["ended"] == "exited"


def shown(machine: Machine) -> str:
    """What `ps -a` says."""
    return still(machine.quick("ps", "-a", "--no-trunc", "--format", FIELDS).check().out)


def still(text: str) -> str:
    """Rows of `ps` without the time that passes."""
    return re.sub(r"(Exited \(\d+\)|Up) .*", r"\1", text)


@pytest.mark.parametrize("damage", DAMAGES)
def test_rebuilt(populated: Machine, damage: str) -> None:
    """The damaged file is set aside with one sentence, and the same containers are shown as before."""
    before = shown(populated)
    assert len(before.splitlines()) == 4 and "|Exited (7)" in before
    old = set(populated.home.glob("*.corrupt-*"))
    DAMAGES[damage](populated.state)
    first = populated.run("ps", "-a", "--no-trunc", "--format", FIELDS).check()
    assert still(first.out) == before
    new = set(populated.home.glob("*.corrupt-*")) - old
    if damage == "deleted":
        assert (first.err, new) == ("", set())
    else:
        assert len(first.err.splitlines()) == len(new) == 1
        assert "could not be read" in first.err and new.pop().name in first.err
    assert shown(populated) == before


@pytest.mark.parametrize(
    ("line", "out", "code"),
    [
        (("create", "--name", "ended", IMAGE), "", 1),
        (("wait", "ended"), "7\n", 0),
        (("inspect", "-f", "{{.State.ExitCode}} {{.Config.Env}}", "ended"), "", 0),
        (("logs", "ended"), "", 0),
        (("rename", "made", "going"), "", 1),
        (("start", "going"), "going\n", 0),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_any_verb_copes(populated: Machine, line: tuple[str, ...], out: str, code: int) -> None:
    """Whatever the first verb after the damage is, it knows names, codes and states."""
    populated.state.write_text("{")
    result = populated.quick(*line)
    assert result.code == code, result
    assert result.out == out or line[0] == "inspect"
    assert result.err.count("could not be read") == 1
    assert populated.names() == ["ended", "going", "made", "stopped"]


def test_damaged_while_others_write(shared: Machine) -> None:
    """Processes that write meanwhile neither fail nor lose a container, however often the file breaks."""
    begun = [shared.begin("create", "--name", f"busy{number}", IMAGE, "true") for number in range(6)]
    damages = list(DAMAGES.values())
    for number in range(1000):
        if all(process.poll() is not None for process in begun):
            break
        if shared.state.exists():
            damages[number % len(damages)](shared.state)
        time.sleep(0.05)
    results = [end(process) for process in begun]
    assert [result.code for result in results] == [0] * 6, results
    names = [f"busy{number}" for number in range(6)]
    assert [one for one in shared.names() if one.startswith("busy")] == names
    assert "Traceback" not in "".join(result.err for result in results)
    shared.quick("rm", *names).check()
