"""Gathering evidence about an app."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from azdock.azure import eventstream
from azdock.azure.loganalytics import Asked, Row
from azdock.azure.logstream import Cut, Record
from azdock.azure.systemlogs import SystemEvent
from azdock.backends.app_evidence import LINES, AppEvidence, Gathering
from azdock.backends.evidence import Replica
from azdock.docker.record import Status
from azdock.errors import AzureFailure, NotFound
from tests.support.fakes import record
from tests.support.logworld import BEGIN_NS, stamp

AT = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
NAME = "web--2-x-aaaaa"
DETAILS = "1/1 Container crashing: main"
WAITING = "Container is waiting with reason: CrashLoopBackOff on legion."
REPLICA = {
    "name": NAME,
    "properties": {"createdTime": "2026-01-02T12:00:00Z", "runningState": "NotRunning", "containers": [
        {"name": "main", "runningState": "Waiting", "runningStateDetails": WAITING, "restartCount": 4,
         "logStreamEndpoint": "address"}]},
}  # fmt: skip


class Apps:
    """One app with one revision and one replica, or whatever the fields say."""

    def __init__(self) -> None:
        self.azure = self
        self.http = None
        self.app: dict[str, Any] = {
            "systemData": {"createdAt": "2026-01-02T11:59:59.5Z"},
            "properties": {
                "provisioningState": "Succeeded", "latestRevisionName": "web--2", "eventStreamEndpoint": "http://events",
            },
        }  # fmt: skip
        self.found: dict[str, Any] = {
            "createdTime": "2026-01-02T12:00:00+00:00", "runningState": "Failed", "runningStateDetails": DETAILS,
            "provisioningError": "Container crashing: main",
        }  # fmt: skip
        self.listed: list[dict[str, Any]] = [REPLICA]
        self.printed: list[Record] = []

    def get(self, app: str) -> dict[str, Any]:
        return self.app

    def revision(self, app: str, name: str) -> dict[str, Any]:
        return {"name": name, "properties": self.found}

    def replicas(self, app: str, run: str) -> list[dict[str, Any]]:
        return self.listed

    def token(self, app: str) -> str:
        return "token"

    def stream(self, app: str, url: str, *, follow: bool) -> Iterator[list[Record]]:
        assert not follow
        if not self.printed:
            raise Cut("gone")
        yield self.printed


class Kept:
    """Stands for SystemLogs and LogAnalytics: what Log Analytics keeps."""

    def __init__(self, events: list[SystemEvent] | Exception, *rows: Row) -> None:
        self.found, self.lines, self.asked = events, list(rows), list[Any]()

    def events(self, app: str, run: str) -> list[SystemEvent]:
        self.asked.append(run)
        if isinstance(self.found, Exception):
            raise self.found
        return self.found

    def rows(self, app: str, asked: Asked) -> list[Row]:
        self.asked.append(asked)
        return self.lines


def event(second: float, reason: str = "ContainerStarted") -> SystemEvent:
    return SystemEvent(AT + timedelta(seconds=second), reason, "Normal", reason, NAME)


def gather(monkeypatch: pytest.MonkeyPatch, apps: Any, kept: Any, live: Any = (), run: str = "web--2#3") -> AppEvidence:
    monkeypatch.setattr(eventstream, "read", lambda *_: list(live))
    return Gathering(apps, kept, kept).gather(record(seen=Status(state="restarting", run=run)), "web")


def test_gather(monkeypatch: pytest.MonkeyPatch) -> None:
    """The revision's words, the replicas, the events of both sources once each, and the last live lines."""
    apps, kept = Apps(), Kept([event(1)])
    apps.printed = [(stamp(BEGIN_NS + number), f"F line{number}") for number in range(9)]
    found = gather(monkeypatch, apps, kept, [event(1), event(2, "ProbeFailed")])
    assert (found.revision, found.state, found.details, found.restarts) == ("web--2", "Failed", DETAILS, 4)
    assert found.replicas == [Replica(NAME, "NotRunning", "", "Waiting", WAITING)]
    assert [one.reason for one in found.events] == ["ContainerStarted", "ProbeFailed"]
    assert [line.data for line in found.tail] == [f"line{number}\n".encode() for number in range(9 - LINES, 9)]
    assert kept.asked == ["web--2"] and not found.stopped and found.missing == ()
    texts = [note.text for note in found.notes()]
    assert f"web--2 is Failed: {DETAILS}" in texts
    assert texts[0].startswith(NAME) and texts[-1] == "line8"


def test_what_was_before_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    """Events of an app that had the same name before are left out."""
    found = gather(monkeypatch, Apps(), Kept([event(-60), event(1)]))
    assert [one.time for one in found.events] == [AT + timedelta(seconds=1)]


def test_lines_that_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a replica that can be read the last lines are Log Analytics', of one replica."""
    rows = [Row(BEGIN_NS, "stdout", "old", "web--2-x-bbbbb"), Row(BEGIN_NS + 1, "stderr", "oops", NAME)]
    kept = Kept([], *rows)
    found = gather(monkeypatch, Apps(), kept)
    assert [(line.stream, line.data, line.replica) for line in found.tail] == [("err", b"oops\n", NAME)]
    asked = [one for one in kept.asked if isinstance(one, Asked)]
    assert [one.run for one in asked] == ["web--2"] and asked[0].since_ns is not None


def test_a_source_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named, and the others are used."""
    apps: Any = Apps()
    apps.revision = refused
    found = gather(monkeypatch, apps, Kept(AzureFailure("no", status=500)), [event(1)])
    assert len(found.events) == 1 and found.state == ""
    assert sorted(one.partition(" could")[0] for one in found.missing) == ["Log Analytics", "the revision"]


def refused(*_: object) -> Any:
    raise AzureFailure("no", status=500)


def test_an_app_without_a_revision(monkeypatch: pytest.MonkeyPatch) -> None:
    """Azure refused it: nothing else is asked, and it is no error."""
    apps: Any = Apps()
    kept = Kept([])
    apps.app["properties"] = {"provisioningState": "Failed"}
    apps.replicas = refused
    found = gather(monkeypatch, apps, kept, run="")
    assert (found.provisioning, found.revision, found.missing, found.tail) == ("Failed", "", (), [])


def test_an_app_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its absence is the caller's to tell."""
    apps: Any = Apps()

    def gone(_app: str) -> dict[str, Any]:
        raise NotFound("gone")

    apps.get = gone
    with pytest.raises(NotFound):
        gather(monkeypatch, apps, Kept([]))
