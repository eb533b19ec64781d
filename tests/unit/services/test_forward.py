"""Connections into a container: what goes in, what comes out, how they end."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from azdock.docker.channels import ExecRequest, Stream
from azdock.docker.record import ContainerRecord
from azdock.errors import AzdockError, NotRunning, Unsupported
from azdock.services.forward import LACKS, Forward
from tests.support.fakes import record


class Local:
    """ExecChannel of a program on this machine."""

    def __init__(self, request: ExecRequest, environ: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            request.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ
        )
        self.exit_code: int | None = None
        self.said = b""

    def read(self) -> tuple[Stream, bytes] | None:
        assert self.process.stdout and self.process.stderr
        if piece := os.read(self.process.stdout.fileno(), 65536):
            return "out", piece
        if piece := os.read(self.process.stderr.fileno(), 65536):
            return "err", piece
        self.exit_code = self.process.wait()
        return None

    def write(self, data: bytes) -> None:
        assert self.process.stdin
        try:
            self.process.stdin.write(data)
            self.process.stdin.flush()
        except BrokenPipeError:
            return

    def close_input(self) -> None:
        assert self.process.stdin
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            return

    def close(self) -> None:
        self.close_input()
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe
            pipe.close()


class Exec:
    """Stands for services.exec.Exec: commands run here, with a PATH of the test's choice."""

    def __init__(self, environ: dict[str, str] | None = None, failure: AzdockError | None = None) -> None:
        self.environ, self.failure = environ or dict(os.environ), failure

    def open(self, _record: ContainerRecord, request: ExecRequest) -> Local:
        if self.failure is not None:
            raise self.failure
        return Local(ExecRequest(("/bin/sh", *request.command[1:])), self.environ)


@pytest.fixture(params=["python3", "nc"])
def environ(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """A PATH with one program that can connect."""
    return path_with(tmp_path / "bin", request.param)


def path_with(place: Path, *names: str) -> dict[str, str]:
    place.mkdir()
    for name in names:
        # what PATH calls python3 may be a script that needs the rest of it
        found = sys.executable if name == "python3" else shutil.which("busybox" if name == "nc" else name)
        if found is None:
            pytest.skip(f"no {name} here")
        (place / name).symlink_to(os.path.realpath(found))
    return {"PATH": str(place)}


@pytest.fixture
def upper() -> Iterator[int]:
    """A server that answers with the checksum of everything it was sent, then with that much again."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    client, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=answer, args=(client,), daemon=True).start()

        def answer(client: socket.socket) -> None:
            with client:
                got = b""
                while data := client.recv(65536):
                    got += data
                client.sendall(hashlib.sha256(got).hexdigest().encode() + got)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def exchange(forward: Forward, port: int, data: bytes) -> bytes:
    ours, theirs = socket.socketpair()
    carrier = threading.Thread(target=forward.carry, args=(theirs, port))
    carrier.start()

    def send() -> None:
        with suppress(BrokenPipeError):  # the other side may be closed before it has taken anything
            ours.sendall(data)
            ours.shutdown(socket.SHUT_WR)

    sender = threading.Thread(target=send)
    sender.start()
    found = b""
    while piece := ours.recv(65536):
        found += piece
    sender.join()
    carrier.join()
    ours.close()
    return found


def test_both_ways(environ: dict[str, str], upper: int) -> None:
    """Everything goes in, its end too, and everything comes back, whatever the image has to connect with."""
    told: list[str] = []
    data = os.urandom(3_000_000)
    found = exchange(Forward(Exec(environ), record(), told.append), upper, data)  # type: ignore[arg-type]
    assert found[:64] == hashlib.sha256(data).hexdigest().encode()
    assert found[64:] == data
    assert told == []


def test_a_port_where_nobody_listens(environ: dict[str, str]) -> None:
    """The connection is closed, and why is told."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    told: list[str] = []
    assert exchange(Forward(Exec(environ), record(), told.append), port, b"x") == b""  # type: ignore[arg-type]
    assert len(told) == 1 and told[0].startswith(f"port {port}: ")


def test_a_container_that_has_ended() -> None:
    """What exec says is told, and the connection closed."""
    told: list[str] = []
    exec = Exec(failure=NotRunning("Container x is not running"))
    assert exchange(Forward(exec, record(), told.append), 80, b"") == b""  # type: ignore[arg-type]
    assert told == ["port 80: Container x is not running"]


def test_bash(tmp_path: Path) -> None:
    """bash can answer a request, too, though it cannot pass the end of input on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            client, _ = listening.accept()
            with client:
                client.sendall(client.recv(100).upper())

        thread = threading.Thread(target=serve)
        thread.start()
        forward = Forward(Exec(path_with(tmp_path / "bin", "bash", "cat")), record(), print)  # type: ignore[arg-type]
        assert exchange(forward, listening.getsockname()[1], b"hello\n") == b"HELLO\n"
        thread.join()


def test_check(environ: dict[str, str], tmp_path: Path) -> None:
    """An image that has nothing to connect with is refused before anything listens for long."""
    Forward(Exec(environ), record(), print).check()  # type: ignore[arg-type]
    with pytest.raises(Unsupported, match="no nc, socat, python3 or bash"):
        Forward(Exec({"PATH": str(tmp_path)}), record(), print).check()  # type: ignore[arg-type]
    assert LACKS not in (0, 1, 2)
