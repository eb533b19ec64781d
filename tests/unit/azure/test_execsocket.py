"""The exec WebSocket, against a server that speaks the frames by hand."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.sync.server import ServerConnection, serve

from azdock.azure import execsocket
from azdock.azure.execsocket import ExecSocket
from azdock.errors import AzdockError, AzureFailure, CommandNotFound, NotFound, NotLoggedIn, Throttled, Unreachable

OUT, ERR, INFO, FAILED = b"\x00\x01", b"\x00\x02", b"\x01", b"\x02"


def closing(text: str) -> bytes:
    return FAILED + json.dumps({"Error": {"Code": "ClusterExecFailure", "Message": text}}).encode()


@contextmanager
def server(talk: Callable[[ServerConnection], None], **options: Any) -> Iterator[str]:
    """A WebSocket server on the loopback; its address."""
    with serve(talk, "127.0.0.1", 0, compression=None, **options) as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        host, port = made.socket.getsockname()[:2]
        yield f"ws://{host}:{port}/exec"
        made.shutdown()
        thread.join()


def frames(*parts: bytes) -> Callable[[ServerConnection], None]:
    def talk(socket: ServerConnection) -> None:
        for part in parts:
            socket.send(part)

    return talk


def everything(socket: ExecSocket) -> list[tuple[str, bytes]]:
    found = []
    while (piece := socket.read()) is not None:
        found.append(piece)
    return found


@pytest.mark.parametrize(
    ("sent", "output", "code"),
    [
        ([INFO + b"Connecting", OUT + b"one", ERR + b"two", OUT, INFO + b"success"], [("out", b"one"), ("err", b"two")],
         0),
        ([closing("exit code 137, code: 0.")], [], 137),
        ([OUT + b"x", closing("error executing command [sh], exit code 3, code: 0.")], [("out", b"x")], 3),
        ([], [], 0),
    ],
)  # fmt: skip
def test_output_and_exit_code(sent: list[bytes], output: list[tuple[str, bytes]], code: int) -> None:
    """Output comes by stream, notices do not; the closing frame has the code, and none of it means success."""
    with server(frames(*sent)) as url:
        socket = ExecSocket(url, "t", "sh")
        assert everything(socket) == output
        assert socket.exit_code == code


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("the cluster is on fire", AzureFailure),
        ('exec failed: unable to start container process: exec: "x": executable file not found in $PATH: unknown, '
         "error executing command [x], code: 500.", CommandNotFound),
    ],
)  # fmt: skip
def test_error_frames(text: str, kind: type[AzdockError]) -> None:
    """A frame without an exit code is an error with Azure's words."""
    with server(frames(closing(text))) as url:
        socket = ExecSocket(url, "t", "sh")
        with pytest.raises(kind, match="exec failed"):
            everything(socket)


def test_what_is_sent() -> None:
    """The command is in the address, the token in a header, the size first, and input in frames of its own."""
    heard: list[Any] = []

    def talk(socket: ServerConnection) -> None:
        request = socket.request
        assert request is not None
        heard.extend([request.path, request.headers["Authorization"]])
        for _ in range(4):
            heard.append(socket.recv())

    with server(talk) as url:
        socket = ExecSocket(url, "secret", "sh -c ls&x=1", (31, 97))
        socket.write(b"hi\n")
        socket.resize(10, 20)
        socket.close_input()
        assert everything(socket) == []
        socket.write(b"too late")
    assert heard == [
        "/exec?command=sh+-c+ls%26x%3D1",
        "Bearer secret",
        b'\x00\x04{"Width": 97, "Height": 31}',
        b"\x00\x00hi\n",
        b'\x00\x04{"Width": 20, "Height": 10}',
        b"\x00\x00\x04",
    ]


@pytest.mark.parametrize(
    ("status", "headers", "kind", "hint"),
    [
        (429, {"Retry-After": "600"}, Throttled, "try again in 600 seconds"),
        (429, {}, Throttled, "try again in some minutes"),
        (401, {}, NotLoggedIn, ""),
        (404, {}, NotFound, ""),
        (500, {}, AzureFailure, ""),
    ],
)
def test_refusals(status: int, headers: dict[str, str], kind: type[AzdockError], hint: str) -> None:
    """A refused upgrade is an error by its status; the time to wait is told."""

    def refuse(socket: ServerConnection, _request: Any) -> Any:
        answer = socket.respond(status, "no")
        for name, value in headers.items():
            answer.headers[name] = value
        return answer

    with server(frames(), process_request=refuse) as url, pytest.raises(kind) as caught:
        ExecSocket(url, "t", "sh")
    assert hint in caught.value.hint


def test_nobody_there() -> None:
    """No server is Unreachable."""
    with server(frames()) as url:
        pass
    with pytest.raises(Unreachable):
        ExecSocket(url, "t", "sh")


def test_broken_connection() -> None:
    """A connection that breaks is no success: the exit code stays unknown."""

    def drop(socket: ServerConnection) -> None:
        socket.send(OUT + b"half")
        socket.socket.close()

    with server(drop) as url:
        socket = ExecSocket(url, "t", "sh")
        with pytest.raises(Unreachable):
            everything(socket)
        assert socket.exit_code is None


def test_no_proxy_on_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy of the environment is not asked to reach this machine."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "ws_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with server(frames(OUT + b"x")) as url:
        assert everything(ExecSocket(url, "t", "sh")) == [("out", b"x")]


def test_keep_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    """A silent connection is kept alive with its size, which changes nothing, until it is closed."""
    monkeypatch.setattr(execsocket, "KEEP_ALIVE_SECONDS", 0.05)
    heard: list[Any] = []

    def talk(socket: ServerConnection) -> None:
        heard.extend(socket.recv() for _ in range(3))

    with server(talk) as url:
        socket = ExecSocket(url, "t", "sh", (24, 80))
        assert everything(socket) == []
    assert heard == [heard[0]] * 3
