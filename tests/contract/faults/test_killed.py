"""azdock killed with -9 between any two of its effects: what it leaves behind can be seen, removed and named anew."""

from __future__ import annotations

import tempfile
from functools import partial

import pytest

from tests.support import dying
from tests.support.machine import IMAGE, Machine, listed, until

NAME = "victim"
# verb -> what must exist before (verbs), the command line, its effects in order
WRITE = "write_private"
CASES: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "create": ((), ("create", "--name", NAME, IMAGE, "true"), (WRITE, "create", WRITE)),
    "start": (("create",), ("start", NAME), ("start", WRITE, WRITE)),
    "start again": (("create", "start", "stop"), ("start", NAME), (WRITE, "start", WRITE, WRITE)),
    "stop": (("create", "start"), ("stop", NAME), ("stop", WRITE)),
    "rename": (("create",), ("rename", NAME, "other"), (WRITE, "rename", WRITE)),
    "rm": (("create",), ("rm", NAME), ("remove", WRITE)),
    "rm -f": (("create", "start"), ("rm", "-f", NAME), ("remove", WRITE)),
    "run": (
        (),
        ("run", "--rm", "--name", NAME, IMAGE, "true"),
        (WRITE, "create", WRITE, "start", WRITE, WRITE, "remove", WRITE),
    ),
}
DEATHS = [
    (verb, number) for verb, (_, _, effects) in CASES.items() if verb != "run" for number in range(1, len(effects))
]
LONG = ("create", "--name", NAME, IMAGE, "sleep", "100")


def prepare(machine: Machine, verbs: tuple[str, ...]) -> None:
    """Bring the victim into its state; the state file exists in any case."""
    machine.quick("ps").check()
    lines = {"create": LONG, "start": ("start", NAME), "stop": ("stop", NAME)}
    for verb in verbs:
        machine.quick(*lines[verb]).check()


def check_and_clear(machine: Machine) -> list[str]:
    """The emulator has nothing that ps does not show, no name is used twice, and what is there can go."""
    names = machine.names()
    assert names == machine.jobs()
    assert len(set(names)) == len(names)
    if names:
        machine.quick("rm", "-f", *names).check()
        assert machine.jobs() == []
    return names


@pytest.mark.parametrize("verb", CASES)
def test_effects(shared: Machine, verb: str) -> None:
    """The list of effects is complete: an undisturbed command has exactly these, so every gap between them is tried."""
    before, line, effects = CASES[verb]
    prepare(shared, before)
    with tempfile.NamedTemporaryFile("r") as told:
        died = shared.quick(*line, first=partial(dying.doom, 99, told.name)).check()
        assert tuple(told.read().split()) == effects, died
    check_and_clear(shared)


@pytest.mark.parametrize(("verb", "number"), DEATHS)
def test_killed(shared: Machine, verb: str, number: int) -> None:
    """After a kill the next azdock, whatever it is, sees what is there: no name is blocked, none is given twice."""
    before, line, _ = CASES[verb]
    prepare(shared, before)
    assert shared.quick(*line, first=partial(dying.doom, number)).code == -9
    again = shared.quick("create", "--name", NAME, IMAGE, "true")
    existed = "already in use" in again.err
    assert existed or again.code == 0, again
    assert NAME in check_and_clear(shared)


@pytest.mark.parametrize("number", range(1, len(CASES["run"][2])))
def test_leftovers_of_rm(shared: Machine, number: int) -> None:
    """A --rm run whose azdock was killed vanishes with the first `ps` after its end; one that never ran stays."""
    _, line, effects = CASES["run"]
    prepare(shared, ())
    assert shared.quick(*line, first=partial(dying.doom, number)).code == -9
    if "start" in effects[:number] or "create" not in effects[:number]:
        until(lambda: not listed(shared))
        assert shared.jobs() == []
    else:
        assert [row["State"] for row in listed(shared)] == ["created"]
    check_and_clear(shared)


@pytest.mark.parametrize("verb", ["create", "rm"])
def test_killed_before_the_answer(shared: Machine, verb: str) -> None:
    """A request that arrived although its azdock was killed while it waited is no different."""
    before, line, _ = CASES[verb]
    prepare(shared, before)
    assert shared.quick(*line, first=dying.before_the_answer).code == -9
    check_and_clear(shared)


@pytest.mark.parametrize("number", [1, 2])
def test_a_second_start_finds_the_first(shared: Machine, number: int) -> None:
    """A container whose start was cut off is started once, is seen running, and is not removed without -f."""
    prepare(shared, ("create", "start", "stop"))
    shared.quick("start", NAME, first=partial(dying.doom, number))
    if number > 1:
        assert [row["State"] for row in listed(shared)] == ["running"]
        assert "cannot remove a running container" in shared.quick("rm", NAME).err
    shared.quick("start", NAME).check()
    assert [row["State"] for row in listed(shared)] == ["running"]
    assert len(shared.runs(NAME)) == 2
    check_and_clear(shared)
