"""The run shim itself, under every shell that this machine has."""

from __future__ import annotations

import dataclasses
import json
import os
import random
import re
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from azdock.backends.shim import CARRIED_BYTES, Plan, Stdin, must_carry
from tests.unit.backends.shells.bench import Result, Shell, make, program

PYTHON = (sys.executable, "-I", "-c")


@pytest.fixture(params=["dash", "bash", "busybox"])
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Shell:
    """Each shell in turn, with its own sed, env, mkfifo, base64."""
    return make(request.param, tmp_path)


@pytest.fixture(autouse=True)
def no_pipes_stay() -> Iterator[None]:
    """A run leaves no named pipe behind."""
    before = left()
    yield
    assert left() <= before


def left() -> set[Path]:
    """What shims that have ended left behind."""
    found = (path for place in ("/dev/shm", "/tmp") for path in Path(place).glob(".azdock-*") if not path.is_dir())
    pids = ((path, re.search(r"[0-9]+", path.name)) for path in found)
    ended = {path for path, pid in pids if pid and not Path(f"/proc/{pid[0]}").exists()}
    return {path for path in ended if path.is_fifo() or path.is_file()}  # one that ended just now has removed its own


ODD = ["", " ", "a b", "--", "-x", "*", "$HOME", "`id`", "it's", 'say "x"', "back\\slash", "\n", "a\n", "é", "\udcff"]


def test_arguments_arrive_unchanged(shell: Shell) -> None:
    """No quoting, splitting or globbing happens to them."""
    result = shell.run([*PYTHON, "import sys, json; print(json.dumps(sys.argv[1:]))", *ODD])
    assert json.loads(result.out) == ODD


@pytest.mark.parametrize("name", ["a=b", "-x", "with space"])
def test_programs_with_odd_names_run(shell: Shell, tmp_path: Path, name: str) -> None:
    """Neither env nor the shell takes them for something else."""
    if "=" in name and not shutil.which("nice", path=shell.path):
        pytest.skip("this shell's image has no nice")
    (tmp_path / name).write_text("#!/bin/sh\necho $#\n")
    (tmp_path / name).chmod(0o755)
    result = shell.run([name, "1", "2"], Plan(variables=("x.y=1",)), {"PATH": f"{shell.path}:{tmp_path}"})
    assert (result.code, result.out) == (0, b"2\n")


ENVIRONMENT = {"A": "1", "EMPTY": "", "TWO_LINES": "a\nb\n", "ENV": "/nowhere", "LC_ALL": "C.UTF-8",
               "CDPATH": "/usr", "TERM": "vt100", "HOSTNAME": "h", "BASH_ENV": "x", "TMOUT": "9"}  # fmt: skip
CARRIED = {"foo.bar": "1", "x-y": "a=b", "PWD": "/given", "SHLVL": "5", "OLDPWD": "/old", "_": "x", "PS4": "?",
           "IFS": ":", "POSIXLY_CORRECT": "1", "PPID": "3", "LINENO": "4", "RANDOM": "5"}  # fmt: skip


def environment_of(result: Result) -> dict[str, str]:
    items = result.out.removesuffix(b"\0").decode().split("\0")
    return dict(item.split("=", 1) for item in items)


def test_the_environment_is_the_original_one(shell: Shell) -> None:
    """Nothing is added, lost or changed by the shell."""
    given = {name: text for name, text in ENVIRONMENT.items() if not must_carry(name)}
    assert given == ENVIRONMENT
    assert environment_of(shell.run(["env", "-0"], Plan(), ENVIRONMENT)) == shell.environment(ENVIRONMENT)


def test_variables_that_shells_drop_or_change_are_carried(shell: Shell) -> None:
    """They come through the plan, whether or not they are in the environment too."""
    assert all(map(must_carry, CARRIED))
    plan = Plan(variables=tuple(f"{name}={text}" for name, text in CARRIED.items()))
    everything = {**ENVIRONMENT, **CARRIED}
    assert environment_of(shell.run(["env", "-0"], plan, ENVIRONMENT)) == shell.environment(everything)
    assert environment_of(shell.run(["env", "-0"], plan, everything)) == shell.environment(everything)


def test_the_command_has_three_files_and_no_signal_is_ignored(shell: Shell) -> None:
    """No descriptor of the shim leaks; a shell's background processes ignore INT and QUIT, this one must not."""
    code = """import os, re; print(sorted(os.listdir('/proc/self/fd'))[:-1])
print(int(re.search('SigIgn:.(.*)', open('/proc/self/status').read())[1], 16) & 0b110)"""
    out = shell.run([*PYTHON, code]).out.splitlines()
    assert out[0] == b"['0', '1', '2']"
    if shell.name == "busybox":
        pytest.skip("only process 1 can help busybox here, see test_shim_first")
    assert out[1] == b"0"


