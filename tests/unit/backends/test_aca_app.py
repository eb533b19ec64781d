"""The backend over apps: its decisions, against apps in memory."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from azdock.azure import progress
from azdock.backends import aca_app_map as translation
from azdock.backends import aca_app_status as view
from azdock.backends.aca_app import AppBackend
from azdock.backends.shim import MARK, unwrap
from azdock.docker.channels import Attachment
from azdock.docker.ports import Port
from azdock.docker.record import ContainerRecord, Ident, Status
from azdock.docker.spec import ContainerSpec, ImageFacts, Resources, Restart
from azdock.errors import AzureFailure, Forbidden, NotFound, NotRunning, Unsupported
from tests.unit.azure.azures import Script, cloud

Json = dict[str, Any]
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
FACTS = ImageFacts("sha256:1", command=("sleep", "9"))
ALWAYS = Restart("always")


class FakeApps:
    """One app as Azure keeps it. `shown` are the replicas of its latest revision, looked at in turn; the last stays."""

    def __init__(self, app: Json | None = None) -> None:
        self.apps: dict[str, Json] = {} if app is None else {"web": app}
        self.calls: list[str] = []
        self.shown: list[list[Json]] = [[]]
        self.state: Json = {"runningState": "Running"}
        self.log: list[str] = []
        self.fails: dict[str, Exception] = {}
        self.azure: Any = None

    def _call(self, what: str) -> None:
        self.calls.append(what)
        if what in self.fails:
            raise self.fails[what]

    def _revise(self, name: str) -> None:
        latest = self.apps[name]["properties"].get("latestRevisionName", f"{name}--0")
        number = int(latest.rpartition("--")[2]) + 1
        self.apps[name]["properties"] |= {"latestRevisionName": f"{name}--{number}", "runningStatus": "Running"}

    def all(self) -> Iterator[Json]:
        self._call("all")
        return iter(copy.deepcopy(list(self.apps.values())))

    def get(self, name: str) -> Json:
        self._call("get")
        if name not in self.apps:
            raise NotFound("no such app")
        return copy.deepcopy(self.apps[name])

    def exists(self, name: str) -> bool:
        return name in self.apps

    def create(self, name: str, body: Json, enough: Callable[[], bool]) -> None:
        self.apps[name] = copy.deepcopy(body) | {"name": name}
        self._revise(name)
        self._call("create")
        self.enough = enough()

    def patch(self, name: str, body: Json, enough: Callable[[], bool]) -> None:
        self._call("patch")
        stopped = self.apps[name]["properties"].get("runningStatus")
        for key, value in body.get("properties", {}).items():
            self.apps[name]["properties"][key] = value
        self.apps[name].setdefault("tags", {}).update(body.get("tags", {}))
        self._revise(name)
        if stopped == "Stopped":
            self.apps[name]["properties"]["runningStatus"] = stopped
        enough()

    def tag(self, name: str, tags: Json) -> None:
        self._call("tag")
        self.apps[name]["tags"].update(tags)

    def start(self, name: str) -> None:
        self._call("start")
        self.apps[name]["properties"]["runningStatus"] = "Running"

    def stop(self, name: str) -> None:
        self._call("stop")
        self.apps[name]["properties"]["runningStatus"] = "Stopped"

    def delete(self, name: str) -> None:
        self._call("delete")
        self.apps.pop(name, None)

    def replicas(self, name: str, _revision: str) -> list[Json]:
        self._call("replicas")
        if name not in self.apps:
            raise NotFound("no such app")
        return self.shown.pop(0) if len(self.shown) > 1 else self.shown[0]

    def revision(self, _name: str, _revision: str) -> Json:
        self._call("revision")
        return {"properties": self.state}

    def token(self, _name: str) -> str:
        return "token"

    def stream(self, _name: str, _url: str, *, follow: bool) -> Iterator[list[tuple[str, str]]]:
        self._call("follow" if follow else "log")
        yield [("2026-01-02T12:00:00+00:00", line) for line in self.log]


def record(seen: Status = Status(), **spec: Any) -> ContainerRecord:  # noqa: B008
    made = ContainerSpec("i", **spec)
    handle = {"app": "web", "linger": "0"}
    return ContainerRecord(Ident("ab" * 32, "web"), made, NOON, "app", handle, FACTS, seen)


def app(one: ContainerRecord, *, parked: bool = False, stopped: bool = False, ended: Status | None = None) -> Json:
    body = translation.app_body(one, "/env", "here", translation.own_plan(one), parked=parked) | {"name": "web"}
    body["properties"] |= {"latestRevisionName": "web--1", "runningStatus": "Stopped" if stopped else "Running"}
    body["tags"] |= view.note(ended) if ended else {}
    return body


def replica(state: str = "Running", restarts: int = 0, details: str = "", **more: Any) -> list[Json]:
    main = {"name": "main", "runningState": state, "restartCount": restarts, "runningStateDetails": details}
    main |= {"logStreamEndpoint": "https://x/log", "execEndpoint": "wss://x"} | more
    return [{"name": "web--1-x-1", "properties": {"createdTime": "2026-01-02T11:00:00Z", "containers": [main]}}]


def waiting(reason: str, restarts: int = 0) -> list[Json]:
    return replica("Waiting", restarts, f"Container is waiting with reason: {reason} on legion.")


def backend(home: Path, apps: FakeApps) -> AppBackend:
    azure = cloud(home, Script())
    azure.__dict__["_environment"] = {"location": "here", "properties": {}}
    apps.azure = azure
    made = AppBackend(azure, sleep=lambda _: None)
    made._apps = apps  # type: ignore[assignment]
    return made


def end(code: int) -> list[str]:
    return [f"{MARK}azdock web--1-x-1 end err {code}", f"{MARK}azdock web--1-x-1 end out {code}"]


# ---- create and start
def test_create(tmp_path: Path) -> None:
    """A container that is not to start at once is parked; one that is runs from the beginning."""
    for at_once in (False, True):
        apps = FakeApps()
        handle = backend(tmp_path, apps).create(replace(record(at_once=at_once), handle={}))
        assert handle == {"app": "web", "linger": "0"}
        assert translation.is_parked(apps.apps["web"]) is not at_once


def test_input_is_known_at_the_start(tmp_path: Path) -> None:
    """A watched command with input is parked until its input is known; that is in the command line then."""
    apps = FakeApps()
    made, one = backend(tmp_path, apps), record(at_once=True, stdin_open=True, foreground=True)
    one = replace(one, handle=made.create(replace(one, handle={})))
    assert translation.is_parked(apps.apps["web"])
    made.start(one, Attachment(output=True, data=b"hello"))
    wrapped = unwrap(apps.apps["web"]["properties"]["template"]["containers"][0]["command"])
    assert wrapped is not None and (wrapped[0].stdin, wrapped[0].data) == ("carried", b"hello")


def test_names_that_are_taken(tmp_path: Path) -> None:
    """An app of that name, whoever made it, is not written over."""
    theirs: Json = {"name": "web", "properties": {"template": {}}, "tags": {}}
    apps = FakeApps(copy.deepcopy(theirs))
    assert backend(tmp_path, apps).create(replace(record(), handle={}))["app"] == "web-abababab"
    assert apps.apps["web"] == theirs


def test_creation_that_fails(tmp_path: Path) -> None:
    """What Azure keeps of an app whose creation failed is removed."""
    apps = FakeApps()
    apps.fails["create"] = AzureFailure("no", status=400)
    with pytest.raises(AzureFailure):
        backend(tmp_path, apps).create(replace(record(), handle={}))
    assert apps.apps == {}
    progress.listen()


def test_a_watched_run_lingers(tmp_path: Path) -> None:
    """What `run` without -d makes stays readable; a session's output is not in the log."""
    apps = FakeApps()
    made = backend(tmp_path, apps)
    assert made.create(replace(record(foreground=True, at_once=True), handle={}))["linger"] == "20"
    apps.apps.clear()
    session = replace(record(foreground=True, session=True, tty=True), handle={})
    assert made.create(session)["linger"] == "0"


