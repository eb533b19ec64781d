"""What azdock sets of a trigger, and what only the image can say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from azdock.azure import functionstorage
from azdock.backends import function_triggers as triggers
from azdock.backends.abilities import Trigger, TriggerWish
from azdock.backends.function_hosting import ACA, PLAN, Function
from azdock.backends.function_triggers import FunctionTriggers
from azdock.docker.record import ContainerRecord, Ident
from azdock.docker.spec import ContainerSpec
from azdock.errors import NotFound, Unsupported

TICK = Function("tick", "timerTrigger", settings={"schedule": "%TICK%"})
FIXED = Function("fixed", "timerTrigger", settings={"schedule": "0 0 * * * *"})
WORK = Function("work", "queueTrigger", settings={"queueName": "jobs", "connection": "Jobs"}, disabled=True)
BUS = Function("bus", "serviceBusTrigger", settings={"topicName": "%TOPIC%"})
EVENT = Function("event", "eventGridTrigger")
HELLO = Function("hello", "httpTrigger", "api/hello", ("get", "post"))
SOURCE = "/subscriptions/s1/x"


class Hosting:
    """One app with these functions."""

    def __init__(self, name: str, functions: list[Function] | None) -> None:
        self.name, self._functions = name, functions
        self.changed: list[Mapping[str, str | None]] = []
        self.tags: dict[str, str] = {}

    def functions(self, _record: ContainerRecord) -> list[Function] | None:
        return self._functions

    def settings(self, _record: ContainerRecord, changes: Mapping[str, str | None]) -> None:
        self.changed.append(changes)

    def get(self, _record: ContainerRecord) -> dict[str, Any]:
        return {"id": "/sites/web", "tags": self.tags}

    def tag(self, _record: ContainerRecord, tags: Mapping[str, str]) -> None:
        self.tags |= tags


class Grid:
    """Event subscriptions."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, ...]] = []

    def subscribe(self, source: str, name: str, function_id: str) -> None:
        self.calls.append(("subscribe", source, name, function_id))

    def unsubscribe(self, source: str, name: str) -> None:
        self.calls.append(("unsubscribe", source, name))


class Backend(FunctionTriggers):
    """The ability over one hosting."""

    def __init__(self, *functions: Function, name: str = PLAN, hosted: bool = True) -> None:
        super().__init__(SimpleNamespace())  # type: ignore[arg-type]
        self.one = Hosting(name, list(functions) if hosted else None)
        self.events = Grid()

    def hosting(self, _record: ContainerRecord) -> Any:
        return self.one

    @property
    def _grid(self) -> Any:
        return self.events


RECORD = ContainerRecord(Ident("a" * 64, "web"), ContainerSpec("img"), datetime(2026, 1, 1, tzinfo=UTC), "function", {})


@pytest.mark.parametrize(
    ("function", "shown"),
    [
        (HELLO, Trigger("hello", "httpTrigger", "GET,POST /api/hello")),
        (Function("any", "httpTrigger", "api/any"), Trigger("any", "httpTrigger", "ANY /api/any")),
        (TICK, Trigger("tick", "timerTrigger", "%TICK%", settings=TICK.settings)),
        (WORK, Trigger("work", "queueTrigger", "jobs", True, WORK.settings)),
        (BUS, Trigger("bus", "serviceBusTrigger", "%TOPIC%", settings=BUS.settings)),
        (
            Function("blob", "blobTrigger", settings={"path": "x"}),
            Trigger("blob", "blobTrigger", "", False, {"path": "x"}),
        ),
    ],
)
def test_shown(function: Function, shown: Trigger) -> None:
    """What a function listens to, in the binding's own words."""
    assert Backend(function).triggers(RECORD) == [shown]


