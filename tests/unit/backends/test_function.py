"""The backend over function apps: which hosting is asked for what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from azdock import errors
from azdock.backends import function_base
from azdock.backends.base import Gap
from azdock.backends.function import FunctionBackend
from azdock.backends.function_hosting import ACA, APP, HOSTING, PLAN, RUN, Hosted
from azdock.docker.record import ContainerRecord, Ident, Status
from azdock.docker.spec import ContainerSpec, ImageFacts

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def record(name: str = "fa", hosting: str = ACA, **spec: Any) -> ContainerRecord:
    handle = {HOSTING: hosting, APP: name}
    return ContainerRecord(Ident(name * 32, name), ContainerSpec("x", **spec), NOON, "function", handle)


class FakeHosting:
    """A hosting in memory: apps are {"name", "stopped", "tags"}; calls are kept in order."""

    def __init__(self, name: str, *apps: dict[str, Any]) -> None:
        self.name = name
        self.apps = list(apps)
        self.calls: list[tuple[Any, ...]] = []

    def gaps(self, spec: ContainerSpec) -> list[Gap]:
        return [Gap("volume", "refuse", f"{self.name} has none")]

    def price(self, spec: ContainerSpec) -> str:
        return f"a plan of size {spec.plan}"

    def create(self, record: ContainerRecord) -> dict[str, str]:
        self.calls.append(("create", dict(record.handle)))
        return {HOSTING: self.name, APP: record.ident.name, "plan": "p"}

    def all(self) -> list[dict[str, Any]]:
        self.calls.append(("all",))
        return self.apps

    def get(self, record: ContainerRecord) -> dict[str, Any]:
        self.calls.append(("get", record.ident.name))
        return self.apps[0]

    def record_of(self, app: dict[str, Any]) -> ContainerRecord:
        return record(app["name"], self.name)

    def hosted(self, app: dict[str, Any]) -> Hosted:
        if app.get("gone"):
            raise errors.NotFound("gone")
        return Hosted(app["stopped"], {})

    def tag(self, record: ContainerRecord, tags: dict[str, str]) -> None:
        self.calls.append(("tag", record.ident.name, tags))

    def update(self, record: ContainerRecord, spec: ContainerSpec) -> None:
        self.calls.append(("update", spec.image))

    def remove(self, record: ContainerRecord) -> None:
        self.calls.append(("remove", record.ident.name))

    def swap(self, record: ContainerRecord, slot: str) -> None:
        self.calls.append(("swap", slot))

    def close(self) -> None:
        self.calls.append(("close",))


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, FakeHosting]]:
    """The hostings that the backend connects, by name."""
    made = {ACA: FakeHosting(ACA), PLAN: FakeHosting(PLAN)}
    modules = {f"azdock.backends.{name}": SimpleNamespace(connect=lambda _, one=one: one) for name, one in made.items()}
    monkeypatch.setattr(function_base, "MODULES", {name: f"azdock.backends.{name}" for name in made})
    monkeypatch.setattr(function_base, "importlib", SimpleNamespace(import_module=modules.__getitem__))
    yield made


@pytest.fixture
def backend(fakes: dict[str, FakeHosting]) -> FunctionBackend:
    azure: Any = SimpleNamespace(is_embedded=True, close=lambda: None)
    return FunctionBackend(azure)


def test_the_hosting(backend: FunctionBackend, fakes: dict[str, FakeHosting]) -> None:
    """It is Container Apps; a hosting's own gaps come with those of every function app."""
    spec = ContainerSpec("x", asked={"init": "true", "publish": "80"})
    assert [(gap.flag, gap.action) for gap in backend.gaps(spec)] == [
        ("publish", "refuse"),
        ("volume", "refuse"),
        ("init", "warn"),
    ]
    handle = backend.create(record())
    assert handle == {HOSTING: ACA, APP: "fa", "plan": "p"}
    assert [len(one.calls) for one in fakes.values()] == [int(one == ACA) for one in fakes]