def test_start_of_a_parked_container(tmp_path: Path) -> None:
    """The real command is patched in, with the ports; the run is the new revision."""
    one = record(ports=(Port(80),))
    apps = FakeApps(app(one, parked=True))
    status = backend(tmp_path, apps).start(one)
    assert (status.state, status.health, status.run) == ("created", "starting", "web--2")
    assert not translation.is_parked(apps.apps["web"])
    assert apps.apps["web"]["properties"]["configuration"]["ingress"]["targetPort"] == 80


def test_start_of_a_stopped_container(tmp_path: Path) -> None:
    """The same revision runs again, under another number."""
    one = record()
    apps = FakeApps(app(one, stopped=True, ended=Status("exited", "web--1", 3)))
    assert backend(tmp_path, apps).start(one).run == "web--1#2"
    assert "patch" not in apps.calls


def test_start_of_what_runs(tmp_path: Path) -> None:
    """What began with its creation is left alone."""
    one = record(at_once=True)
    apps = FakeApps(app(one))
    assert backend(tmp_path, apps).start(one).run == "web--1"
    assert set(apps.calls) == {"get"}


# ---- started
def up(apps: FakeApps, home: Path, one: ContainerRecord) -> Status:
    return backend(home, apps).started(replace(one, seen=Status("created", "web--1", health="starting")))


