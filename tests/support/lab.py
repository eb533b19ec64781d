"""A backend and the emulator it talks to, found as azdock finds the embedded Azure: by the facts in its home."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from azdock.backends import base
from azdock.docker import names
from azdock.docker.channels import Attachment, ExecRequest, LogLine, LogQuery
from azdock.docker.record import ContainerRecord, Ident
from azdock.docker.spec import ContainerSpec
from azdock.emulator import world as emulated
from azdock.emulator.runtimes.base import Runtime
from azdock.emulator.runtimes.scripted import ScriptedRuntime
from azdock.settings import EMBEDDED, Settings
from tests.support.emulator import Emulator
from tests.support.functions.runtime import HOST, PortsRuntime


def publish(emulator: Emulator, home: Path) -> Settings:
    """Write what a running emulator tells about itself into a home; the settings that lead there."""
    folder = home / "emulator"
    folder.mkdir(parents=True, exist_ok=True)
    secret = folder / "secret"
    secret.write_text(emulator.world.auth.secret)
    facts = {
        "pid": os.getpid(),
        "url": emulator.url,
        "client_id": emulator.world.auth.client_id,
        "client_secret_file": str(secret),
        "tenant_id": emulated.TENANT,
        "subscription_id": emulated.SUBSCRIPTION,
        "resource_group": emulated.RESOURCE_GROUP,
        "environment": emulated.ENVIRONMENT,
        "location": emulated.LOCATION,
        "workspace_id": emulated.WORKSPACE,
    }
    (folder / "status.json").write_text(json.dumps(facts))
    return Settings(home=home, context=EMBEDDED)


def runtime_for(backend: str) -> Runtime:
    """What runs the containers of a backend's lab."""
    return PortsRuntime() if backend == "function" else ScriptedRuntime()


@dataclass
class Lab:
    """One backend against one emulator. `emulator.world.behaviour` makes this Azure slow or nasty. `plan` hosts
    function apps on a plan of that size; "" is Container Apps.

    A command of a function app is the program of the test host's function "run": every run is a request to it, whose
    body is the program's input.
    """

    emulator: Emulator
    home: Path
    name: str
    plan: str = ""
    settings: Settings = field(init=False)
    _connected: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.settings = publish(self.emulator, self.home)
        self.backend = self.connect()

    def connect(self, **changes: Any) -> Any:
        """The backend as a fresh process would have it; `changes` are fields of Settings."""
        made: Any = base.connect(self.name, dataclasses.replace(self.settings, **changes))
        self._connected.append(made)
        return made

    def behave(self, **changes: Any) -> None:
        """Change how the emulated Azure behaves from now on."""
        for key, value in changes.items():
            assert hasattr(self.emulator.world.behaviour, key), key
            setattr(self.emulator.world.behaviour, key, value)

    def restart_emulator(self) -> None:
        """End the emulator and begin another one with the same data: other port, other secret, no token valid."""
        self.emulator.stop()
        again = Emulator(self.emulator.home, self.emulator.runtime)
        again.start()
        self.emulator.__dict__.update(again.__dict__)
        publish(self.emulator, self.home)

    def close(self) -> None:
        """Drop every connection."""
        for backend in self._connected:
            backend.close()

    @property
    def stays_up(self) -> bool:
        """Whether Azure runs a container of this backend again when it has ended, with no limit to its time. Its end is
        noted on the resource by whoever sees it first."""
        return self.name == "app"

    # ---- containers
    def record(self, *command: str, name: str = "web", image: str = "work/tool:1", **spec: Any) -> ContainerRecord:
        """A container that does not exist yet."""
        ident = Ident(names.new_id(), name)
        if self.name == "function":
            command, spec = self._served(command, spec)
        made = ContainerSpec(image=image, command=command, **spec)
        return ContainerRecord(ident, made, datetime.now(UTC).replace(microsecond=0), self.name, {})

    def _served(self, command: tuple[str, ...], spec: dict[str, Any]) -> tuple[tuple[str, ...], dict[str, Any]]:
        """A command and what else is asked for as a function app that runs it when it is asked to."""
        program = (*(spec.pop("entrypoint", None) or ()), *command)
        env = (*spec.pop("env", ()), "FUNCTIONS=run", "QUIET=1")
        return (sys.executable, str(HOST), "--", *program), {**spec, "env": env, "plan": self.plan}

    def create(self, *command: str, **options: Any) -> ContainerRecord:
        """A container that exists and has not run."""
        record = self.record(*command, **options)
        record = replace(record, image=self.backend.image(record.spec.image, "missing"))
        return replace(record, handle=self.backend.create(record))

    def run(self, *command: str, **options: Any) -> ContainerRecord:
        """A container whose first run has been accepted."""
        return self.begin(self.create(*command, **options))

    def begin(self, record: ContainerRecord) -> ContainerRecord:
        """Another run of a container."""
        return replace(record, seen=self.backend.start(record))

    def watched(self, *command: str, **options: Any) -> ContainerRecord:
        """A container whose first run is read from its beginning, as that of `run` without -d."""
        record = self.create(*command, foreground=True, **options)
        return replace(record, seen=self.backend.start(record, Attachment(output=True)))

    def up(self, *command: str, **options: Any) -> ContainerRecord:
        """A container that really runs."""
        record = self.run(*command, **options)
        status = self.backend.started(record)
        assert status.state == "running", status
        return replace(record, seen=status)

    def ended(self, record: ContainerRecord) -> ContainerRecord:
        """The container after its run."""
        return replace(record, seen=self.backend.wait(record, record.seen.run))

    # ---- streams
    def attached(self, record: ContainerRecord) -> list[LogLine]:
        """What `run` without -d would print."""
        return list(self.backend.logs(record, LogQuery(follow=True, run=record.seen.run)))

    def printed(self, record: ContainerRecord, **query: Any) -> bytes:
        """What `logs` prints."""
        return text(self.backend.logs(record, LogQuery(**query)))

    def exec(self, record: ContainerRecord, *command: str, input: bytes | None = None, **options: Any) -> Any:
        """Output and exit code of a command in a container."""
        channel = self.backend.exec(record, ExecRequest(command, stdin=input is not None, **options))
        if input is not None:
            channel.write(input)
            channel.close_input()
        found = b""
        while (piece := channel.read()) is not None:
            found += piece[1]
        return found, channel.exit_code


def text(lines: Iterable[LogLine]) -> bytes:
    """The bytes of lines."""
    return b"".join(line.data for line in lines)


def until(ask: Callable[[], Any], seconds: float = 10) -> Any:
    """Ask until the answer is true, and return it."""
    end = time.monotonic() + seconds
    while not (found := ask()):
        assert time.monotonic() < end, "it did not become true"
        time.sleep(0.02)
    return found