@pytest.mark.parametrize("code", [0, 1, 3, 125, 126, 127, 128, 255])
def test_exit_codes(shell: Shell, code: int) -> None:
    """A program's own code is kept and told by both marks; 126 and 127 of its own are no failure."""
    result = shell.run(["sh", "-c", f"exit {code}"])
    assert result.code == code
    ends = [mark for mark in result.marks if mark.kind == "end"]
    assert [(mark.stream, mark.code, mark.failure) for mark in ends] == [("out", code, ""), ("err", code, "")]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV, signal.SIGPIPE, signal.SIGINT])
def test_death_by_signal(shell: Shell, number: int) -> None:
    """128+n, and the shell's own remark about it stays away."""
    result = shell.run([*PYTHON, f"import os, signal; signal.signal({number}, 0) if {number} != 9 else 0;"
                                 f"os.kill(os.getpid(), {number})"])  # fmt: skip
    if shell.name == "busybox" and number == signal.SIGINT:
        number = signal.SIGINT  # the default disposition was asked for explicitly
    assert (result.code, result.err, result.end.code) == (128 + number, b"", 128 + number)


@pytest.mark.parametrize(
    ("name", "code", "failure"),
    [
        ("no-such-program", 127, "missing"),
        ("", 127, "missing"),
        ("if", 127, "missing"),
        ("/no/such/program", 127, "missing"),
        ("/etc/passwd", 126, "invoke"),
        ("/etc", 126, "invoke"),
        ("plain", 127, "missing"),
    ],
)
def test_programs_that_cannot_be_invoked(shell: Shell, tmp_path: Path, name: str, code: int, failure: str) -> None:
    """Docker's codes, no complaint of the shell, and no begin mark, so the first record of either stream tells it.

    A name that PATH has as a plain file only is missing.
    """
    (tmp_path / "plain").touch(0o644)
    result = shell.run([name, "x"], Plan(), {"PATH": f"{tmp_path}:{shell.path}"})
    assert (result.code, result.out, result.err) == (code, b"", b"")
    assert [(mark.kind, mark.code, mark.failure) for mark in result.marks] == [("end", code, failure)] * 2


def test_marks_carry_the_token(shell: Shell) -> None:
    """The replica's name, else the execution's, else a dash."""
    names = {"CONTAINER_APP_JOB_EXECUTION_NAME": "job-1"}
    assert {mark.token for mark in shell.run(["true"]).marks} == {"-"}
    assert {mark.token for mark in shell.run(["true"], Plan(), names).marks} == {"job-1"}
    names["CONTAINER_APP_REPLICA_NAME"] = "job-1-x"
    assert [(mark.kind, mark.stream, mark.token) for mark in shell.run(["true"], Plan(), names).marks] == [
        ("begin", "out", "job-1-x"),
        ("end", "out", "job-1-x"),
        ("begin", "err", "job-1-x"),
        ("end", "err", "job-1-x"),
    ]


WRITE = "import sys; data = open(sys.argv[1], 'rb').read(); sys.{0}.buffer.write(data)"


def outputs() -> dict[str, bytes]:
    seed = random.Random(5)
    return {
        "nothing": b"",
        "no final newline": b"a\n\nb",
        "blank lines": b"\n\n\n",
        "NUL bytes": b"a\0b\n\0\n\0\0x\n\0",
        "long line": b"x" * 10_000_000 + b"\ny",
        "many lines": b"".join(b"%d\n" % number for number in range(100_000)),
        "Latin-1": b"caf\xe9\n\xa0\x81",
        "random": bytes(seed.choices(range(255), k=300_000)),
    }


@pytest.mark.parametrize("name", outputs())
def test_stdout_is_untouched(shell: Shell, tmp_path: Path, name: str) -> None:
    """Every byte arrives, in order, before the end mark."""
    (tmp_path / "data").write_bytes(outputs()[name])
    assert shell.run([*PYTHON, WRITE.format("stdout"), str(tmp_path / "data")]).out == outputs()[name]


@pytest.mark.parametrize("name", outputs())
def test_stderr_is_recovered(shell: Shell, tmp_path: Path, name: str) -> None:
    """Every line has its prefix and every byte arrives, an unfinished last line included."""
    (tmp_path / "data").write_bytes(outputs()[name])
    assert shell.run([*PYTHON, WRITE.format("stderr"), str(tmp_path / "data")]).err == outputs()[name]