def test_started(tmp_path: Path) -> None:
    """A container without ports runs as soon as it does, and its shim did not say that it cannot."""
    apps = FakeApps(app(record()))
    apps.shown = [[], waiting("PullingImage"), replica()]
    apps.log = [f"{MARK}azdock web--1-x-1 begin out"]
    assert up(apps, tmp_path, record()).state == "running"
    assert apps.calls[:3] == ["replicas"] * 3


def test_started_when_it_is_ready(tmp_path: Path) -> None:
    """One with a port runs when it is ready; each look costs one call."""
    one = record(ports=(Port(80),))
    apps = FakeApps(app(one))
    apps.shown = [replica(ready=False)] * 3 + [replica(ready=True)]
    status = up(apps, tmp_path, one)
    assert (status.state, status.endpoints) == ("running", ())
    assert apps.calls.count("replicas") <= 5


@pytest.mark.parametrize(
    ("shown", "state", "error"),
    [
        (waiting("ImagePullBackOff"), {"runningState": "Failed", "runningStateDetails": "1/1 Pending"}, "1/1 Pending"),
        (waiting("ErrImagePull"), {"runningState": "Activating"}, "ErrImagePull"),
        (replica(ready=False), {"runningState": "Degraded", "runningStateDetails": "TargetPort 81"}, "TargetPort 81"),
    ],
)
def test_started_of_what_never_will(tmp_path: Path, shown: list[Json], state: Json, error: str) -> None:
    """No image, no answer at its port: it is not waited for, and never called running."""
    one = record(ports=(Port(80),))
    apps = FakeApps(app(one))
    apps.shown, apps.state = [shown], state
    status = up(apps, tmp_path, one)
    assert (status.state, status.error, status.alive) == ("created", error, True)


def test_started_of_a_command_that_cannot_be_invoked(tmp_path: Path) -> None:
    """The shim tells at once; the end is noted, and nothing runs any more."""
    apps = FakeApps(app(record()))
    apps.shown, apps.log = [replica()], [f"{MARK}azdock web--1-x-1 end err 127 missing"]
    status = up(apps, tmp_path, record())
    assert (status.state, status.exit_code, status.over) == ("created", 127, True)
    assert view.is_stopped(apps.apps["web"]) and view.noted(apps.apps["web"]) is not None


# ---- status
def now(apps: FakeApps, home: Path, one: ContainerRecord) -> Status:
    return backend(home, apps).status(one)


def test_parked(tmp_path: Path) -> None:
    """Created, whatever Azure does with it."""
    apps = FakeApps(app(record(), parked=True))
    assert now(apps, tmp_path, record()) == Status()
    assert apps.calls == ["get"]


def test_who_sees_the_end_notes_it(tmp_path: Path) -> None:
    """The first one looks for the code, stops the app and writes it down; others need one call."""
    apps = FakeApps(app(record()))
    apps.shown, apps.log = [replica(restarts=1)], end(3)
    status = now(apps, tmp_path, record())
    assert (status.state, status.exit_code, status.exit_known) == ("exited", 3, True)
    assert apps.calls[-2:] == ["stop", "tag"]
    apps.calls.clear()
    assert now(apps, tmp_path, record()) == status
    assert apps.calls == ["get"]


