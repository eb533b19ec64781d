"""Exec requests as one string, and input for a terminal."""

from __future__ import annotations

import shlex
import subprocess

import pytest

from azdock.backends.exec_command import command_string, needs_shell, script, signal_script, signal_string
from azdock.docker.channels import ExecRequest


@pytest.mark.parametrize(
    "words", [("echo", "a  b", "*", "$HOME", "it's", 'say "x"', "back\\slash"), ("printf", "%s", "é")]
)
def test_exec_words_survive_any_splitting(words: tuple[str, ...]) -> None:
    """However the far side splits the string, the program gets the words unchanged."""
    sent = command_string(ExecRequest(words, tty=True))
    for argv in (sent.split(" "), shlex.split(sent)):
        expected = subprocess.run(words, capture_output=True, check=True).stdout
        assert subprocess.run(argv, capture_output=True, check=True).stdout == expected


@pytest.mark.parametrize(("signal", "number"), [("INT", 2), ("SIGUSR1", 10), ("RTMIN+3", 37), ("15", 15)])
def test_signals_travel_as_numbers(signal: str, number: int) -> None:
    """Shells differ in the names they know."""
    assert signal_script(signal) == f"kill -{number} ${{AZDOCK_FIRST_PROCESS:-1}}"
    words = signal_string(signal).split(" ")
    assert words[:2] == ["sh", "-c"] and len(words) == 3
    said = subprocess.run(
        ["sh", "-c", f"kill() {{ echo $*; }}; {words[2]}"], capture_output=True, check=True, text=True
    )
    assert said.stdout == f"-{number} 1\n"


def test_plain_words_go_as_they_are() -> None:
    """A terminal and safe words need no shell in the image."""
    assert command_string(ExecRequest(("ls", "-l", "/tmp"), tty=True)) == "ls -l /tmp"


@pytest.mark.parametrize(
    ("request_", "needs"),
    [
        (ExecRequest(("ls", "-l")), ""),
        (ExecRequest(("ls", "a b")), "an argument with blanks or quotes"),
        (ExecRequest(("ls",), stdin=True), "--interactive"),
    ],
)
def test_what_needs_a_shell(request_: ExecRequest, needs: str) -> None:
    """Plain words alone do not."""
    assert needs_shell(request_) == needs


def test_terminal_with_variables_and_folder() -> None:
    """With a terminal, too, the program replaces the shell in its folder and with its variables."""
    text = script(ExecRequest(("sh", "-c", 'echo "$PWD $A"'), tty=True, env=("A=x y",), workdir="/usr"))
    assert subprocess.run(["sh", "-c", text], capture_output=True, check=True, text=True).stdout == "/usr x y\n"
