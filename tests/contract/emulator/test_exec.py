"""Exec over a WebSocket, spoken to with the `websockets` package."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.contract.emulator.data_plane import APP_PATH, SOURCE, Plane, served

SIZE = b'\x00\x04{"Width": 100, "Height": 30}'


@pytest.fixture
def plane(tmp_path: Path) -> Iterator[Plane]:
    with served(tmp_path) as one:
        yield one


def dial(plane: Plane, command: str = "cat", path: str = APP_PATH, **claims: str) -> ClientConnection:
    url = f"{plane.url}{path}/exec?command={command}".replace("http:", "ws:")
    return connect(url, additional_headers=plane.headers(**claims), proxy=None)


def frames(socket: ClientConnection) -> list[bytes]:
    """All frames until the server closes."""
    found: list[bytes] = []
    try:
        while True:
            frame = socket.recv(timeout=5)
            assert isinstance(frame, bytes)  # a text frame would kill az
            found.append(frame)
    except ConnectionClosed:
        return found


def test_opening(plane: Plane) -> None:
    """Two INFO frames tell what was connected to; the size that was sent first is the terminal's."""
    with dial(plane) as socket:
        socket.send(SIZE)
        assert socket.recv() == b"\x01Connecting to the container 'main'..."
        place = f"[ Revision: '{SOURCE.revision}', Replica: '{SOURCE.replica}']."
        assert socket.recv() == f"\x01Successfully connected to container: 'main'. {place}".encode()
        socket.send(b"\x00\x00exit 0")
        frames(socket)
    assert plane.container.sessions[0].sizes[-1] == (100, 30)


def test_typing_and_end(plane: Plane) -> None:
    """Input may come in binary or text frames, output is binary; exit 0 closes without an ERROR frame."""
    with dial(plane) as socket:
        socket.send(b"\x00\x00early ")
        socket.send("\x00\x00é")
        socket.send(b"\x00\x00exit 0")
        found = frames(socket)
    assert b"".join(frame[2:] for frame in found if frame[:2] == b"\x00\x01") == "early éexit 0".encode()
    assert not [frame for frame in found if frame[0] == 2]
    assert socket.close_code == 1000


def test_resize(plane: Plane) -> None:
    """A later size reaches the terminal."""
    with dial(plane) as socket:
        socket.recv(), socket.recv()
        socket.send(SIZE)
        socket.send(b"\x00\x00exit 0")
        frames(socket)
    assert plane.container.sessions[0].sizes[-1] == (100, 30)


def test_exit_code(plane: Plane) -> None:
    """An exit code other than 0 is told in an ERROR frame before the close."""
    with dial(plane, "fail+now") as socket:
        last = frames(socket)[-1]
    assert last[0] == 2
    error = json.loads(last[1:])["Error"]
    assert error == {
        "Code": "ClusterExecFailure",
        "Message": "Cluster exec API returns error: command terminated with non-zero exit code: "
        "error executing command [fail now], exit code 3, code: 0.",
        "Details": None,
        "Target": None,
        "AdditionalInfo": None,
    }
    assert re.search(r"exit code (\d+), code: 0", error["Message"])


def test_unknown_program(plane: Plane) -> None:
    """A program that does not exist is an ERROR frame of the same code, with the runtime's text."""
    with dial(plane, "nosuch") as socket:
        error = json.loads(frames(socket)[-1][1:])["Error"]
    assert error["Code"] == "ClusterExecFailure"
    assert 'exec: "nosuch": executable file not found in $PATH' in error["Message"]
    assert "code: 500" in error["Message"]


def test_characters_are_not_split(plane: Plane) -> None:
    """A UTF-8 character is never divided between frames; other bytes pass unchanged."""
    with dial(plane, "split") as socket:
        output = [frame[2:] for frame in frames(socket) if frame[:2] == b"\x00\x01"]
    assert b"".join(output) == b"\xe2\x82\xac\xf0\x9f\x99\x82 \xff end\xe2"
    assert output[0] == "€".encode()
    assert output[1].startswith("🙂".encode())


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("cat+-c+%22a+b%22", ["cat", "-c", "a b"]),
        ("cat+%27it%22s%27", ["cat", 'it"s']),
        ("cat%20x", ["cat", "x"]),
    ],
)
def test_command_line(plane: Plane, command: str, expected: list[str]) -> None:
    """The command parameter is split as a shell splits words."""
    with dial(plane, command) as socket:
        socket.send(b"\x00\x00exit 0")
        frames(socket)
    assert plane.container.commands == [expected]


def test_client_leaves(plane: Plane) -> None:
    """When the client goes away the command is hung up on."""
    with dial(plane) as socket:
        socket.recv(), socket.recv()
        socket.socket.close()  # no close frame: the line was cut
    assert plane.container.sessions[0].closed.wait(5)


def test_meaningless_frame(plane: Plane) -> None:
    """A frame of an unknown channel ends the connection."""
    with dial(plane) as socket:
        socket.recv(), socket.recv()
        socket.send(b"\x07x")
        frames(socket)
    assert socket.close_code == 1003
    assert plane.container.sessions[0].closed.wait(5)


@pytest.mark.parametrize(
    ("path", "claims", "command", "status"),
    [
        (APP_PATH, {"capp_name": "other"}, "cat", 401),
        (APP_PATH.replace("containers/main", "containers/side"), {}, "cat", 404),
        (APP_PATH.replace(SOURCE.replica, "job1-abc1234-other"), {}, "cat", 404),
        (APP_PATH, {}, "%22open", 400),
    ],
)
def test_refusals(plane: Plane, path: str, claims: dict[str, str], command: str, status: int) -> None:
    """What cannot be served is refused as an HTTP status on the upgrade."""
    with pytest.raises(InvalidStatus) as refused:
        dial(plane, command, path, **claims)
    assert refused.value.response.status_code == status


def test_ended_container(plane: Plane) -> None:
    """There is no exec into a container that does not run any more."""
    plane.world.running.containers.clear()
    with pytest.raises(InvalidStatus) as refused:
        dial(plane)
    assert refused.value.response.status_code == 404


def test_too_many_connections(plane: Plane) -> None:
    """Beyond the limit the upgrade is answered with 429 and Retry-After."""
    plane.behaviour.exec_limit = 2
    for _ in range(2):
        with dial(plane, "split") as socket:
            frames(socket)
    with pytest.raises(InvalidStatus) as refused:
        dial(plane)
    assert refused.value.response.status_code == 429
    assert refused.value.response.headers["Retry-After"] == "600"


def test_idle_connections_are_dropped(plane: Plane) -> None:
    """A client that sends nothing for long is cut off without a close frame; one that resizes stays."""
    plane.behaviour.exec_idle = 0.4
    with dial(plane) as socket:
        for _ in range(4):
            time.sleep(0.2)
            socket.send(SIZE)
        socket.send(b"\x00\x00still here")
        assert any(frame[2:] == b"still here" for frame in frames(socket))
    assert socket.close_code == 1006
    assert plane.container.sessions[0].closed.wait(5)


def test_a_replica_that_vanishes_at_once(plane: Plane) -> None:
    """With no time to linger, exec finds nothing from the moment the container has ended."""
    plane.behaviour.replica_linger = 0
    plane.logbook.ended(SOURCE)
    with pytest.raises(InvalidStatus) as refused:
        dial(plane)
    assert refused.value.response.status_code == 404