def test_what_goes_away_by_itself_is_not_noted(tmp_path: Path) -> None:
    """A --rm container is removed next: writing down its end would only take time."""
    one = record(auto_remove=True)
    apps = FakeApps(app(one))
    apps.shown, apps.log = [replica(restarts=1)], end(3)
    assert now(apps, tmp_path, one).exit_code == 3
    assert not {"stop", "tag"} & set(apps.calls)


def test_an_end_that_cannot_be_noted(tmp_path: Path) -> None:
    """Whoever may only look, or comes when Azure is busy, is told all the same."""
    for failure in (AzureFailure("busy", status=409), Forbidden("no"), NotFound("gone")):
        apps = FakeApps(app(record()))
        apps.shown, apps.log = [replica(restarts=1)], end(3)
        apps.fails["stop"] = failure
        assert now(apps, tmp_path, record()).exit_code == 3


def test_crash_loop(tmp_path: Path) -> None:
    """docker's restarting, with the last code and Azure's words; also while it runs for a moment."""
    one = record(restart=ALWAYS)
    apps = FakeApps(app(one))
    apps.log, apps.state = end(9), {"runningState": "Failed", "runningStateDetails": "1/1 Container crashing: main"}
    apps.shown = [waiting("CrashLoopBackOff", 4)]
    status = now(apps, tmp_path, one)
    assert (status.state, status.exit_code, status.restarts) == ("restarting", 9, 4)
    assert status.error == "1/1 Container crashing: main"
    apps.shown = [replica(restarts=4)]
    status = now(apps, tmp_path, one)
    assert (status.state, status.exit_code, status.exit_known) == ("restarting", 1, False)  # never an invented 0
    apps.state = {"runningState": "Running"}
    status = now(apps, tmp_path, one)
    assert (status.state, status.restarts) == ("running", 4)


@pytest.mark.parametrize(
    ("shown", "lines", "state"),
    [
        (replica(restarts=1), end(0), "exited"),
        (replica(restarts=1), [*end(1), f"{MARK}azdock web--1-x-1 begin out"], "running"),
        (replica("Terminated", 1), end(1), "restarting"),
        (replica("Terminated", 1), end(0), "exited"),
        (replica("Terminated", 5), end(1), "exited"),
    ],
)
def test_on_failure(tmp_path: Path, shown: list[Json], lines: list[str], state: str) -> None:
    """Azure restarts a success, too: the shim's log tells it from a failure that is tried again."""
    one = record(restart=Restart("on-failure", 5))
    apps = FakeApps(app(one))
    apps.shown, apps.log = [shown], lines
    assert now(apps, tmp_path, one).state == state


def test_unhealthy(tmp_path: Path) -> None:
    """A container that was ready before and is not now runs, but is unhealthy."""
    one = record(ports=(Port(80),))
    apps = FakeApps(app(one))
    apps.apps["web"]["properties"]["latestReadyRevisionName"] = "web--1"
    apps.shown = [replica(ready=False, started=True)]
    status = now(apps, tmp_path, one)
    assert (status.state, status.health) == ("running", "unhealthy")


def test_scaled_to_zero(tmp_path: Path) -> None:
    """Nothing runs because nobody asks: that is no failure."""
    one = record(ports=(Port(80),), scale=(0, 2))
    apps = FakeApps(app(one))
    apps.apps["web"]["properties"]["latestReadyRevisionName"] = "web--1"
    assert now(apps, tmp_path, one).state == "running"


def test_gone(tmp_path: Path) -> None:
    """An app that somebody has removed is NotFound."""
    with pytest.raises(NotFound):
        now(FakeApps(), tmp_path, record())


