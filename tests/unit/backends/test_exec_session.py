"""A session against an agent that only says what the test wants; the real one is tested in test_exec_agent."""

from __future__ import annotations

import base64
import threading

import pytest

from azdock.backends import exec_agent_channel, exec_session
from azdock.backends.exec_agent_channel import AgentChannel
from azdock.backends.exec_frames import PIECE_BYTES, WINDOW_PIECES
from azdock.backends.exec_session import NoAgent, Session
from azdock.docker.channels import ExecRequest
from azdock.errors import AzdockError, CannotInvoke, CommandNotFound, Unreachable
from tests.support.exec_script import Scripted

HELLO = b"\x1eb 0 \x1f", b"\x1eh 0 ready\x1f"


def frame(kind: str, number: int = 1, payload: bytes = b"") -> bytes:
    return b"\x1e%s %d %s\x1f" % (kind.encode(), number, payload)


def data(kind: str, text: bytes, number: int = 1) -> bytes:
    return frame(kind, number, base64.encodebytes(text))


END = frame("o") + frame("e")


def begun(*pieces: bytes | Exception, **options: bool) -> tuple[Scripted, AgentChannel]:
    socket = Scripted(*HELLO, *pieces, code=None)
    return socket, Session(socket).channel(ExecRequest(("prog",), **options))


def everything(channel: AgentChannel) -> list[tuple[str, bytes]]:
    found = []
    while (piece := channel.read()) is not None:
        found.append(piece)
    return found


def test_a_command() -> None:
    """Output by stream, then the code."""
    _, channel = begun(data("o", b"1") + data("e", b"2"), frame("x", 1, b"9"), END)
    assert channel.read() == ("out", b"1")
    assert everything(channel) == [("err", b"2")]
    assert (channel.exit_code, channel.read()) == (9, None)


def test_frames_of_another_command_are_none_of_its() -> None:
    """What a command before left behind is not this one's output or end."""
    _, channel = begun(data("o", b"old", 0) + frame("x", 0, b"3"), data("o", b"new"), frame("x", 1, b"0"), END)
    assert everything(channel) == [("out", b"new")]


@pytest.mark.parametrize(
    ("word", "kind"), [(b"missing", CommandNotFound), (b"denied", CannotInvoke), (b"workdir", CommandNotFound)]
)
def test_what_cannot_be_invoked(word: bytes, kind: type[AzdockError]) -> None:
    """It is an error of docker's, told when the session is free for the next command."""
    socket, channel = begun(frame("f", 1, word) + frame("x", 1, b"1"), END)
    with pytest.raises(kind):
        everything(channel)
    assert socket.alive


def test_connection_that_ends() -> None:
    """Without the command's code there is none; nothing is invented."""
    socket, channel = begun(data("o", b"1"))
    assert everything(channel) == [("out", b"1")]
    assert channel.exit_code is None and not socket.alive


def test_connection_that_breaks() -> None:
    """A broken connection is an error."""
    _, channel = begun(data("o", b"1"), Unreachable("gone"))
    assert channel.read() == ("out", b"1")
    with pytest.raises(Unreachable):
        channel.read()


def test_output_that_never_closes() -> None:
    """When the command has ended but something holds its output, the agent is told to let go."""
    socket, channel = begun(frame("x", 1, b"5"), TimeoutError())
    assert everything(channel) == []
    assert (socket.written[-1], channel.exit_code) == (b"drop 1 - 0\n", 5)


def test_output_of_a_busy_agent() -> None:
    """As long as the agent is slow to answer, the command's own output is waited for."""
    slow = TimeoutError(), TimeoutError()  # nothing comes, and no answer either
    _, channel = begun(frame("x", 1, b"5"), *slow, *slow, data("o", b"late"), END)
    assert everything(channel) == [("out", b"late")]
    assert channel.exit_code == 5


def test_input_goes_in_windows() -> None:
    """Only so much is under way as was not yet taken; the end follows the rest."""
    window = PIECE_BYTES * WINDOW_PIECES
    socket, channel = begun(*[frame("a", 1, b"16")] * 5, frame("x", 1, b"0"), END, stdin=True)
    channel.write(b"y" * (5 * window))
    channel.close_input()
    allowed = exec_agent_channel.CREDIT_BYTES // window
    assert sum(sent.startswith(b"data") for sent in socket.written) == allowed < 5
    assert everything(channel) == []
    assert sum(sent.startswith(b"data") for sent in socket.written) == 5
    assert socket.written[-1] == b"end 1 - 0\n"


