"""The live event stream."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from azdock.azure import eventstream
from azdock.azure.systemlogs import SystemEvent
from azdock.azure.web import client, httpx
from azdock.errors import NotLoggedIn, Unreachable
from tests.unit.azure.azures import Script


def line(stamp: str, reason: str | None, message: str, replica: str | None = None, revision: str | None = None) -> str:
    return json.dumps(
        {"TimeStamp": stamp, "Type": "Normal", "ContainerAppName": "j", "RevisionName": revision,
         "ReplicaName": replica, "Msg": message, "Reason": reason, "EventSource": "x", "Count": 2}
    )  # fmt: skip


BODY = "\n".join(
    [
        line("2026-01-02T12:00:00.1234567Z", "ConnectedToEventsServer", "run1 banner"),
        line("2026-01-02 12:00:01.1234567 +0000 UTC", "PullingImage", "Pulling\u2028image", "run1-abcde"),
        line("2026-01-02 12:00:02 +0000 UTC", "Completed", "done", None, "run1"),
        line("2026-01-02 12:00:03 +0000 UTC", "SuccessfulCreate", "pod for 'run1'"),
        line("2026-01-02 12:00:04 +0000 UTC", "Completed", "done", "run12-abcde", "run12"),
        json.dumps({"TimeStamp": "2026-01-02T12:01:00", "Reason": None, "Msg": "No logs since last 60 seconds"}),
        "",
    ]
)


def test_events_of_one_run() -> None:
    """Banners, keep-alives and other runs are left out; Go's times are read."""
    found = list(eventstream.decode(BODY.split("\n"), "run1"))
    assert found[0] == SystemEvent(
        datetime(2026, 1, 2, 12, 0, 1, 123456, UTC), "PullingImage", "Normal", "Pulling\u2028image", "run1-abcde", 2
    )
    assert [one.reason for one in found] == ["PullingImage", "Completed", "SuccessfulCreate"]


def test_read() -> None:
    """One answer, without following."""
    script = Script(httpx.Response(200, text=BODY))
    with client("", httpx.MockTransport(script)) as http:
        assert len(eventstream.read(http, "http://x/eventstream", "t", "run1")) == 3
    assert dict(script.asked[0].url.params) == {"follow": "false", "output": "json", "tailLines": "300"}
    assert script.tokens == ["t"]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [(httpx.Response(401, text="Unauthorized"), NotLoggedIn), (httpx.ConnectError("x"), Unreachable)],
)
def test_failures(answer: httpx.Response | Exception, kind: type[Exception]) -> None:
    """A refusal and a broken connection are azdock's errors."""
    with client("", httpx.MockTransport(Script(answer))) as http, pytest.raises(kind):
        eventstream.read(http, "http://x", "t", "run1")
