"""The hosting on Container Apps against an emulator: the app, its functions and keys, its settings, what apps have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from azdock import errors
from azdock.backends import base, function_aca
from azdock.backends.function_aca import AcaHosting
from azdock.docker.channels import ExecRequest
from azdock.docker.record import ContainerRecord
from tests.support.emulator import Emulator
from tests.support.lab import Lab, runtime_for, until


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """The backend over function apps, against an emulator of its own."""
    home = tmp_path / "home"
    emulator = Emulator(home / "emulator", runtime_for("function")).start()
    made = Lab(emulator, home, "function")
    yield made
    made.close()
    emulator.stop()


@pytest.fixture
def hosting(lab: Lab) -> Iterator[AcaHosting]:
    """The hosting of that backend, by itself."""
    made = function_aca.connect(lab.backend._azure)
    yield made
    made.close()


def made(lab: Lab, hosting: AcaHosting, *functions: str, **spec: Any) -> ContainerRecord:
    """A function app whose image holds these functions."""
    record = lab.record("true", **spec)
    env = ("QUIET=1", f"FUNCTIONS={','.join(functions or ('function',))}")
    record = replace(record, spec=replace(record.spec, env=env))
    return replace(record, handle=hosting.create(record))


def asked(hosting: AcaHosting, record: ContainerRecord, path: str, **headers: str) -> httpx.Response:
    return httpx.post(f"{hosting.url(record)}/{path}", content=b"hello", headers=headers, timeout=60)


def is_refused(hosting: AcaHosting, record: ContainerRecord) -> bool:
    """Whether a request gets no answer of the app's: the emulated ingress closes the door of a stopped app."""
    try:
        return asked(hosting, record, "api/function").status_code >= 400
    except httpx.ConnectError:
        return True


def test_a_created_app_serves_only_once_it_is_turned_on(lab: Lab, hosting: AcaHosting) -> None:
    """Before its first start it has no address; stopped again it refuses requests; the next start serves them."""
    record = made(lab, hosting)
    there = hosting.hosted(hosting.get(record))
    assert (there.stopped, there.address, there.instances) == (True, "", 0)
    with pytest.raises(errors.NotRunning):
        hosting.url(record)
    hosting.turn_on(record)
    assert asked(hosting, record, "api/function").text == "hello"
    assert not hosting.hosted(hosting.get(record)).stopped
    hosting.turn_off(record, None)
    there = hosting.hosted(hosting.get(record))
    assert (there.stopped, there.instances) == (True, 0)
    assert is_refused(hosting, record)
    hosting.turn_on(record)
    assert asked(hosting, record, "api/function").text == "hello"


def test_an_app_that_starts_at_once(lab: Lab, hosting: AcaHosting) -> None:
    """It serves as soon as it exists, and comes back from Azure as it was asked for."""
    record = made(lab, hosting, at_once=True)
    assert asked(hosting, record, "api/function").text == "hello"
    (app,) = hosting.all()
    found = hosting.record_of(app)
    assert (found.ident, found.spec, found.handle) == (
        record.ident,
        replace(record.spec, at_once=False),
        record.handle,
    )


def test_functions_and_keys(lab: Lab, hosting: AcaHosting) -> None:
    """The functions are told with what their host knows; a function with a key lets in who has one."""
    record = made(lab, hosting, "function", "echo", "tick", at_once=True)
    found = {one.name: one for one in hosting.functions(record) or ()}
    assert {name: one.trigger for name, one in found.items()} == {
        "function": "httpTrigger",
        "echo": "httpTrigger",
        "tick": "timerTrigger",
    }
    assert (found["echo"].route, found["echo"].auth) == ("api/echo", "function")
    assert found["tick"].settings["schedule"] == "%TICK%"
    assert asked(hosting, record, "api/echo").status_code == 401
    for key in (hosting.key(record, "echo", "function"), hosting.key(record, "", "function")):
        assert asked(hosting, record, "api/echo", **{"x-functions-key": key}).text == "hello"
    assert hosting.key(record, "", "admin") not in (hosting.key(record, "", "function"), "")


def test_an_image_without_a_functions_host(lab: Lab, hosting: AcaHosting) -> None:
    """What only listens has no functions, which is no error."""
    record = lab.record("unused", at_once=True)
    port = ("-m", "http.server")
    server = replace(record.spec, command=(record.spec.command[0], *port, "8099"), env=("WEBSITES_PORT=8099",))
    record = replace(record, spec=server)
    record = replace(record, handle=hosting.create(record))
    assert hosting.functions(record) is None


def test_settings_outlive_an_update(lab: Lab, hosting: AcaHosting) -> None:
    """What was set on the app stays when the container is updated, and can be taken away."""
    record = made(lab, hosting, at_once=True)
    hosting.settings(record, {"TICK": "0 * * * * *"})
    hosting.update(record, replace(record.spec, env=(*record.spec.env, "A=1")))
    env = hosting.record_of(hosting.get(record)).spec.env
    assert {"TICK=0 * * * * *", "A=1", *record.spec.env} == set(env)
    hosting.settings(record, {"TICK": None})
    assert "TICK" not in str(hosting.record_of(hosting.get(record)).spec.env)
    assert until(lambda: asked(hosting, record, "api/function").text == "hello")


def test_what_apps_have(lab: Lab, hosting: AcaHosting) -> None:
    """Commands run inside, replicas are told, and tags are set beside the others."""
    record = made(lab, hosting, at_once=True)
    asked(hosting, record, "api/function")
    channel = hosting.exec(record, ExecRequest(("echo", "inside")))
    output = b""
    while (piece := channel.read()) is not None:
        output += piece[1]
    assert (output, channel.exit_code) == (b"inside\n", 0)
    assert len(hosting.replicas(record)) == 1
    hosting.tag(record, {"mine": "1"})
    assert hosting.hosted(hosting.get(record)).tags["mine"] == "1"
    assert hosting.record_of(hosting.get(record)).ident == record.ident


def test_no_slots(lab: Lab, hosting: AcaHosting) -> None:
    """A slot is refused before anything is asked of Azure."""
    record = replace(lab.record("true"), handle={"hosting": "aca", "app": "none"})
    for call in (
        lambda: hosting.url(record, "staging"),
        lambda: hosting.functions(record, "staging"),
        lambda: hosting.key(record, "f", "function", "staging"),
    ):
        with pytest.raises(errors.Unsupported, match="deployment slots"):
            call()


def test_each_backend_has_its_own(lab: Lab, hosting: AcaHosting) -> None:
    """A function app is no app for the backend over apps, and the other way round; removed it is neither."""
    apps: Any = base.connect("app", lab.settings)
    record = made(lab, hosting)
    web = replace(lab.record("true", name="other"), backend="app")
    apps.create(web)
    assert [one.ident.name for one in lab.backend.inventory({})] == ["web"]
    assert [one.ident.name for one in apps.inventory({})] == ["other"]
    hosting.remove(record)
    hosting.remove(record)
    assert lab.backend.inventory({}) == []
    apps.close()
