"""Standard input of an attached run, whole and on time, through an Azure that gives jobs none."""

from __future__ import annotations

import hashlib
import subprocess
import time

import pytest

from tests.support.machine import IMAGE, LIMIT, Machine, listed

LARGE = "".join(f"{number}\n" for number in range(100_000))


@pytest.mark.parametrize("text", ["", "one line\n", "no end of line", LARGE], ids=["empty", "line", "open", "large"])
def test_every_byte_and_the_end(shared: Machine, text: str) -> None:
    """The command reads what we were given, then its end; nothing else is said."""
    process = shared.begin("run", "-i", "--rm", IMAGE, "sh", "-c", "sha256sum; exit 3", stdin=subprocess.PIPE)
    out, err = process.communicate(text, timeout=LIMIT)
    assert (out.split()[0], err, process.returncode) == (hashlib.sha256(text.encode()).hexdigest(), "", 3)


def test_input_arrives_while_it_is_written(shared: Machine) -> None:
    """A line that is there is read, and answered, before the next one is written."""
    script = "while read x; do echo got $x; done; exit 4"
    process = shared.begin("run", "-i", "--rm", IMAGE, "sh", "-c", script, stdin=subprocess.PIPE)
    assert process.stdin is not None and process.stdout is not None
    time.sleep(0.5)  # longer than azdock waits for an input that is there at once
    for number in range(3):
        process.stdin.write(f"{number}\n")
        process.stdin.flush()
        assert process.stdout.readline() == f"got {number}\n"
    out, err = process.communicate(timeout=LIMIT)
    assert (out, err, process.returncode) == ("", "", 4)


def test_a_command_that_reads_nothing(shared: Machine) -> None:
    """It ends when it likes, and the input that is still coming is no reason to wait."""
    process = shared.begin("run", "-i", "--rm", IMAGE, "sh", "-c", "exit 6", stdin=subprocess.PIPE)
    assert process.wait(LIMIT) == 6
    out, err = process.communicate(timeout=LIMIT)
    assert (out, err) == ("", "")
    assert listed(shared) == []


def test_start_with_input(shared: Machine) -> None:
    """A container made with -i takes input at every start that passes it on."""
    shared.quick("create", "-i", "--name", "reader", IMAGE, "sh", "-c", "cat; exit 2").check()
    for text in ("first\n", "second\n"):
        process = shared.begin("start", "-ai", "reader", stdin=subprocess.PIPE)
        assert (*process.communicate(text, timeout=LIMIT), process.returncode) == (text, "", 2)
    shared.quick("rm", "reader").check()