def test_both_streams_at_once(shell: Shell) -> None:
    """Neither stream waits for the other."""
    code = "import sys\nfor n in range(50000): print('out', n); print('err', n, file=sys.stderr)"
    result = shell.run([*PYTHON, code])
    assert result.out == b"".join(b"out %d\n" % number for number in range(50_000))
    assert result.err == b"".join(b"err %d\n" % number for number in range(50_000))


def test_a_line_of_stderr_appears_at_once(shell: Shell) -> None:
    """It does not wait in a buffer for more."""
    with shell.start(["sh", "-c", "trap 'exit 4' TERM; echo now >&2; while :; do sleep 0.05; done"]) as running:
        running.read_until("err", b"now\n")
        running.signal(signal.SIGTERM)
        result = running.finish()
    assert (result.code, result.err) == (4, b"now\n")


def test_marks_of_a_nested_azdock_are_text(shell: Shell, tmp_path: Path) -> None:
    """A shim inside a shim, of another token: its marks stay in the text of the outer one."""
    inner = shell.argv(["sh", "-c", "echo out; echo err >&2"])
    result = shell.run(["env", "CONTAINER_APP_REPLICA_NAME=inner", *inner], Plan(), {"CONTAINER_APP_REPLICA_NAME": "a"})
    assert {mark.token for mark in result.marks if mark.kind == "end"} == {"a"}
    assert b"azdock inner end err 0\n" in result.err
    assert b"azdock inner end out 0\n" in result.out


def test_a_background_process_cannot_hold_the_end(shell: Shell) -> None:
    """One that keeps stderr open lives on where it may, but the run has ended."""
    started = time.monotonic()
    result = shell.run(["sh", "-c", "sleep 30 >/dev/null & echo last >&2; exit 5"])
    assert (result.code, result.err) == (5, b"last\n")
    assert time.monotonic() - started < 10


def test_no_pipes_no_prefixes(shell: Shell) -> None:
    """Where no pipe can be made the command still runs, and the marks say that stderr is plain."""
    shell = dataclasses.replace(shell, places="/nowhere")
    result = shell.run(["sh", "-c", "echo out; echo err >&2; exit 3"])
    assert (result.code, result.out, result.err) == (3, b"out\n", b"err\n")
    assert [mark.plain for mark in result.marks if mark.stream == "err"] == [True, False]


@pytest.mark.parametrize("stdin", ["carried", "attached", "held"])
def test_no_pipes_no_input(shell: Shell, stdin: Stdin) -> None:
    """A command that needs its input does not run without."""
    result = dataclasses.replace(shell, places="/nowhere").run(["cat"], Plan(stdin=stdin, data=b"x"))
    assert (result.code, result.out, result.err) == (126, b"", b"")
    assert [(mark.kind, mark.code, mark.failure) for mark in result.marks] == [("end", 126, "stdin")] * 2


def test_no_base64_no_carried_input(shell: Shell, tmp_path: Path) -> None:
    """An image without base64 gets no empty input instead; what never needs it runs there."""
    if shell.name == "busybox":
        pytest.skip("busybox sh has its programs in itself")
    tools = tmp_path / "few"
    tools.mkdir()
    for tool in ("sed", "awk", "tr", "mkfifo", "rm", "cat", "env", "sleep"):
        (tools / tool).symlink_to(program(tool))
    few = dataclasses.replace(shell, path=str(tools))
    result = few.run(["cat"], Plan(stdin="carried", data=b"x"))
    assert (result.code, result.out, result.err, result.end.failure) == (126, b"", b"", "stdin")
    assert few.run(["cat"]).code == 0


@pytest.mark.parametrize("places", ["/dev/shm /tmp", "/nowhere"])
def test_a_signal_before_the_command_has_started_is_kept_for_it(shell: Shell, places: str) -> None:
    """From the begin marks on none is lost."""
    with dataclasses.replace(shell, places=places).start(["sleep", "30"], Plan(init=True)) as running:
        running.read_until("out", b"begin out\n")
        running.signal(signal.SIGTERM)
        assert running.finish().code == 128 + signal.SIGTERM


def test_signals_without_pipes(shell: Shell) -> None:
    """They are passed on, and the code is the command's."""
    script = "trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done"
    with dataclasses.replace(shell, places="/nowhere").start(["sh", "-c", script]) as running:
        running.read_until("out", b"ready\n")
        running.signal(signal.SIGUSR1)
        running.signal(signal.SIGTERM)
        assert running.finish().code == 9


