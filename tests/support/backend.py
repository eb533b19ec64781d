"""A backend in memory: what services are tested against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from azdock.backends.base import NO_FACTS, Gap
from azdock.backends.log_reader import Batches, Reader
from azdock.docker.channels import DETACHED, Attachment, Ending, ExecChannel, ExecRequest, LogLine, LogQuery, LogReader
from azdock.docker.record import ContainerRecord, Handle, Status
from azdock.docker.spec import ContainerSpec, ImageFacts
from azdock.errors import AzureFailure, NotFound

NOON = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)


class FakeBackend:
    """Keeps what a cloud would keep; `calls` lists what was asked of it, `fail` names methods that raise once."""

    name = "job"

    def __init__(self) -> None:
        self.resources: dict[str, ContainerRecord] = {}
        self.calls: list[str] = []
        self.traces: dict[str, ContainerRecord] = {}
        self.fail: set[str] = set()
        self.refused: list[Gap] = []
        self.needed: list[Gap] = []
        self.plain: Handle | None = None
        self.attachments: list[Attachment] = []
        self.before_inventory_ends: Any = None
        self.runs = 0
        self.updated: ContainerSpec | None = None
        self.sessions: list[tuple[int, int]] = []
        self.channel: Any = None

    def _call(self, method: str) -> None:
        self.calls.append(method)
        if method in self.fail:
            self.fail.discard(method)
            raise AzureFailure(f"{method} failed", status=500)

    def gaps(self, spec: ContainerSpec) -> list[Gap]:
        return [gap for gap in self.refused if gap.flag in spec.asked]

    def notices(self, spec: ContainerSpec, image: ImageFacts = NO_FACTS) -> list[str]:
        return []

    def image(self, reference: str, pull: str) -> ImageFacts:
        self._call("image")
        return ImageFacts(id="sha256:" + "0" * 64, command=("sh",))

    def create(self, record: ContainerRecord) -> Handle:
        self._call("create")
        handle = {"job": "job-" + record.ident.id[:8]}
        self.resources[record.ident.id] = replace(record, handle=handle)
        return handle

    def needs(self, spec: ContainerSpec, image: ImageFacts) -> list[Gap]:
        return self.needed

    def unwrapped(self, record: ContainerRecord) -> Handle | None:
        self._call("unwrapped")
        return self.plain

    def session(self, record: ContainerRecord, size: tuple[int, int]) -> ExecChannel:
        self._call("session")
        self.sessions.append(size)
        channel: ExecChannel = self.channel
        return channel

    def update(self, record: ContainerRecord, spec: ContainerSpec) -> Status:
        self._call("update")
        self.updated = spec
        return self.resources[record.ident.id].seen

    def stdin(self, record: ContainerRecord) -> ExecChannel:
        self._call("stdin")
        raise AzureFailure("no input here", status=500)

    def start(self, record: ContainerRecord, attachment: Attachment = DETACHED) -> Status:
        self._call("start")
        self.attachments.append(attachment)
        self.runs += 1
        return self.end(record.ident.id, Status(state="running", run=f"run{self.runs}", started_at=NOON))

    def end(self, id: str, status: Status) -> Status:
        """Set what the cloud says of a container."""
        self.resources[id] = replace(self.resources[id], seen=status)
        return status

    def started(self, record: ContainerRecord) -> Status:
        self._call("started")
        return self.resources[record.ident.id].seen

    def stop(self, record: ContainerRecord, grace: float | None) -> Status:
        self._call("stop")
        run = self.resources[record.ident.id].seen.run
        return self.end(record.ident.id, Status(state="exited", run=run, exit_code=137))

    def kill(self, record: ContainerRecord, signal: str) -> None:
        self._call(f"kill {signal}")
        run = self.resources[record.ident.id].seen.run
        self.end(record.ident.id, Status(state="exited", run=run, exit_code=137))

    def remove(self, record: ContainerRecord) -> None:
        self._call("remove")
        self.resources.pop(record.ident.id, None)

    def rename(self, record: ContainerRecord, name: str) -> None:
        self._call("rename")
        stored = self.resources[record.ident.id]
        self.resources[record.ident.id] = replace(stored, ident=replace(stored.ident, name=name))

    def inventory(self, known: Mapping[str, Status]) -> list[ContainerRecord]:
        self._call("inventory")
        found = list(self.resources.values())
        if self.before_inventory_ends:
            self.before_inventory_ends()
        return found

    def status(self, record: ContainerRecord) -> Status:
        self._call("status")
        if record.ident.id not in self.resources:
            raise NotFound(f"No such container: {record.ident.name}")
        return self.resources[record.ident.id].seen

    def wait(self, record: ContainerRecord, run: str) -> Status:
        self._call("wait")
        if record.ident.id not in self.resources:
            raise NotFound("the job was not found")
        seen = self.resources[record.ident.id].seen
        return seen if seen.terminal or seen.exit_code else Status(state="exited", run=run, exit_code=0)

    def logs(self, record: ContainerRecord, query: LogQuery) -> LogReader:
        self._call(f"logs {query.run}")

        def batches() -> Batches:
            yield [LogLine("out", b"line\n", 1)]
            return Ending()

        return Reader(batches)

    def trace(self, query: str) -> ContainerRecord | None:
        self._call(f"trace {query}")
        return self.traces.get(query)

    def exec(self, record: ContainerRecord, request: ExecRequest) -> ExecChannel:
        raise AssertionError("not used here")

    def raw(self, record: ContainerRecord) -> dict[str, Any]:
        return {"name": record.handle["job"]}


class FakeBackends:
    """Stands for services.registry.Backends with one backend."""

    def __init__(self, backend: FakeBackend) -> None:
        self.backend = backend

    def get(self, name: str) -> FakeBackend:
        assert name in (self.backend.name, ""), name
        return self.backend

    def all(self) -> list[FakeBackend]:
        return [self.backend]
