"""Twenty azdock processes at once."""

from __future__ import annotations

from pathlib import Path

from tests.support.machine import IMAGE, Machine, end

CROWD = 20


def emulators(machine: Machine) -> list[int]:
    """The processes of emulators of this home."""
    wanted, found = f"AZDOCK_HOME={machine.home}".encode(), []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            environ = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue  # it has ended, or is not ours
        if b"--foreground" in words and wanted in environ:
            found.append(int(folder.name))
    return found


def test_first_commands_of_a_new_home(alone: Machine) -> None:
    """Twenty first runs start one emulator between them; each has its own output and code, and nothing is left."""
    script = "echo $N; echo err $N >&2; exit $N"
    begun = [
        alone.begin("run", "--rm", "-e", f"N={number}", IMAGE, "sh", "-c", script) for number in range(1, CROWD + 1)
    ]
    for number, process in enumerate(begun, 1):
        result = end(process, 90)
        assert sorted((result.out + result.err).splitlines()) == [str(number), f"err {number}"]
        assert result.code == number
    assert emulators(alone) == [alone.facts["pid"]]
    assert alone.run("ps", "-aq").check().out == ""
    assert alone.jobs() == []
    assert list((alone.home / "emulator" / "scratch").iterdir()) == []


def test_one_name_for_many(shared: Machine) -> None:
    """Of twenty that want the same name exactly one gets it; the others are told, and leave nothing."""
    begun = [shared.begin("create", "--name", "same", IMAGE, "true") for _ in range(CROWD)]
    results = [end(process, 90) for process in begun]
    won = [result for result in results if result.code == 0]
    assert len(won) == 1, results
    for result in results:
        if result is not won[0]:
            assert result.code == 1 and result.out == ""
            assert 'The container name "/same" is already in use by container' in result.err
    assert [shared.quick("ps", "-aq", "--no-trunc").out, shared.jobs()] == [won[0].out, ["same"]]
    shared.quick("rm", "same").check()
