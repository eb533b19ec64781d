"""The bytes between azdock and its exec agent."""

from __future__ import annotations

import base64
import re
import shlex
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azdock.backends import exec_frames
from azdock.backends.exec_frames import PIECE_BYTES, WINDOW_PIECES, Frame, FrameReader
from azdock.docker.channels import ExecRequest

SPECIAL = b"\x03\x04\x0a\x0d\x0f\x11\x12\x13\x15\x16\x17\x1a\x1c\x7f"


def typed(frame: Frame) -> bytes:
    """A frame as the agent prints it."""
    return b"\x1e%s %d %s\x1f" % (frame.kind.encode(), frame.number, frame.payload)


def taken(keys: bytes) -> list[bytes]:
    """What reads from a terminal in canonical mode give: pieces up to ^D, ^V quotes."""
    found, piece = [], b""
    position = 0
    while position < len(keys):
        byte = keys[position : position + 1]
        if byte == b"\x16":
            piece += keys[position + 1 : position + 2]
            position += 1
        elif byte == b"\x04":
            found.append(piece)
            piece = b""
        else:
            assert byte not in SPECIAL, byte
            piece += byte
        position += 1
    assert piece == b""
    return found


FRAMES = st.builds(
    Frame,
    st.sampled_from("oexfahp"),
    st.integers(0, 99999),
    st.binary(max_size=50).map(lambda data: base64.encodebytes(data)),
)
NOISE = st.binary(max_size=20).map(lambda data: data.replace(b"\x1f", b"").replace(b"\x1e", b""))


@given(frames=st.lists(st.tuples(NOISE, FRAMES), max_size=6), cuts=st.lists(st.integers(1, 40), max_size=20))
def test_frames_survive_any_cut(frames: list[tuple[bytes, Frame]], cuts: list[int]) -> None:
    """Frames are found wherever the output is cut, and noise between them is none."""
    data = b"".join(noise + typed(frame) for noise, frame in frames)
    reader, found = FrameReader(), []
    for cut in cuts:
        found += reader.feed(data[:cut])
        data = data[cut:]
    found += reader.feed(data)
    assert found == [frame for _, frame in frames]
    assert reader.rest() == b"".join(noise for noise, _ in frames)


def test_what_is_no_frame() -> None:
    """Something that only looks like a frame is noise, and does not hide the next one."""
    reader = FrameReader()
    assert list(reader.feed(b"sh: not found\r\n\x1enonsense\x1f\x1eh 0 ready\x1f")) == [Frame("h", 0, b"ready")]
    assert reader.rest() == b"sh: not found\r\nnonsense"


@given(data=st.binary(max_size=3 * PIECE_BYTES))
def test_input_survives_the_terminal(data: bytes) -> None:
    """Whatever the bytes, the terminal gives them back, in as many pieces as were announced and none too long."""
    keys, later = exec_frames.window(7, 2, data, 9)
    head, _, keys = keys.partition(b"\n")
    pieces = taken(keys)
    assert head == b"data 7 %d 2 1" % len(pieces)
    assert b"".join(pieces) + later == data
    assert all(0 < len(piece) <= PIECE_BYTES for piece in pieces)


def test_a_window_has_an_end() -> None:
    """What does not fit waits for the next one."""
    data = b"x" * (PIECE_BYTES * WINDOW_PIECES + 5)
    keys, later = exec_frames.window(1, 0, data)
    assert (keys.count(b"\x04"), later) == (WINDOW_PIECES, b"x" * 5)


TEXT = st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), max_size=40)


@given(words=st.lists(TEXT, min_size=1, max_size=3), env=st.lists(TEXT.map("A=".__add__), max_size=2), workdir=TEXT)
def test_requests_are_lines_of_plain_letters(words: list[str], env: list[str], workdir: str) -> None:
    """Every request is lines that no terminal changes, and has the script that was meant."""
    request = ExecRequest(tuple(words), env=tuple(env), workdir=workdir, stdin=True)
    lines = exec_frames.run(3, 5, request).decode("ascii").splitlines()
    assert all(re.fullmatch(r"[ -~]{1,4000}", line) for line in lines)
    head = lines.pop().split(" ", 4)
    assert head[:4] == ["run", "3", "i", "5"]
    pieces = "".join(line.removeprefix("more ") for line in lines)
    script = base64.b64decode(pieces).decode() if head[4] == "-" else head[4]
    assert script == exec_frames.script(request)
    assert shlex.split(script)[-len(words) - (1 if env else 0) :][: len(words)] == words


@pytest.mark.parametrize(("options", "flags"), [({}, "-"), ({"stdin": True}, "i"), ({"detach": True}, "d")])
def test_flags(options: dict[str, bool], flags: str) -> None:
    """The agent is told about input and about detaching."""
    line = exec_frames.run(1, 0, ExecRequest(("true",), **options))
    assert line == f"run 1 {flags} 0 unset PWD OLDPWD SHLVL; azdock_exec true\n".encode()


def test_the_agent_as_it_is_typed() -> None:
    """Comments stay at home, the rest is sh, and no line is longer than a terminal holds."""
    keys = exec_frames.agent()
    assert keys.endswith(b"\n\x04") and all(len(line) < 1000 for line in keys.splitlines())
    text = base64.b64decode(keys[:-1])
    assert b"azdock_run()" in text and not re.search(rb"^\s*#", text, re.M)
    subprocess.run(["sh", "-n"], input=text, check=True)


@pytest.mark.parametrize("word", ["missing", "absent", "directory", "denied", "workdir"])
def test_reasons(word: str) -> None:
    """Every reason of the agent has docker's words."""
    assert "prog" in exec_frames.failure(word, ExecRequest(("prog",), workdir="/prog"))
    assert f"azdock_fail {word}" in exec_frames.script(ExecRequest(("prog",), workdir="/prog")) or (
        f"azdock_fail {word}".encode() in base64.b64decode(exec_frames.agent()[:-1])
    )
