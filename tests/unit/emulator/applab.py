"""A world in which apps run with plain processes: made inside the test's event loop, nothing is served."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from azdock.emulator import apprunner
from azdock.emulator.appfacts import ContainerFacts, RevisionFacts
from azdock.emulator.apprunner import AppRunner
from azdock.emulator.auth import Auth
from azdock.emulator.clock import Clock
from azdock.emulator.logbook import Logbook
from azdock.emulator.runtimes.base import Runtime
from azdock.emulator.runtimes.scripted import ScriptedRuntime
from azdock.emulator.store import Store
from azdock.emulator.world import Behaviour, World
from tests.support.emulator import ENVIRONMENT_ID, GROUP

Document = dict[str, Any]
PATIENCE = 15.0
FAST = {"deploy_deadline": 0.6, "crash_backoff": 0.1, "drain": 0.05, "grace": 3.0, "probe_pace": 0.02}


@contextlib.asynccontextmanager
async def world(home: Path, runtime: Runtime | None = None, **behaviour: Any) -> AsyncIterator[World]:
    """A world; everything that runs in it is ended at the end."""
    how = Behaviour(**{**FAST, **behaviour})
    made = World(
        home, Store(), Clock(), Auth(), runtime or ScriptedRuntime(), Logbook(home / "logs", how), how
    )  # fmt: skip
    try:
        yield made
    finally:
        await apprunner.end_all(made)
        await made.ingress.close()
        await made.runtime.close()
        made.logbook.close()


def container(*command: str, name: str = "app", image: str = "work/tool:1", **given: Any) -> Document:
    """A container of a template, as it is stored."""
    resources = {"cpu": 0.25, "memory": "0.5Gi"}
    return {"name": name, "image": image, "command": list(command), "resources": resources, **given}


def app(
    *containers: Document, ingress: Document | None = None, least: int = 1, most: int = 1, **given: Any
) -> Document:
    """A stored app with its first revision, active."""
    configuration: Document = {"activeRevisionsMode": "Single"}
    if ingress is not None:
        configuration["ingress"] = {"external": True, "transport": "Auto", "exposedPort": 0, **ingress}
    template = {"containers": list(containers), "scale": {"minReplicas": least, "maxReplicas": most}, **given}
    made: Document = {
        "id": f"{GROUP}/providers/Microsoft.App/containerApps/web",
        "name": "web", "type": "Microsoft.App/containerApps", "location": "westeurope", "state": "Succeeded",
        "properties": {"environmentId": ENVIRONMENT_ID, "configuration": configuration, "template": template},
        "stopped": False, "latest": "", "latest_ready": "", "revisions": {},
    }  # fmt: skip
    revise(made, template, "abc1234")
    return made


def revise(document: Document, template: Document, suffix: str) -> str:
    """Give an app another revision; its name."""
    name = f"web--{suffix}"
    document["revisions"][name] = {
        "name": name, "created": time.time_ns(), "template": template, "active": True, "last_active": 0, "failed": "",
        "ready_once": False,
    }  # fmt: skip
    document["latest"] = name
    document["properties"]["template"] = template
    return name


def run(made: World, document: Document) -> AppRunner:
    """Store an app and let it run."""
    made.store.put(document)
    runner = apprunner.of(made, document)
    runner.sync()
    return runner


async def until(true: Callable[[], object], what: Callable[[], object] = str) -> None:
    """Wait until something is so. Raises AssertionError, with what is so instead, when it does not come about."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, what()
        await asyncio.sleep(0.01)


async def settled(runner: AppRunner, state: str) -> RevisionFacts:
    """The facts of the latest revision once it is in `state`."""
    name = runner.document["latest"]
    await until(lambda: runner.facts(name).running_state == state, lambda: (state, runner.facts(name)))
    return runner.facts(name)


def only(facts: RevisionFacts) -> ContainerFacts:
    """The one container of the one replica."""
    (replica,) = facts.replicas
    (found,) = replica.containers
    return found


def output(made: World, replica: str, name: str = "app") -> list[str]:
    """What a container has written, all its instances."""
    log = made.logbook.find(replica, name)
    return [record.text for record in log.lines()] if log else []


def events(made: World, reason: str = "") -> list[str]:
    """The messages of the system log, of one reason or all."""
    return [event.message for event in made.logbook.events.all() if reason in ("", event.reason)]
