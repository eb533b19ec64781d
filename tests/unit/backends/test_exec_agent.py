"""The exec agent in real shells on real terminals: busybox sh, dash and bash."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from azdock.backends import exec_frames
from azdock.backends.exec_agent_channel import AgentChannel
from azdock.backends.exec_session import NoAgent, Session
from azdock.docker.channels import ExecRequest
from azdock.errors import AzdockError, CannotInvoke, CommandNotFound, Unsupported
from tests.support.exec_terminal import SHELLS, ExecTerminal, folder_of

EVERY_BYTE = bytes(range(256))


class Far:
    """A session in one shell; `token` names its agent's folder."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.token = exec_frames.new_token()
        self.terminal = ExecTerminal(exec_frames.boot(self.token), environ)
        self.session = Session(self.terminal)

    def begin(self, *command: str, **options: object) -> AgentChannel:
        return self.session.channel(ExecRequest(command, **options))  # type: ignore[arg-type]

    def run(self, *command: str, input: bytes | None = None, **options: object) -> tuple[bytes, bytes, int | None]:
        channel = self.begin(*command, stdin=input is not None, **options)
        if input is not None:
            channel.write(input)
            channel.close_input()
        return rest(channel)

    def folders(self) -> list[Path]:
        return [found for place in ("/dev/shm", "/tmp") for found in Path(place).glob(f".azdock-{self.token}*")]


def rest(channel: AgentChannel) -> tuple[bytes, bytes, int | None]:
    found = {"out": b"", "err": b""}
    while (piece := channel.read()) is not None:
        found[piece[0]] += piece[1]
    return found["out"], found["err"], channel.exit_code


