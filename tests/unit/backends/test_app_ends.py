"""Exit codes of app containers from the platform's events."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from azdock.azure.systemlogs import SystemEvent
from azdock.azure.web import client, httpx
from azdock.backends import app_ends
from tests.unit.azure.azures import Script

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
KILLED = "Container 'main' was terminated with exit code '137' and reason 'OOMKilled'"
EXITED = "Container 'main' was terminated with exit code '{}' and reason 'ProcessExited'"
SHORT = "Container 'main' was terminated with exit code '{}'"
STOPPED = "Container 'main' was terminated with exit code '' and reason 'ManuallyStopped'"


def event(second: float, text: str, reason: str = "ContainerTerminated", replica: str = "r1") -> SystemEvent:
    return SystemEvent(NOON + timedelta(seconds=second), reason, "Warning", text, replica)


def test_last_end() -> None:
    """The newest end wins, with its code, reason and time, in whatever order the events come."""
    events = [event(5, KILLED), event(1, EXITED.format(3)), event(7, "Started container 'main'", "ContainerStarted")]
    found = app_ends.last_end(events)
    assert found is not None
    assert found[:3] == (137, "OOMKilled", NOON + timedelta(seconds=5))
    assert app_ends.last_end([]) is None


@pytest.mark.parametrize("order", [1, -1])
def test_two_events_of_one_end(order: int) -> None:
    """ContainerTerminated and ProcessExited tell of the same end; two ends in one second stay two."""
    both = [event(1, EXITED.format(3)), event(1.5, SHORT.format(3), "ProcessExited")][::order]
    assert len(app_ends.ends(both)) == 1
    assert len(app_ends.ends([*both, event(1.6, EXITED.format(3))])) == 2
    assert len(app_ends.ends([event(1, EXITED.format(3)), event(1.2, EXITED.format(3))])) == 2
    assert len(app_ends.ends([event(1, EXITED.format(3)), event(1, SHORT.format(3), "ProcessExited", "r2")])) == 2


def test_a_stop_is_no_end_of_its_own() -> None:
    """What was stopped while it only waited to be removed has ended before, by itself."""
    events = [event(1, EXITED.format(0)), event(9, STOPPED)]
    assert app_ends.last_end(events) == (None, "ManuallyStopped", NOON + timedelta(seconds=9), "", "r1")
    own = app_ends.last_end(events, own=True)
    assert own is not None and (own.code, own.reason) == (0, "ProcessExited")
    stopped = app_ends.last_end(events[1:], own=True)
    assert stopped is not None and stopped.code is None


def test_what_azure_adds() -> None:
    """The runtime's text behind the reason is kept."""
    text = "Container 'main' was terminated with exit code '1' and reason 'ContainerCreateFailure: exec: \"x\": no'"
    found = app_ends.last_end([event(1, text)])
    assert found is not None
    assert (found.code, found.reason, found.text) == (1, "ContainerCreateFailure", 'exec: "x": no')


def test_recent() -> None:
    """One call reads the last events of one revision; an app without an address of its stream has none."""
    lines = [
        {"TimeStamp": "2026-01-02 12:00:01 +0000 UTC", "Type": "Warning", "RevisionName": revision,
         "ReplicaName": f"{revision}-aa-bbbbb", "Msg": EXITED.format(4), "Reason": "ContainerTerminated", "Count": 1}
        for revision in ("web--1", "web--2")
    ]  # fmt: skip
    script = Script(httpx.Response(200, text="\n".join(map(json.dumps, lines))))
    with client("", httpx.MockTransport(script)) as http:
        apps: Any = SimpleNamespace(azure=SimpleNamespace(http=http), token=lambda name: f"token of {name}")
        found = app_ends.recent(apps, "web", "http://x/eventstream", "web--2")
        assert app_ends.recent(apps, "web", "") == []
    assert [one.replica for one in found] == ["web--2-aa-bbbbb"]
    assert script.tokens == ["token of web"]
