"""The run shim's command line, and the codec of its marks."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azdock.backends.shim import (
    CARRIED_BYTES,
    MARK,
    STDERR,
    STDIN_SCRIPT,
    Mark,
    Plan,
    split,
    stream_of,
    unwrap,
    wrap,
)

quick = settings(deadline=None, database=None, max_examples=150)

words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
variables = st.builds("{}={}".format, words.filter(lambda name: name and "=" not in name), words)
plans = st.builds(
    Plan,
    linger=st.integers(0, 3600),
    refused=st.integers(0, 3600),
    workdir=words,
    init=st.booleans(),
    stdin=st.sampled_from(["none", "carried", "attached", "held"]),
    data=st.binary(max_size=300),
    variables=st.lists(variables, max_size=3).map(tuple),
    again=st.none() | st.integers(-1, 9),
    park=st.booleans(),
    session=st.booleans(),
)
tokens = st.from_regex(r"[a-z0-9-]{1,20}", fullmatch=True)
streams = st.sampled_from(["out", "err"])
begins = st.builds(Mark, kind=st.just("begin"), stream=st.just("err"), token=tokens, plain=st.booleans())
ends = st.builds(
    Mark,
    kind=st.just("end"),
    stream=streams,
    token=tokens,
    code=st.integers(0, 255),
    failure=st.sampled_from(["", "missing", "invoke", "workdir", "stdin"]),
)
lines = st.text(st.characters(exclude_characters="\r\n\u2063", exclude_categories=["Cs"]))


def printed(mark: Mark) -> str:
    """A mark as the shim prints it."""
    rest = f" {mark.code}" if mark.kind == "end" else ""
    extra = mark.failure or ("plain" if mark.plain else "")
    return f"{MARK}azdock {mark.token} {mark.kind} {mark.stream}{rest}{' ' + extra if extra else ''}"


@quick
@given(st.lists(words, min_size=1, max_size=6), plans)
def test_unwrap_undoes_wrap(argv: list[str], plan: Plan) -> None:
    """Every plan and command line comes back as it was, also one that looks like options."""
    assert unwrap(wrap(argv, plan)) == (plan, tuple(argv))


@pytest.mark.parametrize("argv", [["--", "--"], ["a=b", "c"], ["nice", "-n", "0"], ["--workdir", "x", "--"], [""]])
@pytest.mark.parametrize("names", [(), ("foo.bar=1",), ("nice=1", "-n=2")])
def test_unwrap_undoes_wrap_of_lookalikes(argv: list[str], names: tuple[str, ...]) -> None:
    """Words that look like the shim's own are taken for what they are."""
    plan = Plan(workdir="--", variables=names)
    assert unwrap(wrap(argv, plan)) == (plan, tuple(argv))


@quick
@given(st.lists(st.sampled_from(["/bin/sh", "-c", "azdock-run", "--", "--before", "--linger", "x", "1"]), max_size=9))
def test_unwrap_of_anything_else_is_none_or_a_command(command: list[str]) -> None:
    """No command line makes unwrap fail."""
    found = unwrap(command)
    assert found is None or found[1]


def test_other_command_lines_are_not_wrapped() -> None:
    """A shell command of the user's own is not taken for the shim."""
    assert unwrap(["/bin/sh", "-c", "echo hi", "sh"]) is None
    assert unwrap(["true"]) is None
    assert unwrap([]) is None


def test_wrap_keeps_to_the_kernels_limit() -> None:
    """Input that fits is carried in an argument below Linux' 128 KiB; more is refused."""
    command = wrap(["cat"], Plan(stdin="carried", data=os.urandom(CARRIED_BYTES)))
    assert max(map(len, command)) < 128 * 1024
    with pytest.raises(ValueError, match=f"more than the {CARRIED_BYTES}"):
        wrap(["cat"], Plan(stdin="carried", data=bytes(CARRIED_BYTES + 1)))


def test_only_the_parts_that_a_run_needs_travel() -> None:
    """The plainest run carries no program text for input, one with --init none for choosing among signals."""
    plain, init, fed = (wrap(["x"], plan)[2] for plan in (Plan(), Plan(init=True), Plan(stdin="held")))
    assert "az_input()" in fed and "az_input()" not in plain
    assert "sigtimedwait" in plain and "sigtimedwait" not in init
    assert all("#" not in line[:1] for text in (plain, init, fed) for line in text.splitlines())