@pytest.mark.parametrize(
    ("function", "wish", "changes"),
    [
        (TICK, TriggerWish("tick", "timerTrigger", "0 0 * * * *"), [{"TICK": "0 0 * * * *"}]),
        (FIXED, TriggerWish("fixed", "timerTrigger", "0 0 * * * *"), []),
        (WORK, TriggerWish("work", "", ""), [{"AzureWebJobs.work.Disabled": None}]),
        (WORK, TriggerWish("WORK", "queueTrigger", "jobs"), [{"AzureWebJobs.work.Disabled": None}]),
        (BUS, TriggerWish("bus", "serviceBusTrigger", "t"), [{"TOPIC": "t"}]),
    ],
)
def test_add(function: Function, wish: TriggerWish, changes: list[Any]) -> None:
    """Only what the binding leaves open is set, and a disabled function is enabled; what is right already is left."""
    backend = Backend(function)
    backend.add_trigger(RECORD, wish)
    assert backend.one.changed == changes


def test_connection_by_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    """An account's name becomes the settings of a connection by the shared identity, under the binding's own name."""
    monkeypatch.setattr(functionstorage, "webjobs", lambda _azure: SimpleNamespace(client_id="c1"))
    backend = Backend(WORK)
    backend.add_trigger(RECORD, TriggerWish("work", "queueTrigger", "jobs", "acc"))
    assert backend.one.changed == [
        {
            "Jobs__queueServiceUri": "https://acc.queue.core.windows.net",
            "Jobs__credential": "managedidentity",
            "Jobs__clientId": "c1",
            "AzureWebJobs.work.Disabled": None,
        }
    ]
    assert triggers.connected(BUS, "ns", "c1")["AzureWebJobsServiceBus__fullyQualifiedNamespace"] == (
        "ns.servicebus.windows.net"
    )


@pytest.mark.parametrize(
    ("function", "wish", "error", "words"),
    [
        (TICK, TriggerWish("other", "", ""), NotFound, "belong in the image"),
        (TICK, TriggerWish("tick", "queueTrigger", "q"), Unsupported, "triggered by timerTrigger, not by queueTrigger"),
        (
            FIXED,
            TriggerWish("fixed", "timerTrigger", "1 1 1 1 1 1"),
            Unsupported,
            "fixed in the image: 0 0 \\* \\* \\* \\*",
        ),
        (TICK, TriggerWish("tick", "", "", "acc"), Unsupported, "--connection: a timerTrigger has none"),
        (WORK, TriggerWish("work", "", "", "AccountName=a;AccountKey=k"), Unsupported, "is a secret"),
    ],
)
def test_refused(function: Function, wish: TriggerWish, error: type[Exception], words: str) -> None:
    """What only the image can say is refused before anything changes, and a secret never gets into a command line."""
    backend = Backend(function)
    with pytest.raises(error, match=words):
        backend.add_trigger(RECORD, wish)
    assert backend.one.changed == []


def test_no_functions_host() -> None:
    """An image without a Functions host has no triggers, which is said."""
    with pytest.raises(Unsupported, match="nothing in its image answers for a Functions host"):
        Backend(hosted=False).triggers(RECORD)


def test_events_come_and_go() -> None:
    """Event Grid's subscription is made, shown, noted on the app, and taken away again."""
    backend = Backend(EVENT)
    backend.add_trigger(RECORD, TriggerWish("event", "eventGridTrigger", SOURCE))
    name = "azdock-aaaaaaaa-event"
    assert backend.events.calls == [("subscribe", SOURCE, name, "/sites/web/functions/event")]
    assert json.loads(backend.one.tags[triggers.EVENTS]) == {"event": SOURCE}
    assert backend.triggers(RECORD)[0].source == SOURCE
    backend.remove_trigger(RECORD, "event")
    assert backend.events.calls[-1] == ("unsubscribe", SOURCE, name)
    assert backend.one.tags[triggers.EVENTS] == ""
    assert backend.triggers(RECORD)[0].source == ""


def test_events_on_container_apps() -> None:
    """Event Grid knows functions of plans only: refused with what works."""
    backend = Backend(EVENT, name=ACA)
    with pytest.raises(Unsupported, match="App Service plans only"):
        backend.add_trigger(RECORD, TriggerWish("event", "eventGridTrigger", SOURCE))
    assert backend.events.calls == []


def test_remove() -> None:
    """A trigger of the image is disabled by a setting, once."""
    backend = Backend(TICK, WORK)
    backend.remove_trigger(RECORD, "tick")
    backend.remove_trigger(RECORD, "work")
    assert backend.one.changed == [{"AzureWebJobs.tick.Disabled": "true"}]
