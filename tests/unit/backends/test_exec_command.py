"""Exec requests as one string, and input for a terminal."""

from __future__ import annotations

import shlex
import subprocess

import pytest

from azdock.backends.exec_command import LINE_BYTES, InputEncoder, command_string, script, signal_string
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


def test_exec_without_terminal_keeps_the_exit_code() -> None:
    """The pipe through cat does not swallow the command's own code."""
    text = script(ExecRequest(("sh", "-c", "echo hi; exit 9")))
    done = subprocess.run(["sh", "-c", text], capture_output=True, check=False, stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stdout) == (9, b"\x1eready\x1ehi\n")


@pytest.mark.parametrize(("signal", "number"), [("INT", 2), ("SIGUSR1", 10), ("RTMIN+3", 37), ("15", 15)])
def test_signals_travel_as_numbers(signal: str, number: int) -> None:
    """Shells differ in the names they know."""
    spoken = ["sh", "-c", signal_string(signal).removeprefix("sh -c ").replace("eval${IFS}", "echo${IFS}")]
    sent = subprocess.run(spoken, capture_output=True, check=True, text=True).stdout
    said = subprocess.run(["sh", "-c", sent.replace("eval", "echo")], capture_output=True, check=True, text=True).stdout
    assert said.strip() == f"kill -{number} ${{AZDOCK_FIRST_PROCESS:-1}}"


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


def test_long_lines() -> None:
    """A line longer than the terminal holds is handed over in pieces, and its end is no end of input."""
    encoder = InputEncoder()
    sent = encoder.data(b"x" * (LINE_BYTES + 1)) + encoder.data(b"y" * (LINE_BYTES - 1)) + encoder.end()
    assert sent == b"x" * LINE_BYTES + b"\x04x" + b"y" * (LINE_BYTES - 1) + b"\x04" + b"\x04"
    assert InputEncoder().data(b"a\rb\r\nc\n") == b"a\x16\rb\x16\r\nc\n"
