"""What an app and its replicas say, and the note of an end."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from azdock.backends import aca_app_status as view
from azdock.docker.health import Health, Probe
from azdock.docker.ports import Port
from azdock.docker.record import ContainerRecord, Ident, Status
from azdock.docker.spec import ContainerSpec, ImageFacts, Restart

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
NO, ONCE, UNTIL, ALWAYS = Restart(), Restart("on-failure", 1), Restart("on-failure"), Restart("always")
STARTED = "Container started at: 6/22/2026 3:14:40 PM."


def record(**spec: Any) -> ContainerRecord:
    return ContainerRecord(Ident("ab" * 32, "web"), ContainerSpec("i", **spec), NOON, "app", {"app": "web"})


def replica(state: str, details: str = "", restarts: int = 0, made: str = "1", **more: Any) -> dict[str, Any]:
    main = {"name": "main", "runningState": state, "runningStateDetails": details, "restartCount": restarts, **more}
    made_at = f"2026-01-0{made}T00:00:00Z"
    return {"name": f"web--r-x-{made}", "properties": {"createdTime": made_at, "containers": [main]}}


def waiting(reason: str, restarts: int = 0) -> dict[str, Any]:
    return replica("Waiting", f"Container is waiting with reason: {reason} on legion.", restarts)


@pytest.mark.parametrize(
    ("policy", "shown", "kind"),
    [
        (NO, replica("Running"), "up"),
        (NO, replica("Terminated"), "ended"),
        (NO, waiting("CrashLoopBackOff"), "ended"),
        (NO, replica("Running", restarts=1), "ended"),
        (NO, waiting("PullingImage"), "pending"),
        (NO, waiting("ImagePullBackOff"), "stuck"),
        (ALWAYS, replica("Running", restarts=5), "up"),
        (ALWAYS, replica("Terminated"), "crashed"),
        (ALWAYS, waiting("CrashLoopBackOff", 4), "crashed"),
        (ALWAYS, waiting("ContainerCreating", 4), "crashed"),
        (ALWAYS, waiting("ErrImagePull", 4), "stuck"),
        (ONCE, replica("Running"), "up"),
        (ONCE, replica("Terminated"), "doubtful"),
        (ONCE, replica("Running", restarts=1), "doubtful"),
        (ONCE, replica("Terminated", restarts=1), "ended"),
        (ONCE, replica("Running", restarts=2), "ended"),
        (UNTIL, replica("Terminated", restarts=7), "doubtful"),
        (UNTIL, replica("Running", restarts=7), "doubtful"),
    ],
)
def test_one_replica(policy: Restart, shown: dict[str, Any], kind: str) -> None:
    """What Azure shows of a container means what docker's policy makes of it."""
    assert view.look(record(restart=policy), [shown]).kind == kind


@pytest.mark.parametrize(
    ("spec", "awaited"),
    [
        ({}, False),
        ({"ports": (Port(80),)}, True),
        ({"health": Health(startup=Probe("tcp", 80))}, True),
        ({"health": Health(readiness=Probe("tcp", 80))}, True),
        ({"health": Health(liveness=Probe("tcp", 80))}, False),
    ],
)
def test_what_is_waited_for(spec: dict[str, Any], awaited: bool) -> None:
    """A container with a port or a check is up when it is ready; others as soon as they run."""
    assert view.is_awaited(record(**spec)) is awaited
    assert view.look(record(**spec), [replica("Running", ready=False)]).kind == ("unready" if awaited else "up")
    assert view.look(record(**spec), [replica("Running", ready=True)]).kind == "up"


def test_checks_of_the_image() -> None:
    """A check that the image brings counts, too."""
    checked = replace(record(), image=ImageFacts("sha256:1", health=("CMD-SHELL", "curl -f http://localhost:80/")))
    assert view.is_checked(checked) and view.is_awaited(checked)
    assert not view.is_checked(record())


def test_no_replica() -> None:
    """Without replicas, or without their containers, nothing runs."""
    assert view.look(record(), []) == view.Look()
    assert view.look(record(), [{"name": "r", "properties": {"containers": []}}]).kind == "pending"


