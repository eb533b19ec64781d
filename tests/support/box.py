"""A container in a folder: its commands run in this machine's own sh, without terminal, network or isolation."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Queue

from azdock.docker.channels import ExecRequest, Stream
from azdock.docker.record import ContainerRecord
from azdock.errors import NotFound, NotRunning, Unreachable
from tests.support.fakes import record

SHELLS = ("dash", "bash", "busybox")


class Process:
    """ExecChannel over a local process."""

    def __init__(self, argv: tuple[str, ...], stdin: bool) -> None:
        source = subprocess.PIPE if stdin else subprocess.DEVNULL
        self._process = subprocess.Popen(argv, stdin=source, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self._found: Queue[tuple[Stream, bytes] | None] = Queue()
        self._readers = [
            threading.Thread(target=self._carry, args=("out", self._process.stdout), daemon=True),
            threading.Thread(target=self._carry, args=("err", self._process.stderr), daemon=True),
        ]
        for reader in self._readers:
            reader.start()
        self._open = len(self._readers)

    def _carry(self, stream: Stream, source: object) -> None:
        while data := os.read(source.fileno(), 65536):  # type: ignore[attr-defined]
            self._found.put((stream, data))
        self._found.put(None)

    def read(self) -> tuple[Stream, bytes] | None:
        while self._open:
            found = self._found.get()
            if found is not None:
                return found
            self._open -= 1
        self._process.wait()
        return None

    def write(self, data: bytes) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(data)
        except BrokenPipeError:
            pass  # input after the end of the command is dropped

    def close_input(self) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.close()
        except BrokenPipeError:
            pass

    def resize(self, rows: int, cols: int) -> None:
        raise AssertionError("there is no terminal")

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait()
        for reader in self._readers:
            reader.join(10)
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    pass

    @property
    def exit_code(self) -> int | None:
        return self._process.returncode


class Broken:
    """A channel whose connection is lost after so many bytes of output, or of input."""

    def __init__(self, inner: Process) -> None:
        self._inner = inner

    def read(self) -> tuple[Stream, bytes] | None:
        raise Unreachable("the connection was lost")

    def write(self, data: bytes) -> None:
        self._inner.write(data[: len(data) // 2])

    def close_input(self) -> None:
        pass

    def resize(self, rows: int, cols: int) -> None:
        raise AssertionError("there is no terminal")

    def close(self) -> None:
        self._inner.close()

    @property
    def exit_code(self) -> int | None:
        return None


class Damaging:
    """A channel that turns a bit of the first piece of output longer than a line."""

    def __init__(self, inner: Process) -> None:
        self._inner = inner
        self._done = False

    def read(self) -> tuple[Stream, bytes] | None:
        found = self._inner.read()
        if found is not None and len(found[1]) > 1000 and not self._done:
            self._done = True
            return found[0], found[1][:-1] + bytes([found[1][-1] ^ 1])
        return found

    def write(self, data: bytes) -> None:
        self._inner.write(bytes([data[0] ^ 1]) + data[1:])

    def close_input(self) -> None:
        self._inner.close_input()

    def resize(self, rows: int, cols: int) -> None:
        raise AssertionError("there is no terminal")

    def close(self) -> None:
        self._inner.close()

    @property
    def exit_code(self) -> int | None:
        return self._inner.exit_code


@dataclass
class Box:
    """Stands for services.exec.Exec with one container "box". `spoil` maps the number of an exec, from 0, to the
    channel that it gets instead; `commands` are the words of every exec so far."""

    running: bool = True
    shell: str = "sh"
    spoil: dict[int, Callable[[Process], object]] = field(default_factory=dict)
    commands: list[tuple[str, ...]] = field(default_factory=list)
    path: str = ""

    def find(self, name: str) -> ContainerRecord:
        found = record("box")
        if name != "box":
            raise NotFound(f"No such container: {name}")
        if not self.running:
            raise NotRunning(f"Container {found.ident.id} is not running")
        return found

    def open(self, record: ContainerRecord, request: ExecRequest) -> object:
        assert request.command[0] == "sh", request.command
        shell = ("busybox", "sh") if self.shell == "busybox" else (self.shell,)
        where = ("env", f"PATH={self.path}") if self.path else ()
        number = len(self.commands)
        self.commands.append(request.command)
        process = Process((*where, *shell, *request.command[1:]), request.stdin)
        return self.spoil[number](process) if number in self.spoil else process