def test_input_after_the_end_is_dropped() -> None:
    """The far side is told that no more comes, once."""
    socket, channel = begun(frame("x", 1, b"0"), END, stdin=True)
    channel.write(b"one")
    everything(channel)
    channel.write(b"two")
    channel.close_input()
    assert [sent.split(b"\n")[0] for sent in socket.written[2:]] == [b"data 1 1 0 0", b"end 1 - 0"]


def test_leaving() -> None:
    """A command that still runs is hung up on, and keeps its slot; the connection is there for the others."""
    socket = Scripted(*HELLO, data("o", b"1"), frame("x", 2, b"0") + frame("o", 2) + frame("e", 2), *[b""] * 3)
    session = Session(socket)
    channel = session.channel(ExecRequest(("prog",)))
    assert channel.read() == ("out", b"1")
    channel.close()
    assert socket.written[-1] == b"hup 1 - 0\n"
    other = session.channel(ExecRequest(("prog",)))
    assert socket.written[-1].startswith(b"run 2 - 1 ")
    assert everything(other) == [] and other.exit_code == 0
    session.channel(ExecRequest(("prog",)))
    assert socket.written[-1].startswith(b"run 3 - 1 ")
    assert socket.alive


def test_side_by_side() -> None:
    """Two commands at once get their own frames, whoever of their threads reads them."""
    mixed = data("o", b"a", 1) + data("o", b"b", 2), data("o", b"A", 1) + frame("x", 2, b"4"), frame("x", 1, b"3")
    ends = [frame(kind, number) for kind in "oe" for number in (1, 2)]
    session = Session(Scripted(*HELLO, *mixed, *ends))
    channels = [session.channel(ExecRequest(("prog",))) for _ in range(2)]
    found: dict[int, list[tuple[str, bytes]]] = {}
    threads = [threading.Thread(target=lambda n=n: found.update({n: everything(channels[n])})) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {0: [("out", b"a"), ("out", b"A")], 1: [("out", b"b")]}
    assert [channel.exit_code for channel in channels] == [3, 4]


def test_output_that_nobody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once there is too much output that is not read, others wait for it, instead of memory being filled."""
    monkeypatch.setattr(exec_session, "HELD_BYTES", 1000)
    session = Session(Scripted(*HELLO, data("o", b"x" * 2000, 1), frame("x", 2, b"0") + frame("o", 2) + frame("e", 2)))
    first, second = (session.channel(ExecRequest(("prog",))) for _ in range(2))
    thread = threading.Thread(target=lambda: everything(second))
    thread.start()
    thread.join(0.2)
    assert thread.is_alive()
    assert first.read() == ("out", b"x" * 2000)
    thread.join(5)
    assert second.exit_code == 0


@pytest.mark.parametrize(
    ("pieces", "says"),
    [
        ((b"sh: base64: not found\r\n",), "cannot run azdock's agent: sh: base64: not found"),
        ((b"\x1eh 0 stty\x1f",), "lacks the program stty"),
        ((b"\x1eb 0 \x1f", b"\x1eh 0 folder\x1f"), "lacks a writable /dev/shm or /tmp"),
        ((CommandNotFound("no sh"),), "has no shell"),
    ],
)
def test_no_agent(pieces: tuple[bytes | Exception, ...], says: str) -> None:
    """Why there can be no agent is told, and the connection is closed."""
    socket = Scripted(*pieces)
    with pytest.raises(NoAgent, match=says):
        Session(socket)
    assert not socket.alive


def test_silence() -> None:
    """A far side that never answers is an error, not a wait without end."""
    with pytest.raises(Unreachable, match="does not answer"):
        Session(Scripted(TimeoutError()))


@pytest.mark.parametrize(("answer", "usable"), [(frame("p"), True), (TimeoutError(), False)])
def test_idle_session_is_asked(answer: bytes | Exception, usable: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that was idle is used only if the agent answers."""
    monkeypatch.setattr(exec_session, "TRUSTED_SECONDS", 0)
    socket = Scripted(*HELLO, answer)
    assert Session(socket).usable is usable
    assert socket.alive is usable
    assert socket.written[-1] == b"ping 1\n"