def test_a_plan_is_refused(backend: FunctionBackend) -> None:
    """Also one that the context names: functions are hosted on Container Apps only."""
    assert next((gap.flag, gap.action) for gap in backend.gaps(ContainerSpec("x", plan="EP1"))) == ("plan", "refuse")


def test_the_first_run_of_an_app_that_starts_at_once(backend: FunctionBackend, fakes: dict[str, FakeHosting]) -> None:
    """It has its id before the app exists, so that its beginning can be noted with the creation."""
    handle = backend.create(record(at_once=True))
    assert re.fullmatch("[0-9a-f]{32}", handle[RUN])
    assert fakes[ACA].calls == [("create", {HOSTING: ACA, RUN: handle[RUN]})]


def test_what_a_plan_costs(backend: FunctionBackend) -> None:
    """Only a hosting with plans has a price."""
    assert backend.price(ContainerSpec("x", plan="EP1")) == "a plan of size EP1"


def test_changes_go_to_the_app_s_hosting(backend: FunctionBackend, fakes: dict[str, FakeHosting]) -> None:
    """The handle says where an app is, whatever its record asks for."""
    fakes[PLAN].apps.append({"name": "fa", "stopped": True})
    there = record(hosting=PLAN)
    backend.rename(there, "other")
    backend.update(there, replace(there.spec, image="new"))
    backend.remove(there)
    backend.swap(there, "staging")
    assert fakes[PLAN].calls == [
        ("tag", "fa", {"azdock-name": "other"}),
        ("update", "new"),
        ("get", "fa"),
        ("remove", "fa"),
        ("swap", "staging"),
    ]
    assert fakes[ACA].calls == []


def test_container_apps_have_no_slots(backend: FunctionBackend) -> None:
    """A slot on Container Apps is refused with what works there."""
    with pytest.raises(errors.Unsupported, match="no deployment slots") as caught:
        backend.slots(record())
    assert "azdock update" in caught.value.hint


def test_inventory(backend: FunctionBackend, fakes: dict[str, FakeHosting]) -> None:
    """Both hostings are asked once; one that vanished meanwhile is left out; what was seen last is known."""
    fakes[ACA].apps += [{"name": "aa", "stopped": True}, {"name": "bb", "stopped": False, "gone": True}]
    fakes[PLAN].apps += [{"name": "cc", "stopped": False}]
    found = {one.ident.name: one for one in backend.inventory({"aa" * 32: Status("exited", "r", exit_code=3)})}
    assert {name: one.handle[HOSTING] for name, one in found.items()} == {"aa": ACA, "cc": PLAN}
    assert (found["aa"].seen.serving, found["cc"].seen.serving) == (False, True)
    assert [one.calls for one in fakes.values()] == [[("all",)], [("all",)]]


def test_raw_has_no_secrets(backend: FunctionBackend, fakes: dict[str, FakeHosting]) -> None:
    """Values of secrets are not shown."""
    secret = {"name": "azdock-webjobs", "value": "AccountKey"}
    fakes[ACA].apps.append({"name": "fa", "properties": {"configuration": {"secrets": [secret]}}})
    assert backend.raw(record())["properties"]["configuration"]["secrets"] == [{"name": "azdock-webjobs"}]


def test_no_session_and_no_stdin(backend: FunctionBackend) -> None:
    """What has no meaning for requests is refused with its reason, and a command is never wrapped."""
    with pytest.raises(errors.Unsupported, match="no terminal"):
        backend.session(record(), (24, 80))
    with pytest.raises(errors.Unsupported, match="body of its request"):
        backend.stdin(record())
    assert backend.unwrapped(record()) is None
    assert backend.needs(ContainerSpec("x"), ImageFacts()) == []


def test_close(backend: FunctionBackend, fakes: dict[str, FakeHosting]) -> None:
    """Only what was connected is closed."""
    backend.hosting(record())
    backend.close()
    assert (fakes[ACA].calls, fakes[PLAN].calls) == ([("close",)], [])