def test_an_image_with_nothing_but_a_shell(shell: Shell, tmp_path: Path) -> None:
    """Builtin commands are all that the shim cannot do without."""
    tools = tmp_path / "few"
    tools.mkdir()
    (tools / "sh").symlink_to(shell.folder / "sh")
    few = dataclasses.replace(shell, places="/nowhere", path=str(tools))
    result = few.run(["sh", "-c", "echo $#; exit 3", "sh", "a"], Plan(variables=("x.y=1",)))
    assert (result.code, result.out, result.err) == (3, b"1\n", b"")


def test_workdir_is_made_and_entered(shell: Shell, tmp_path: Path) -> None:
    """As docker makes it; a file in the way is a failure."""
    place = tmp_path / "a b" / "c"
    result = shell.run(["pwd"], Plan(workdir=str(place)))
    assert result.out == f"{place}\n".encode()
    (tmp_path / "file").touch()
    result = shell.run(["pwd"], Plan(workdir=str(tmp_path / "file")))
    assert (result.code, result.end.failure, result.err) == (126, "workdir", b"")


def test_a_relative_program_is_found_in_the_workdir(shell: Shell, tmp_path: Path) -> None:
    """The working directory is entered before the program is looked up."""
    (tmp_path / "tool").write_text("#!/bin/sh\necho here\n")
    (tmp_path / "tool").chmod(0o755)
    assert shell.run(["./tool"], Plan(workdir=str(tmp_path))).out == b"here\n"


def test_without_input_stdin_is_the_null_device(shell: Shell) -> None:
    """As in docker without -i."""
    assert shell.run([*PYTHON, "import os; print(os.readlink('/proc/self/fd/0'))"]).out == b"/dev/null\n"


@pytest.mark.parametrize("size", [0, 1, 1000, CARRIED_BYTES])
def test_carried_input_arrives(shell: Shell, size: int) -> None:
    """Byte for byte, then the end of input."""
    data = os.urandom(size)
    result = shell.run(["cat"], Plan(stdin="carried", data=data))
    assert (result.code, result.out) == (0, data)


def test_input_that_nobody_reads_is_no_trouble(shell: Shell) -> None:
    """The command may end before its input does."""
    result = shell.run(["sh", "-c", "exit 6"], Plan(stdin="carried", data=bytes(CARRIED_BYTES)))
    assert (result.code, result.err) == (6, b"")


def where(running_pid: int) -> Path:
    """The pipe of a run that waits for input."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        for place in ("/dev/shm", "/tmp"):
            path = Path(f"{place}/.azdock-stdin-{running_pid}")
            if path.is_fifo():
                return path
        time.sleep(0.01)
    raise AssertionError("no pipe")


def test_attached_input_comes_from_the_first_writer(shell: Shell) -> None:
    """The command reads what the writer sends and sees the end when the writer closes."""
    data = os.urandom(1_000_000)
    with shell.start(["cat"], Plan(stdin="attached")) as running:
        writer = threading.Thread(target=where(running.pid).write_bytes, args=(data,))
        writer.start()
        result = running.finish()
        writer.join()
    assert (result.code, result.out) == (0, data)


def test_a_command_that_waits_for_input_can_be_stopped(shell: Shell) -> None:
    """Signals reach it while nobody has attached, and it starts without waiting."""
    script = "trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done"
    with shell.start(["sh", "-c", script], Plan(stdin="attached")) as running:
        running.read_until("out", b"ready\n")
        running.signal(signal.SIGTERM)
        assert running.finish().code == 9


def test_held_input_never_ends(shell: Shell) -> None:
    """Writers come and go; the command goes on reading."""
    with shell.start(["sh", "-c", "read a; read b; echo $a $b"], Plan(stdin="held")) as running:
        pipe = where(running.pid)
        pipe.write_text("one\n")
        time.sleep(0.2)
        pipe.write_text("two\n")
        assert running.finish().out == b"one two\n"


def test_linger_is_only_for_short_runs(shell: Shell) -> None:
    """All output is there at once; the shim stays until the given time after its start, unless the run took longer."""
    started = time.monotonic()
    with shell.start(["sh", "-c", "echo x; exit 3"], Plan(linger=3)) as running:
        running.read_until("out", b" end out 3\n")
        assert time.monotonic() - started < 1.5
        assert running.finish().code == 3
    assert 1.5 < time.monotonic() - started < 5
    started = time.monotonic()
    assert shell.run(["sleep", "1.2"], Plan(linger=1)).code == 0
    assert time.monotonic() - started < 3


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT])
def test_a_lingering_shim_ends_at_once_when_told(shell: Shell, number: int) -> None:
    """With the command's own code."""
    with shell.start(["sh", "-c", "exit 3"], Plan(linger=50)) as running:
        running.read_until("out", b" end out 3\n")
        time.sleep(0.2)
        running.signal(number)
        assert running.finish().code == 3