# ---- inventory
def test_inventory(tmp_path: Path) -> None:
    """One list call, and one more for each app that runs; none for what has ended or never ran."""
    over = app(record(), stopped=True, ended=Status("exited", "web--1", exit_code=4))
    apps = FakeApps(over)
    apps.apps["new"] = app(record(), parked=True) | {"name": "new"}
    apps.apps["theirs"] = {"name": "theirs", "properties": {}, "tags": {}}
    leaving = app(record()) | {"name": "leaving"}
    leaving["properties"]["provisioningState"] = "Deleting"
    apps.apps["leaving"] = leaving
    apps.apps["runs"] = app(record(restart=ALWAYS)) | {"name": "runs"}
    apps.shown = [replica()]
    found = {one.handle["app"]: one.seen for one in backend(tmp_path, apps).inventory({})}
    assert {name: (seen.state, seen.exit_code) for name, seen in found.items()} == {
        "web": ("exited", 4), "new": ("created", 0), "runs": ("running", 0)
    }  # fmt: skip
    assert sorted(apps.calls) == ["all", "replicas"]


def test_an_app_that_vanishes_during_the_inventory(tmp_path: Path) -> None:
    """An app that somebody removes between list and status is not there."""
    apps = FakeApps(app(record()))
    apps.fails = {"replicas": NotFound("gone"), "revision": NotFound("gone")}
    assert backend(tmp_path, apps).inventory({}) == []


def test_what_is_known_to_be_over(tmp_path: Path) -> None:
    """A known end is believed as long as the app had no other run since."""
    known = Status("exited", "web--1", exit_code=4)
    apps = FakeApps(app(record(auto_remove=True)))
    apps.shown = [replica()]
    made = backend(tmp_path, apps)
    assert made.inventory({record().ident.id: known})[0].seen == known
    assert apps.calls == ["all"]
    apps.apps["web"]["properties"]["latestRevisionName"] = "web--2"
    assert made.inventory({record().ident.id: known})[0].seen.state == "running"


def test_a_later_run_that_a_stranger_stopped(tmp_path: Path) -> None:
    """The note of an earlier run is not taken for the end of the run that was seen last."""
    stopped = app(record(), stopped=True, ended=Status("exited", "web--1", exit_code=4))
    apps = FakeApps(stopped)
    seen = Status("running", "web--1#2", started_at=NOON)
    made = backend(tmp_path, apps)
    made._ends.event = lambda *_: None  # type: ignore[method-assign]
    status = made.inventory({record().ident.id: seen})[0].seen
    assert (status.run, status.exit_code, status.exit_known) == ("web--1#2", 137, False)


# ---- wait, stop, kill
def test_wait(tmp_path: Path) -> None:
    """The end is found with few calls, and is the final status."""
    apps = FakeApps(app(record()))
    apps.shown, apps.log = [*[replica()] * 9, replica(restarts=1)], end(3)
    assert backend(tmp_path, apps).wait(record(Status("running", "web--1")), "web--1").exit_code == 3
    assert apps.calls.count("get") <= 4


def test_wait_for_a_command_whose_container_lingers(tmp_path: Path) -> None:
    """A watched container stays to be read: its log has the end before Azure shows it."""
    one = replace(record(Status("running", "web--1")), handle={"app": "web", "linger": "20"})
    apps = FakeApps(app(one))
    apps.shown, apps.log = [replica()], end(3)
    assert backend(tmp_path, apps).wait(one, "web--1").exit_code == 3
    assert view.noted(apps.apps["web"]) is not None


def test_wait_for_an_earlier_run(tmp_path: Path) -> None:
    """A run that another one has followed is over: as it was noted, or else with a code that is no claim."""
    noted = Status("exited", "web--1", exit_code=5)
    apps = FakeApps(app(record(), ended=noted))
    apps.shown = [replica()]
    made = backend(tmp_path, apps)
    assert made.wait(record(), "web--1") == noted
    apps.apps["web"]["properties"]["latestRevisionName"] = "web--2"
    apps.apps["web"]["tags"].pop(view.ENDED)
    assert made.wait(record(), "web--1").exit_known is False


def test_stop(tmp_path: Path) -> None:
    """The log is read while the app stops: it has the command's own code."""
    apps = FakeApps(app(record()))
    apps.shown, apps.log = [replica(), replica(), []], end(5)
    status = backend(tmp_path, apps).stop(record(Status("running", "web--1")), None)
    assert (status.state, status.exit_code, status.exit_known) == ("exited", 5, True)
    assert apps.calls.index("follow") < apps.calls.index("stop") < apps.calls.index("tag")


