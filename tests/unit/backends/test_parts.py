"""Names, resources, gaps and exec commands."""

from __future__ import annotations

import re
import shlex
import subprocess

import pytest

from azdock.backends import aca_job_gaps, naming, resources
from azdock.backends.exec_command import InputEncoder, command_string, script
from azdock.docker.channels import ExecRequest
from azdock.docker.record import Ident
from azdock.docker.spec import ContainerSpec, Resources, Restart

LEGAL = re.compile(r"[a-z](?!.*--)[-a-z0-9]{0,30}[a-z0-9]")


@pytest.mark.parametrize("name", ["web", "0", "A_b.c-", "x" * 80, "9lives", "a--b", "_", "abcdefghijklmnopqrstu-xyz"])
def test_job_names_are_legal(name: str) -> None:
    """Whatever Docker allows becomes a name Azure allows."""
    assert LEGAL.fullmatch(naming.job_name(Ident("0f" * 32, name)))


@pytest.mark.parametrize(
    ("cpus", "memory", "cpu", "text"),
    [(0, 0, 0.25, "0.5Gi"), (1, 0, 1, "2Gi"), (0.3, 0, 0.5, "1Gi"), (0, 2**30, 0.5, "1Gi"), (4, 2**33, 4, "8Gi")],
)
def test_pairs(cpus: float, memory: int, cpu: float, text: str) -> None:
    """Both wishes are rounded up to one allowed pair."""
    pair = resources.pair(Resources(int(cpus * 1e9), memory))
    assert (pair.cpu, pair.memory) == (cpu, text)


@pytest.mark.parametrize(
    ("spec", "actions"),
    [
        (ContainerSpec("i", asked={"name": "x", "env": "A=1"}), []),
        (ContainerSpec("i", asked={"tty": "true", "init": "true"}), ["refuse", "warn"]),
        (ContainerSpec("i", asked={"privileged": "false"}), []),
        (ContainerSpec("i", asked={"restart": "always"}, restart=Restart("always")), ["refuse"]),
        (ContainerSpec("i", asked={"restart": "on-failure:2"}, restart=Restart("on-failure", 2)), []),
        (ContainerSpec("i", asked={"platform": "linux/arm64"}), ["refuse"]),
        (ContainerSpec("i", asked={"from-the-future": "1"}), ["refuse"]),
    ],
)
def test_gaps(spec: ContainerSpec, actions: list[str]) -> None:
    """What cannot be honoured is refused, what is harmless is warned about, nothing is ignored."""
    assert [gap.action for gap in aca_job_gaps.gaps(spec)] == actions


@pytest.mark.parametrize(
    "words", [("echo", "a  b", "*", "$HOME", "it's", 'say "x"', "back\\slash"), ("printf", "%s", "é")]
)
def test_exec_words_survive_any_splitting(words: tuple[str, ...]) -> None:
    """However the far side splits the string, the program gets the words unchanged."""
    sent = command_string(ExecRequest(words, tty=True))
    for argv in (sent.split(" "), shlex.split(sent)):
        expected = subprocess.run(words, capture_output=True, check=True).stdout
        assert subprocess.run(argv, capture_output=True, check=True).stdout == expected


def test_exec_without_terminal_keeps_the_exit_code() -> None:
    """The pipe through cat does not swallow the command's own code."""
    text = script(ExecRequest(("sh", "-c", "echo hi; exit 9")))
    done = subprocess.run(["sh", "-c", text], capture_output=True, check=False, stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stdout) == (9, b"\x1eready\x1ehi\n")


def test_plain_words_go_as_they_are() -> None:
    """A terminal and safe words need no shell in the image."""
    assert command_string(ExecRequest(("ls", "-l", "/tmp"), tty=True)) == "ls -l /tmp"


def test_input_for_a_terminal() -> None:
    """Control characters are quoted and an unfinished line needs a second end."""
    encoder = InputEncoder()
    assert encoder.data(b"a\x03b") == b"a\x16\x03b"
    assert encoder.end() == b"\x04\x04"
    encoder.data(b"\n")
    assert encoder.end() == b"\x04"
