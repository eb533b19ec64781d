"""Streams as values: a log is an iterator of lines, an exec is a channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from azdock.docker.spec import EMPTY

Stream = Literal["out", "err"]


@dataclass(frozen=True, slots=True)
class LogQuery:
    """Which lines of a container's log are wanted. `tail` None means all; times are Unix nanoseconds, inclusive.

    `run` limits the query to one run (see Status.run); "" means every run of the container.
    """

    follow: bool = False
    tail: int | None = None
    since_ns: int | None = None
    until_ns: int | None = None
    run: str = ""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One piece of a log. `data` keeps its newline when the program wrote one; `time_ns` is Unix nanoseconds."""

    stream: Stream
    data: bytes
    time_ns: int


@dataclass(frozen=True, slots=True)
class ExecRequest:
    """A command for a running container. `size` is (rows, columns), used only with a terminal."""

    command: tuple[str, ...]
    tty: bool = False
    stdin: bool = False
    detach: bool = False
    env: tuple[str, ...] = ()
    workdir: str = ""
    user: str = ""
    size: tuple[int, int] = (24, 80)
    asked: Mapping[str, str] = field(default_factory=lambda: EMPTY)


class ExecChannel(Protocol):
    """A command running in a container. One thread reads while another writes."""

    def read(self) -> tuple[Stream, bytes] | None:
        """Block for the next output; None when the command has ended and all output was read."""

    def write(self, data: bytes) -> None:
        """Send input; input after the end of the command is dropped."""

    def close_input(self) -> None:
        """Tell the command that no more input comes."""

    def resize(self, rows: int, cols: int) -> None:
        """Tell the far terminal its size."""

    def close(self) -> None:
        """Drop the connection; the command is not waited for."""

    @property
    def exit_code(self) -> int | None:
        """The command's exit code, known once read() gave None; None before, or when Azure did not tell it."""
