"""The outside world of a verb, in memory: streams, and services that only remember what they were asked."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from azdock.backends.base import Image
from azdock.cli.env import Env
from azdock.cli.main import main
from azdock.cli.streams import In, Out, Streams
from azdock.docker.channels import (
    DETACHED,
    Attachment,
    Ending,
    ExecRequest,
    LogLine,
    LogQuery,
    LogReader,
    Stream,
)
from azdock.docker.record import ContainerRecord, Ident, Status
from azdock.docker.spec import ContainerSpec, ImageFacts
from azdock.errors import AzdockError, NoSuchImage, NotFound
from azdock.services.lifecycle import Created
from azdock.services.updating import Changes, Updated

DRAINED = Ending()
NOON = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
ID = "0123456789ab" + "c" * 52


def record(name: str = "web", **changes: Any) -> ContainerRecord:
    """A container that runs, unless `changes` say otherwise."""
    seen = changes.pop("seen", Status(state="running", run="run1", started_at=NOON))
    spec = changes.pop("spec", ContainerSpec(image="busybox"))
    return ContainerRecord(
        Ident(changes.pop("id", ID), name), spec, NOON, "job", {"job": "job-1"}, seen=seen, **changes
    )


class Reader:
    """A LogReader over lines that are known."""

    def __init__(self, lines: Iterable[LogLine], ending: Ending = DRAINED) -> None:
        self._lines = lines
        self.ending = ending
        self.together = False

    def __iter__(self) -> Iterator[LogLine]:
        return iter(self._lines)

    def batches(self) -> Iterator[Sequence[LogLine]]:
        yield list(self._lines)

    def close(self) -> None:
        pass


class Memory(Out):
    """A stream that keeps what is written."""

    def __init__(self, terminal: bool = False, size: tuple[int, int] = (24, 80)) -> None:
        super().__init__(io.BytesIO())
        self.data = b""
        self.size_now = size
        self._terminal = terminal

    def write(self, data: bytes) -> None:
        self.data += data

    @property
    def terminal(self) -> bool:
        return self._terminal

    @property
    def size(self) -> tuple[int, int]:
        return self.size_now

    @property
    def text(self) -> str:
        return self.data.decode()


class Typed(In):
    """Standard input with fixed content, read through a real descriptor."""

    def __init__(self, data: bytes = b"", terminal: bool = False) -> None:
        reader, writer = os.pipe()
        os.write(writer, data)
        os.close(writer)
        super().__init__(os.fdopen(reader, "rb", buffering=0))
        self._terminal = terminal

    @property
    def terminal(self) -> bool:
        return self._terminal

    def close(self) -> None:
        """Give the descriptor back."""
        self._file.close()


@dataclass
class Services:
    """Stands for Lifecycle, Listing, Logs, Exec at once. `calls` lists what was asked; `fail` says what raises."""

    calls: list[tuple[Any, ...]] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    records: dict[str, ContainerRecord] = field(default_factory=dict)
    fail: dict[str, AzdockError] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    lines_: list[LogLine] = field(default_factory=list)
    final: Status = field(default_factory=lambda: Status(state="exited", run="run1", exit_code=0))
    ending: Ending = DRAINED
    other: ContainerRecord | None = None  # what again() gives, once
    channel: Any = None
    insight: Any = None  # what top, stats and explain answer
    first_line_: str = ""
    price: str = ""  # what create() asks agreement for
    images_: list[Image] = field(default_factory=list)

    def _call(self, name: str, *rest: Any) -> None:
        self.calls.append((name, *rest))
        if name in self.fail:
            raise self.fail[name]

    def find(self, name: str) -> ContainerRecord:
        self._call("find", name)
        for known in self.records.values():
            if name in (known.ident.name, known.ident.id):
                return known
        raise NotFound(f"No such container: {name}")

    # ---- lifecycle
    def create(
        self,
        spec: ContainerSpec,
        *,
        name: str = "",
        pull: str = "missing",
        backend: str = "",
        agree: Callable[[str], None] = lambda _price: None,
    ) -> Created:
        self._call("create", spec, name, pull, backend)
        if self.price:
            agree(self.price)
        made = record(name or "web", spec=spec, seen=Status())
        self.records[made.ident.id] = made
        return Created(made, self.notices)

    def start(self, name: str, *, wait: bool = True, attachment: Attachment = DETACHED) -> ContainerRecord:
        found = self.find(name)
        self._call("start", found.ident.name, wait)
        self.attachments.append(attachment)
        return replace(found, seen=Status(state="running", run="run1"))

    def stop(self, name: str, timeout: int | None) -> None:
        self._call("stop", self.find(name).ident.name, timeout)

    def kill(self, name: str, signal: str) -> None:
        self._call("kill", self.find(name).ident.name, signal)

    def restart(self, name: str, timeout: int | None) -> None:
        self._call("restart", self.find(name).ident.name, timeout)

    def remove(self, name: str, *, force: bool, volumes: bool) -> None:
        self._call("remove", self.find(name).ident.name, force, volumes)

    def rename(self, name: str, new_name: str) -> None:
        self._call("rename", self.find(name).ident.name, new_name)

    def wait(self, name: str) -> int:
        self._call("wait", self.find(name).ident.name)
        return self.final.exit_code

    def finish(self, record: ContainerRecord, ending: Ending = DRAINED) -> Status:
        self._call("finish", record.ident.name)
        return self.final

    def again(self, record: ContainerRecord, attachment: Attachment = DETACHED) -> ContainerRecord | None:
        self._call("again", record.ident.name)
        other, self.other = self.other, None
        return other

    def stdin(self, record: ContainerRecord) -> Any:
        self._call("stdin", record.ident.name)
        return self.channel or Channel()

    def discard(self, record: ContainerRecord, *, volumes: bool = True) -> None:
        self._call("discard", record.ident.name)

    def healthy(self, record: ContainerRecord) -> ContainerRecord:
        self._call("healthy", record.ident.name)
        return record

    def stays_up(self, record: ContainerRecord) -> bool:
        return record.backend == "app"

    def takes_requests(self, record: ContainerRecord) -> bool:
        return record.backend == "function"

    # ---- update
    def update(self, name: str, changes: Changes) -> Updated:
        self._call("update", self.find(name).ident.name, changes)
        return Updated(self.find(name), self.notices, "web: revision r2 takes over" if changes.image else "")

    # ---- listing, logs
    def ps(self, **asked: Any) -> list[ContainerRecord]:
        self._call("ps", asked)
        return list(self.records.values())

    def inspect(self, name: str) -> Any:
        return self.find(name)

    def raw(self, name: str) -> dict[str, Any]:
        return {"name": self.find(name).handle["job"]}

    def lines(self, name: str, query: LogQuery) -> LogReader:
        self._call("lines", self.find(name).ident.name, query)
        return Reader(self.lines_, self.ending)

    def follow_run(self, record: ContainerRecord) -> LogReader:
        self._call("follow_run", record.ident.name)
        return Reader(self.lines_, self.ending)

    # ---- top, stats, explain
    def processes(self, name: str, options: Sequence[str], replica: str = "") -> Any:
        self._call("processes", self.find(name).ident.name, tuple(options), *([replica] if replica else []))
        return self.insight

    def watch(self, names: Sequence[str], *, all: bool, replica: str = "") -> Any:
        self._call("watch", tuple(names), all, *([replica] if replica else []))
        return self.insight

    def explain(self, name: str) -> tuple[ContainerRecord, Any]:
        return self.find(name), self.insight

    def first_line(self, record: ContainerRecord, status: Status) -> str:
        return self.first_line_

    # ---- exec
    def session(self, record: ContainerRecord, size: tuple[int, int]) -> Any:
        self._call("session", record.ident.name, size)
        return self.channel

    def open(self, record: ContainerRecord, request: ExecRequest) -> Any:
        self._call("open", record.ident.name, request)
        return self.channel

    def begin(self, name: str, request: ExecRequest) -> Any:
        return self.open(self.find(name), request)


@dataclass
class ImageStore:
    """Stands for services.images.Images."""

    images: list[Image] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)

    def list(self) -> list[Image]:
        return self.images

    def inspect(self, reference: str) -> tuple[Image, ImageFacts]:
        raise NoSuchImage(f"No such image: {reference}:latest")

    def load(self, path: str) -> Sequence[str]:
        self.loaded.append(path)
        return ["busybox:latest"]

    def remove(self, reference: str, force: bool) -> Sequence[tuple[str, str]]:
        return [("Untagged", reference)]


class Nothing:
    """Stands for services.networks.Networks and services.volumes.Volumes where there is none of them."""

    embedded = True

    def __init__(self, words: str) -> None:
        self._words = words

    def get(self, name: str) -> Any:
        raise NotFound(self._words.format(name))


class Channel:
    """A command in a container that prints `output` and ends with `code`."""

    def __init__(self, output: list[tuple[Stream, bytes]] | None = None, code: int | None = 0) -> None:
        self.output = list(output or [])
        self.code = code
        self.written = b""
        self.sizes: list[tuple[int, int]] = []
        self.input_closed = self.closed = False
        self.until_input_ends = False

    def read(self) -> tuple[Stream, bytes] | None:
        import time

        while self.until_input_ends and not (self.input_closed or self.closed):
            time.sleep(0.001)
        return self.output.pop(0) if self.output else None

    def write(self, data: bytes) -> None:
        self.written += data

    def close_input(self) -> None:
        self.input_closed = True

    def resize(self, rows: int, cols: int) -> None:
        self.sizes.append((rows, cols))

    def close(self) -> None:
        self.closed = True

    @property
    def exit_code(self) -> int | None:
        return self.code


class World(Env):
    """An Env whose services are one Services object; nothing reaches the network or the real home."""

    def __init__(
        self,
        services: Services | None = None,
        stdin: Typed | None = None,
        environ: Mapping[str, str] | None = None,
        out: Memory | None = None,
    ) -> None:
        self.services = services or Services()
        self.memory, self.errors = out or Memory(), Memory()
        self.store_ = ImageStore()
        self.typed = stdin or Typed()
        super().__init__(
            Streams(self.memory, self.errors, self.typed), environ or {"AZDOCK_HOME": "/nonexistent"}, lambda: NOON
        )

    def twin(self) -> Env:
        return self

    def lifecycle(self) -> Any:
        return self.services

    listing = logs = exec = top = stats = explain = updating = lifecycle

    def pause(self, seconds: float) -> None:
        self.services.calls.append(("pause", seconds))

    def images(self) -> Any:
        return self.store_

    def networks(self) -> Any:
        return Nothing("network {} not found")

    def volumes(self) -> Any:
        return Nothing("get {}: no such volume")


@dataclass(frozen=True)
class Result:
    """What a command printed and returned."""

    out: str
    err: str
    code: int


def azdock(*argv: str, world: World | None = None) -> Result:
    """Run a command line against a world in memory."""
    world = world or World()
    try:
        code = main(list(argv), world)
    finally:
        world.typed.close()
    return Result(world.memory.text, world.errors.text, code)