@quick
@given(st.lists(words, min_size=1, max_size=6), plans, plans)
def test_unwrap_does_not_depend_on_the_program_text(argv: list[str], plan: Plan, other: Plan) -> None:
    """A command line with the parts of another plan, as another version would choose them, is read as well."""
    command, text = wrap(argv, plan), wrap(argv, other)[2]
    assert unwrap([*command[:2], text, *command[3:]]) == (plan, tuple(argv))


@pytest.mark.parametrize("item", ["x", "=x", ""])
def test_wrap_refuses_what_is_no_variable(item: str) -> None:
    """env would take it for the command."""
    with pytest.raises(ValueError, match="not a variable"):
        wrap(["true"], Plan(variables=(item,)))


def test_wrap_refuses_an_empty_command() -> None:
    """There must be something to run."""
    with pytest.raises(ValueError, match="no command"):
        wrap([], Plan())


@quick
@given(lines, st.one_of(begins, ends), st.sampled_from(["", "\n", "\r\n"]))
def test_split_finds_a_mark_behind_any_text(text: str, mark: Mark, newline: str) -> None:
    """The text before it comes back, and every field of the mark."""
    assert split(text + printed(mark) + newline) == (text, mark)


@quick
@given(lines, ends, ends)
def test_split_takes_the_last_mark(text: str, inner: Mark, outer: Mark) -> None:
    """A mark that a nested azdock left on an unfinished line is text before the own one."""
    assert split(text + printed(inner) + printed(outer)) == (text + printed(inner), outer)


@quick
@given(lines)
def test_split_leaves_text_alone(text: str) -> None:
    """Without a mark a record is text."""
    assert split(text) == (text, None)


@pytest.mark.parametrize(
    "record",
    [
        MARK,
        MARK + "azdock",
        MARK + "azdock x end out",
        MARK + "azdock x begin out 3",
        MARK + "azdock x end out 3 more",
        MARK + "azdock x end out 3\nmore",
        "azdock x end out 3",
        STDERR + "azdock x end out 3",
        MARK + "azdock  end out 3",
    ],
)
def test_what_only_resembles_a_mark_is_text(record: str) -> None:
    """A mark is whole, in the shim's own form, and at the end of its record."""
    assert split(record) == (record, None)


@quick
@given(lines, streams)
def test_stream_of_recovers_stream_and_text(text: str, stream: str) -> None:
    """Every line of stderr has a prefix, no line of stdout has one."""
    assert stream_of((STDERR if stream == "err" else "") + text) == (stream, text)


@pytest.fixture
def place() -> Iterator[Path]:
    """The pipe that STDIN_SCRIPT looks for when this process is the container's first."""
    path = Path(f"/tmp/.azdock-stdin-{os.getpid()}")
    yield path
    path.unlink(missing_ok=True)


def send(data: bytes) -> subprocess.CompletedProcess[bytes]:
    env = {"PATH": os.environ["PATH"], "AZDOCK_FIRST_PROCESS": str(os.getpid())}
    return subprocess.run(["sh", "-c", STDIN_SCRIPT], input=data, env=env, capture_output=True, check=False, timeout=60)


def test_stdin_script_waits_for_the_pipe(place: Path) -> None:
    """Input goes to the pipe, binary-safe, also when the pipe comes a little later."""
    data = os.urandom(300_000)
    got: list[bytes] = []

    def read() -> None:
        os.mkfifo(place)
        got.append(place.read_bytes())

    reader = threading.Timer(0.5, read)
    reader.start()
    done = send(data)
    reader.join()
    assert (done.returncode, done.stderr) == (0, b"")
    assert got == [data]


def test_stdin_script_says_when_there_is_no_pipe() -> None:
    """A command that takes no input is told apart from one that takes it."""
    done = send(b"x")
    assert (done.returncode, done.stderr) == (125, b"azdock: the container's command does not take input\n")


def test_data_is_base64_of_the_input() -> None:
    """What the shell decodes is what was given."""
    command = wrap([sys.executable], Plan(stdin="carried", data=b"\0\xff"))
    assert base64.b64decode(command[command.index("--data") + 1]) == b"\0\xff"
