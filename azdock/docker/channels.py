"""Streams as values: a log is an iterator of lines, an exec is a channel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

from azdock.docker.invocation import Invocation
from azdock.docker.spec import EMPTY

Stream = Literal["out", "err"]


@dataclass(frozen=True, slots=True)
class LogQuery:
    """Which lines of a container's log are wanted. `tail` None means all; times are Unix nanoseconds, inclusive.

    `run` limits the query to one run (see Status.run), `replica` to one replica (its name, or what that ends with);
    "" means every one of the container.
    """

    follow: bool = False
    tail: int | None = None
    since_ns: int | None = None
    until_ns: int | None = None
    run: str = ""
    replica: str = ""


class LogLine(NamedTuple):
    """One piece of a log. `data` keeps its newline when the program wrote one; `time_ns` is Unix nanoseconds.

    `replica` names the replica that printed it. A tuple, because a log has many of them.
    """

    stream: Stream
    data: bytes
    time_ns: int
    replica: str = ""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a log ended. `missing` says in one sentence why lines may be missing; "" means that none is.

    `exit_code` is the code of the last run's command when the log itself told it (the run shim's end mark), else None.
    `failure` is docker's sentence for a command that could not be invoked (exit_code is 126 or 127 then), else "".
    """

    missing: str = ""
    exit_code: int | None = None
    failure: str = ""

    @property
    def complete(self) -> bool:
        """True when every line there is was given."""
        return not self.missing


class LogReader(Protocol):
    """An iterator of lines that knows afterwards how the log ended."""

    def __iter__(self) -> Iterator[LogLine]:
        """Read the lines, once."""

    def batches(self) -> Iterator[Sequence[LogLine]]:
        """The same lines, once, in the pieces in which they arrive: after a piece there may be a wait."""

    @property
    def together(self) -> bool:
        """True when lines of replicas that ran side by side may be mixed; known from the start."""

    @property
    def ending(self) -> Ending:
        """How it ended; meaningful once the iterator is exhausted."""

    def close(self) -> None:
        """Drop the connections; nothing more is read."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """What is attached to a run from its beginning: somebody who reads its `output`, somebody who writes its `stdin`.

    `data` is its whole standard input instead, when that is known and small. `invocation` is what a function is asked;
    None asks for nothing in particular.
    """

    output: bool = False
    stdin: bool = False
    data: bytes | None = None
    invocation: Invocation | None = None


DETACHED = Attachment()
# How a channel into a run's standard input ends when the run takes none; other codes tell how the run's end met it.
NO_INPUT = 125


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
    replica: str = ""  # which replica; "" is any
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