@pytest.fixture(params=SHELLS)
def environ(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    folder = folder_of(request.param, tmp_path / "bin")
    if folder is None:
        pytest.skip(f"no {request.param} here")
    path = str(folder) if request.param == "busybox" else f"{folder}:/usr/bin:/bin"
    return {"PATH": path, "HOME": "/", "BASE": "1", "LANG": "C.UTF-8"}


@pytest.fixture
def far(environ: dict[str, str]) -> Iterator[Far]:
    made = Far(environ)
    yield made
    made.session.close()
    until(lambda: not made.folders())  # whatever a test did, nothing of the agent remains


def until(ask: Callable[[], object], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not ask():
        assert time.monotonic() < end, "it did not become true"
        time.sleep(0.01)


@pytest.mark.parametrize("code", [0, 3, 126, 127, 255])
def test_streams_and_code(far: Far, code: int) -> None:
    """stdout and stderr arrive apart, and the exit code is the command's own."""
    assert far.run("sh", "-c", f"echo out; echo err >&2; exit {code}") == (b"out\n", b"err\n", code)


def test_commands_one_after_another(far: Far) -> None:
    """A hundred commands of all kinds share the connection, and none gets anything of another."""
    for number in range(25):
        assert far.run("sh", "-c", f"echo {number}; echo {number} >&2") == (f"{number}\n".encode(),) * 2 + (0,)
        assert far.run("cat", input=EVERY_BYTE) == (EVERY_BYTE, b"", 0)
        assert far.run("head", "-c", "5", input=b"x" * 100_000) == (b"xxxxx", b"", 0)
        with pytest.raises(CommandNotFound):
            far.run("nosuch")


def test_all_bytes_and_much_of_them(far: Far) -> None:
    """A megabyte of random bytes goes in and comes back, also when the input is written while the output is read."""
    data = os.urandom(1 << 20)
    channel = far.begin("cat", stdin=True)
    writer = threading.Thread(target=lambda: (channel.write(data), channel.close_input()))
    writer.start()
    assert rest(channel) == (data, b"", 0)
    writer.join()
    assert far.run("cat", input=data)[0] == data  # and when it is all written first


def test_streams_at_full_speed_do_not_mix(far: Far) -> None:
    """Both streams at once stay whole."""
    out, err, code = far.run("sh", "-c", "yes o | head -n 100000 & yes e | head -n 100000 >&2; wait")
    assert (out == b"o\n" * 100_000, err == b"e\n" * 100_000, code) == (True, True, 0)


def test_output_comes_at_once(far: Far) -> None:
    """A slow program's output arrives while it runs, and answers to input do, too."""
    channel = far.begin("sh", "-c", "while read -r line; do echo got $line; done; echo end", stdin=True)
    for word in (b"one", b"two"):
        channel.write(word + b"\n")
        assert channel.read() == ("out", b"got " + word + b"\n")
    channel.close_input()
    assert rest(channel) == (b"end\n", b"", 0)


def test_half_a_line_is_not_kept_back(far: Far) -> None:
    """Input reaches the program without a newline."""
    channel = far.begin("head", "-c", "3", stdin=True)
    channel.write(b"abc")
    assert rest(channel) == (b"abc", b"", 0)


def test_without_input(far: Far) -> None:
    """Without -i the program's input is at its end, and there is no terminal anywhere."""
    assert far.run("cat") == (b"", b"", 0)
    assert far.run("sh", "-c", "test -t 0 || test -t 1 || test -t 2; echo $?") == (b"1\n", b"", 0)


def test_no_controlling_terminal(far: Far) -> None:
    """A program that wants to ask its user finds nobody, and does not wait for ever."""
    out, _, code = far.run("sh", "-c", "(: </dev/tty) 2>/dev/null && echo there; echo done")
    assert (out, code) == (b"done\n", 0)


def test_environment(far: Far) -> None:
    """Variables are the container's and those asked for, whatever their names; the agent's own do not show."""
    wanted = ("A=x y", "BASE=2", "a.b=1", "UID=7", "NL=a\nb", "EMPTY=", "azdock_dir=mine")
    out, _, code = far.run("env", env=wanted)
    lines = set(out.decode().splitlines()) - {"_=/usr/bin/env"}
    path = next(line for line in lines if line.startswith("PATH="))
    assert code == 0
    assert lines == {"HOME=/", "LANG=C.UTF-8", path, "A=x y", "BASE=2", "a.b=1", "UID=7", "NL=a", "b", "EMPTY=",
                     "azdock_dir=mine"}  # fmt: skip
    out, _, _ = far.run("env")
    assert {line.split("=")[0] for line in out.decode().splitlines()} - {"_"} == {"HOME", "LANG", "PATH", "BASE"}


def test_workdir(far: Far, tmp_path: Path) -> None:
    """The command begins in its folder; one that does not exist is docker's error."""
    place = tmp_path / "a 'b\" $c"
    place.mkdir()
    assert far.run("pwd", workdir=str(place))[0].decode() == f"{place}\n"
    with pytest.raises(CommandNotFound, match=r'chdir to cwd \("/nosuch"\)'):
        far.run("pwd", workdir="/nosuch")


@pytest.mark.parametrize(
    ("word", "kind", "says"),
    [
        ("nosuch", CommandNotFound, 'exec: "nosuch": executable file not found in $PATH'),
        ("cd", CommandNotFound, 'exec: "cd": executable file not found in $PATH'),
        ("/no/such", CommandNotFound, 'exec: "/no/such": stat /no/such: no such file or directory'),
        ("/etc", CannotInvoke, 'exec: "/etc": is a directory'),
        ("/etc/passwd", CannotInvoke, 'exec: "/etc/passwd": permission denied'),
    ],
)
@pytest.mark.parametrize("detach", [False, True])
def test_programs_that_cannot_run(far: Far, word: str, kind: type[AzdockError], says: str, detach: bool) -> None:
    """The reason is told in docker's words and codes, and the next command runs."""
    with pytest.raises(kind) as caught:
        far.run(word, detach=detach)
    assert says in caught.value.message
    assert far.run("echo", "ok") == (b"ok\n", b"", 0)


def test_path_of_the_request(far: Far) -> None:
    """The program is looked for in the PATH it will have."""
    with pytest.raises(CommandNotFound):
        far.run("true", env=("PATH=/nosuch",))


def test_users(far: Far) -> None:
    """Another user by name or number, with docker's group and home; one that is not in the books has its number."""
    if os.geteuid():
        with pytest.raises(Unsupported, match="--user: the container runs as an ordinary user"):
            far.run("id", user="1234")
        return
    show = ("sh", "-c", "id -u; id -g; echo $HOME $A")
    assert far.run(*show, user="nobody", env=("A=1",))[0] == b"65534\n65534\n/nonexistent 1\n"
    assert far.run(*show, user="1234:5678")[0] == b"1234\n5678\n/\n"
    assert far.run(*show, user="1234:daemon")[0] == b"1234\n1\n/\n"
    with pytest.raises(CannotInvoke, match="unable to find user nosuch"):
        far.run("id", user="nosuch")
    with pytest.raises(CannotInvoke, match="unable to find group nosuch"):
        far.run("id", user="nobody:nosuch")


def test_signals_are_not_ignored(far: Far) -> None:
    """INT and QUIT end a program as they do in docker, and its death by a signal is 128 more."""
    out, _, _ = far.run("grep", "-E", "SigIgn|SigBlk", "/proc/self/status")
    assert [line.split()[1] for line in out.splitlines()] == [b"0" * 16] * 2
    for number in (1, 2, 15):
        assert far.run("sh", "-c", f"kill -{number} $$; sleep 5")[2] == 128 + number


def test_child_in_the_background(far: Far) -> None:
    """What a program leaves running does not hold the command up for long, and disturbs no later one."""
    began = time.monotonic()
    assert far.run("sh", "-c", "(sleep 2.5; echo late) & echo now") == (b"now\n", b"", 0)
    assert time.monotonic() - began < 20
    assert far.run("sleep", "1") == (b"", b"", 0)


def test_detached(far: Far, tmp_path: Path) -> None:
    """A detached command is told at once, prints nothing, and outlives the connection."""
    mark = tmp_path / "mark"
    assert far.run("sh", "-c", f"sleep 0.5; echo out; echo err >&2; : >{mark}", detach=True) == (b"", b"", 0)
    assert not mark.exists()
    assert far.run("echo", "next") == (b"next\n", b"", 0)
    far.session.close()
    until(mark.exists)


def test_hanging_up_ends_the_command(far: Far, tmp_path: Path) -> None:
    """Who leaves a command that runs hangs up on it; a program that handles that may say good-bye."""
    mark = tmp_path / "mark"
    channel = far.begin("sh", "-c", f"trap ': >{mark}; exit' HUP; echo up; sleep 60 & wait")
    assert channel.read() == ("out", b"up\n")
    channel.close()
    until(mark.exists)


def test_input_nobody_reads(far: Far) -> None:
    """Input that is left unread, also while it was on its way, is no part of what comes next."""
    channel = far.begin("sh", "-c", "read -r line; echo $line; exit 3", stdin=True)
    writer = threading.Thread(target=lambda: [channel.write(b"run 99 - azdock_exec echo evil\n" * 1000)] * 40)
    writer.start()
    assert rest(channel) == (b"run 99 - azdock_exec echo evil\n", b"", 3)
    writer.join()
    assert far.run("cat", input=b"mine") == (b"mine", b"", 0)


def test_words_of_any_length(far: Far) -> None:
    """Arguments that fit into no line of a terminal arrive, too."""
    words = ["x" * 50_000, "é\n" * 3000, ""]
    assert far.run("printf", "%s|", *words)[0] == "".join(f"{word}|" for word in words).encode()


def test_image_without_the_programs(environ: dict[str, str], tmp_path: Path) -> None:
    """A shell without what the agent needs is told apart, with the name of what lacks."""
    if (Path(environ["PATH"]) / "stty").exists():
        pytest.skip("busybox has its programs built in")
    (tmp_path / "poor").mkdir()
    (tmp_path / "poor" / "sh").symlink_to(Path(environ["PATH"].split(":")[0]) / "sh")
    with pytest.raises(NoAgent, match="the image lacks the program stty"):
        Far({**environ, "PATH": str(tmp_path / "poor")})


WORDS = st.lists(st.binary(max_size=30).filter(lambda word: b"\0" not in word), max_size=4)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=WORDS, value=st.binary(max_size=30).filter(lambda text: b"\0" not in text))
def test_any_words(far: Far, words: list[bytes], value: bytes) -> None:
    """Arguments and variables arrive byte for byte: quotes, newlines, UTF-8 and bytes that are none."""
    typed = [os.fsdecode(word) for word in words]
    out, err, code = far.run("sh", "-c", 'printf "<%s>" "$V" "$@"', "sh", *typed, env=(f"V={os.fsdecode(value)}",))
    assert (out, err, code) == (b"".join(b"<" + word + b">" for word in (value, *words)), b"", 0)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(st.binary(min_size=1, max_size=3000), max_size=5))