def test_stop_of_what_does_not_run(tmp_path: Path) -> None:
    """Nothing is stopped twice."""
    noted = Status("exited", "web--1", exit_code=5)
    apps = FakeApps(app(record(), stopped=True, ended=noted))
    assert backend(tmp_path, apps).stop(record(), None) == noted
    apps = FakeApps(app(record(), parked=True))
    assert backend(tmp_path, apps).stop(record(), None) == Status()
    assert "stop" not in apps.calls


@pytest.mark.parametrize("signal", ["KILL", "SIGKILL", "9"])
def test_kill(tmp_path: Path, signal: str) -> None:
    """KILL is Azure's own stop, noted as what docker would tell."""
    apps = FakeApps(app(record()))
    made = backend(tmp_path, apps)
    made.kill(record(Status("running", "web--1")), signal)
    status = made.status(record())
    assert (status.state, status.exit_code) == ("exited", 137)


def test_replicas_of_exec(tmp_path: Path) -> None:
    """Commands go to a replica that runs, or to the one that was named."""
    apps = FakeApps(app(record()))
    both = [*replica(execEndpoint="wss://a"), *replica("Waiting", execEndpoint="wss://b")]
    both[1]["name"] = "web--1-x-2"
    apps.shown = [both]
    made = backend(tmp_path, apps)
    assert made.endpoint(("web", "web--1", ""), "execEndpoint") == "wss://a"
    assert made.endpoint(("web", "web--1", "2"), "execEndpoint") == "wss://b"
    assert made.place(record(Status("running", "web--1#3")), "2") == ("web", "web--1", "2")
    with pytest.raises(NotFound):
        made.endpoint(("web", "web--1", "3"), "execEndpoint")
    apps.shown = [[]]
    with pytest.raises(NotRunning):
        made._inside.socket(("web", "web--1", ""), "sh", (1, 1))


# ---- update and the rest
def test_update(tmp_path: Path) -> None:
    """Another form is another revision; its tags go along."""
    one = record(Status("running", "web--1"))
    apps = FakeApps(app(one))
    apps.shown = [replica()]
    wanted = replace(one.spec, resources=Resources(1_000_000_000), labels={"a": "b"})
    assert backend(tmp_path, apps).update(one, wanted).run == "web--2"
    assert translation.record_of(apps.apps["web"]).spec == wanted


def test_update_of_what_does_not_run(tmp_path: Path) -> None:
    """One that has ended keeps its end; one that never ran stays parked."""
    one = record()
    apps = FakeApps(app(one, stopped=True, ended=Status("exited", "web--1", exit_code=4)))
    made = backend(tmp_path, apps)
    status = made.update(one, replace(one.spec, env=("A=1",)))
    assert (status.state, status.exit_code, status.run) == ("exited", 4, "web--2")
    apps = FakeApps(app(one, parked=True))
    assert backend(tmp_path, apps).update(one, replace(one.spec, env=("A=1",))) == Status()
    assert translation.is_parked(apps.apps["web"])


def test_without_the_shim(tmp_path: Path) -> None:
    """An image without a shell runs its command bare; a session cannot."""
    refused = Status("created", "web--1", 127, error='exec: "/bin/sh": no such file or directory')
    apps = FakeApps(app(record()))
    made = backend(tmp_path, apps)
    assert made.unwrapped(record(refused)) == {"app": "web"}
    assert "command" not in apps.apps["web"]["properties"]["template"]["containers"][0]
    assert made.unwrapped(record(Status("exited", "web--1", 1))) is None
    with pytest.raises(Unsupported, match="--tty"):
        made.unwrapped(record(refused, session=True, tty=True))


def test_raw(tmp_path: Path) -> None:
    """Secrets' values do not leave the backend; their names do."""
    apps = FakeApps({"properties": {"configuration": {"secrets": [{"name": "s", "value": "s3cret"}]}}})
    assert backend(tmp_path, apps).raw(record()) == {"properties": {"configuration": {"secrets": [{"name": "s"}]}}}
