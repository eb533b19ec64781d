"""Short sh programs in a running container: what they print, and how they end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from azdock.docker.channels import ExecChannel, ExecRequest
from azdock.docker.record import ContainerRecord
from azdock.errors import CommandNotFound, NotRunning, Unreachable, Unsupported


class Commands(Protocol):
    """What opens commands in containers: services.exec.Exec."""

    def find(self, name: str) -> ContainerRecord:
        """A container that runs. Raises NotFound, NotRunning."""

    def open(self, record: ContainerRecord, request: ExecRequest) -> ExecChannel:
        """Start a command."""


@dataclass(slots=True)
class Program:
    """A program under way: iterate over it for its output; afterwards `code` and `error` say how it ended."""

    channel: ExecChannel
    code: int = -1
    _errors: bytearray = field(default_factory=bytearray)

    def __iter__(self) -> Iterator[bytes]:
        """The output as it comes. Raises Unreachable for a lost connection, Unsupported for a container without sh."""
        try:
            while (found := self.channel.read()) is not None:
                stream, data = found
                if stream == "out":
                    yield data
                else:
                    self._errors += data
        except CommandNotFound as missing:
            raise Unsupported("the container has no shell, which copying needs", code=1) from missing
        if self.channel.exit_code is None:
            raise Unreachable("the connection to the container was lost")
        self.code = self.channel.exit_code

    @property
    def error(self) -> str:
        """What it printed on stderr."""
        return self._errors.decode("utf-8", "replace").strip()


class Shell:
    """The sh of one container, which must run."""

    def __init__(self, commands: Commands, name: str, why: str) -> None:
        """Raises NotFound; Unsupported with the sentence `why` for a container that does not run, as does start()."""
        self._commands, self._name, self._why = commands, name, why
        with self._running():
            self._record = commands.find(name)

    @contextmanager
    def _running(self) -> Iterator[None]:
        try:
            yield
        except NotRunning as stopped:
            name = self._name
            hint = f"do it while {name} runs (azdock start {name}), or let it print what is needed (azdock logs {name})"
            raise Unsupported(self._why, hint=hint, code=1) from stopped

    def run(self, script: str, *args: str, input: bytes | None = None) -> tuple[Program, bytes]:
        """Run to the end; the program and everything it printed on stdout. Raises what Program raises."""
        with self.start(script, *args, input=input) as program:
            return program, b"".join(program)

    @contextmanager
    def start(self, script: str, *args: str, input: bytes | None = None) -> Iterator[Program]:
        """Begin a program; the connection is dropped at the end of the block."""
        command = ("sh", "-c", script, "azdock-cp", *args)
        with self._running():
            channel = self._commands.open(self._record, ExecRequest(command, stdin=input is not None))
        writer: threading.Thread | None = None
        if input is not None:
            writer = threading.Thread(target=_feed, args=(channel, input), name="azdock-input", daemon=True)
            writer.start()
        try:
            yield Program(channel)
        finally:
            channel.close()
            if writer is not None:
                writer.join(5)


def _feed(channel: ExecChannel, data: bytes) -> None:
    """Output must be read meanwhile, or both sides might wait for each other."""
    try:
        channel.write(data)
        channel.close_input()
    except Unreachable:
        return  # reading finds the same and tells it