def test_any_input(far: Far, pieces: list[bytes]) -> None:
    """Input arrives byte for byte, however it was cut."""
    channel = far.begin("cat", stdin=True)
    for piece in pieces:
        channel.write(piece)
    channel.close_input()
    assert rest(channel) == (b"".join(pieces), b"", 0)


def test_side_by_side(far: Far) -> None:
    """Many commands at once, with input and without: a slow one holds nobody up, and nothing mixes."""
    slow = far.begin("sh", "-c", "sleep 1; cat", stdin=True)
    slow.write(b"s" * 300_000)
    slow.close_input()
    found: dict[int, tuple[bytes, bytes, int | None]] = {}

    def one(number: int) -> None:
        channel = far.begin("sh", "-c", f"cat; echo e{number} >&2; exit {number}", stdin=True)
        channel.write(b"%d" % number * 50_000)
        channel.close_input()
        found[number] = rest(channel)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: (b"%d" % number * 50_000, b"e%d\n" % number, number) for number in range(8)}
    assert rest(slow) == (b"s" * 300_000, b"", 0)
    assert far.run("echo", "still") == (b"still\n", b"", 0)


def test_leaving_one_of_two(far: Far) -> None:
    """Hanging up on a command is felt by it alone."""
    first, second = far.begin("sh", "-c", "trap 'echo hup >&2; exit 3' HUP; sleep 5 & wait"), far.begin("sleep", "0.5")
    time.sleep(0.2)
    first.close()
    assert rest(second) == (b"", b"", 0)
    assert far.run("echo", "hi") == (b"hi\n", b"", 0)
