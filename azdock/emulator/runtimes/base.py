"""What a runtime promises: containers that really run, their output, their end, and commands inside them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from azdock.emulator.runtimes.network import Networks

# sink(stream, data, time_ns): stream is "stdout" or "stderr", data raw bytes as they came, time Unix nanoseconds
Sink = Callable[[str, bytes, int], None]


class ImageError(Exception):
    """An image that cannot be used; `code` is a registry error code such as MANIFEST_UNKNOWN or UNAUTHORIZED."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """The part of an OCI image configuration that decides what runs."""

    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    env: tuple[str, ...] = ()  # NAME=value
    workdir: str = ""
    user: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    stop_signal: str = ""
    exposed: tuple[str, ...] = ()  # 80/tcp
    volumes: tuple[str, ...] = ()  # paths
    health: dict[str, Any] = field(default_factory=dict)  # docker's Healthcheck: Test, Interval (nanoseconds) ...


@dataclass(frozen=True, slots=True)
class ImageRef:
    """An image ready to run. `layers` are unpacked folders, lowest first; empty for `azdock/host` and in the engine."""

    reference: str  # as asked for
    id: str  # sha256:... of the configuration
    config: ImageConfig
    layers: tuple[Path, ...] = ()
    host: bool = False  # the reserved image azdock/host


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of the host that a container sees at `target`. A runtime that cannot mount (plain) tells where the one
    for /.azdock is in the variable AZDOCK_FOLDER, and refuses others with StartError(126)."""

    source: Path
    target: str
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class ContainerRun:
    """One container to start. `command` replaces the image's ENTRYPOINT and `args` its CMD when not empty.

    `hostname` is the replica's name; `cpu` is cores, `memory` bytes (0: no limit); `scratch` is an empty folder
    this container may use on disk (overlay's upper folder lives there).
    """

    name: str
    image: ImageRef
    command: tuple[str, ...]
    args: tuple[str, ...]
    env: tuple[tuple[str, str], ...]
    hostname: str
    cpu: float
    memory: int
    scratch: Path
    sink: Sink
    folders: tuple[Folder, ...] = ()
    network: str = ""  # id of the environment whose network it joins; "" is the host's

    @property
    def argv(self) -> tuple[str, ...]:
        """The command line, by Kubernetes' rules: command replaces ENTRYPOINT and drops CMD, args replaces CMD.

        Source: kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container
        """
        config = self.image.config
        if self.command:
            return (*self.command, *self.args)
        return (*config.entrypoint, *(self.args or config.command))


class StartError(Exception):
    """The container could not be started: `code` 127 when the program does not exist, 126 when it cannot be executed.

    `message` is worded like runc's: exec: "nosuch": executable file not found in $PATH.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Ended:
    """How a container ended; death by signal n is code 128+n."""

    code: int
    oom: bool = False


class ExecSession(Protocol):
    """A command on a terminal of its own inside a running container."""

    async def read(self) -> bytes:
        """The next output; b"" when the terminal has closed."""

    async def write(self, data: bytes) -> None:
        """Type into the terminal."""

    def resize(self, cols: int, rows: int) -> None:
        """Set the terminal's size."""

    async def wait(self) -> int:
        """The command's exit code (128+n for a signal)."""

    async def close(self) -> None:
        """Hang up: the command gets SIGHUP, then SIGKILL."""


class Container(Protocol):
    """A running container."""

    id: str  # 64 hex digits

    async def wait(self) -> Ended:
        """Block until the main process has ended and its output has gone to the sink. May be awaited many times."""

    async def signal(self, number: int) -> None:
        """Send a signal to the main process; a container that has ended is no error. SIGKILL always works."""

    async def exec(self, argv: Sequence[str], cols: int, rows: int) -> ExecSession:
        """Run a command inside, with the container's environment. Raises StartError."""

    async def connect(self, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to a TCP port of the container, in its own network where it has one. Raises OSError when nothing
        listens there, also when the port belongs to another container of the same network."""

    async def dial(self, port: int, factory: Callable[[], Any]) -> asyncio.Transport:
        """As `connect`, with the caller's asyncio protocol on the connection."""

    def listening(self) -> list[int]:
        """The TCP ports on which the container listens, lowest first; none where the machine does not tell."""

    def usage(self) -> dict[str, int]:
        """Real figures where the machine gives them: cpu_ns, memory_bytes, pids, rx_bytes, tx_bytes."""


class Runtime(Protocol):
    """A way to run containers. One instance per emulator."""

    name: str

    @property
    def networks(self) -> Networks:
        """The networks that its containers join."""

    async def resolve(self, reference: str, auth: tuple[str, str] | None = None, pull: str = "missing") -> ImageRef:
        """Make an image ready to run. `pull` is missing, always (ask the registry first) or never (store only);
        `auth` is user and password for the registry. Raises ImageError."""

    async def start(self, run: ContainerRun) -> Container:
        """Start a container. Raises StartError."""

    async def images(self) -> list[dict[str, Any]]:
        """The store: [{"id", "tags", "digests", "size", "created", "labels"}], created in Unix seconds."""

    async def load(self, archive: Path) -> list[str]:
        """Import a `docker save` archive or an OCI layout tar; returns references. Raises ImageError."""

    async def remove(self, reference: str, force: bool) -> list[tuple[str, str]]:
        """Untag or delete: ("Untagged"|"Deleted", text). Raises ImageError with code NOT_FOUND or CONFLICT."""

    async def close(self) -> None:
        """End every container that is still running and free what the runtime holds."""