def test_the_newest_replica_speaks() -> None:
    """One that is still ending beside its successor does not count, unless there are to be several."""
    both = [replica("Running", made="2"), replica("Terminated", restarts=3, made="1")]
    found = view.look(record(), both)
    assert (found.kind, found.restarts) == ("up", 0)
    found = view.look(record(scale=(2, 2), restart=ALWAYS), both)
    assert (found.kind, found.restarts, found.runs) == ("up", 3, True)


def test_times() -> None:
    """A container was started when Azure says so, its replica made before."""
    found = view.look(record(), [replica("Running", STARTED)])
    assert found.since == datetime(2026, 6, 22, 15, 14, 40, tzinfo=UTC)
    assert found.began == datetime(2026, 1, 1, tzinfo=UTC)
    assert view.started_at("12/1/2026 12:00:01 AM") is None
    assert view.started_at("started at: 12/1/2026 12:00:01 AM.") == datetime(2026, 12, 1, 0, 0, 1, tzinfo=UTC)
    assert view.time_of("2026-01-02T12:00:00.1234567Z") == NOON.replace(microsecond=123456)
    assert view.time_of("") is None


def app(latest: str = "web--r", *, stopped: bool = False, **tags: str) -> dict[str, Any]:
    properties = {"latestRevisionName": latest, "runningStatus": "Stopped" if stopped else "Running"}
    return {"name": "web", "tags": tags, "properties": properties}


def ended(run: str) -> dict[str, str]:
    return view.note(Status("exited", run, exit_code=3))


def test_runs_are_counted() -> None:
    """A revision that is started again has another run, known by the note of the end before."""
    assert view.run_of(app()) == "web--r"
    assert view.run_of(app(stopped=True)) == "web--r"
    assert view.run_of(app(stopped=True, **ended("web--r"))) == "web--r"
    assert view.run_of(app(**ended("web--r"))) == "web--r#2"
    assert view.run_of(app(stopped=True, **ended("web--r#2"))) == "web--r#2"
    assert view.run_of(app(**ended("web--r#2"))) == "web--r#3"
    assert view.run_of(app("web--s", **ended("web--r#2"))) == "web--s"
    assert view.run_of(app("")) == ""
    assert view.revision_of("web--r#3") == "web--r"


@pytest.mark.parametrize("size", [0, 10, 500])
def test_notes_come_back(size: int) -> None:
    """The end is read as it was noted; what does not fit into a tag is cut, and never the code."""
    run = "web--" + "r" * 20 + "#12"
    status = Status("created", run, 127, True, NOON, NOON, False, 1, "x" * size, "e'\"ü" * (size // 5))
    (text,) = view.note(status).values()
    assert len(text) <= 256
    found = view.noted(app(**{"AZDOCK-ended": text}))
    assert found is not None
    assert (found.run, found.exit_code, found.state) == (status.run, 127, "created")
    if size < 20:
        assert found == status


def test_damaged_notes() -> None:
    """A note that is none is as if there were none."""
    assert view.noted(app()) is None
    assert view.noted({"properties": {}}) is None
    for text in ("", "{", json.dumps({"nonsense": 1}), "3"):
        assert view.noted(app(**{view.ENDED: text})) is None


@pytest.mark.parametrize(
    ("properties", "text"),
    [
        ({"runningState": "Running"}, ""),
        ({"runningState": "Activating", "runningStateDetails": "x"}, ""),
        ({"runningState": "Degraded", "runningStateDetails": "Deadline. TargetPort 1"}, "Deadline. TargetPort 1"),
        ({"runningState": "Failed", "provisioningError": "Pending:ImagePullBackOff"}, "Pending:ImagePullBackOff"),
        ({"runningState": "Running", "provisioningError": "no"}, "no"),
        ({"runningState": "Failed"}, "Failed"),
        (None, ""),
    ],
)
def test_trouble(properties: Any, text: str) -> None:
    """A revision's own words for what is wrong; none while it gets there."""
    assert view.trouble({"properties": properties}) == text


def test_crashing() -> None:
    """A crash loop is known by Azure's words."""
    assert view.is_crashing("1/1 Container crashing: main") and not view.is_crashing("1/1 Pending:x")
