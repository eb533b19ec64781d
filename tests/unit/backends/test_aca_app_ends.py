"""How a command ended: from its log, else from the platform's events, else as is documented."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from azdock.azure.apps import Apps
from azdock.azure.web import httpx
from azdock.backends.aca_app_ends import AppEnds, last
from azdock.backends.shim import MARK
from azdock.docker.record import ContainerRecord, Ident
from azdock.docker.spec import ContainerSpec, Restart
from tests.unit.azure.azures import Script, answer, cloud, refusal

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
REPLICA = "web--r-x-11111"
TOKEN = answer(json={"properties": {"token": "jwt"}})


def record(restart: Restart = Restart(), linger: str | None = "0", **spec: Any) -> ContainerRecord:  # noqa: B008
    handle = {"app": "web"} | ({} if linger is None else {"linger": linger})
    made = ContainerSpec("i", ("nope",), restart=restart, **spec)
    return ContainerRecord(Ident("ab" * 32, "web"), made, NOON, "app", handle)


def app(*, stopped: bool = False) -> dict[str, Any]:
    properties = {
        "latestRevisionName": "web--r",
        "eventStreamEndpoint": "https://x/eventstream",
        "runningStatus": "Stopped" if stopped else "Running",
    }
    return {"name": "web", "properties": properties}


def replica(state: str = "Running", restarts: int = 1) -> dict[str, Any]:
    main = {"name": "main", "runningState": state, "restartCount": restarts, "logStreamEndpoint": "https://x/log"}
    return {"name": REPLICA, "properties": {"createdTime": "2026-01-02T11:00:00Z", "containers": [main]}}


def log(*lines: str, second: int = 0) -> httpx.Response:
    """An answer of the log stream."""
    times = (f"2026-01-02T12:00:{second + at:02d}.5+00:00" for at in range(len(lines)))
    records = [{"TimeStamp": time, "Log": f"F {line}"} for time, line in zip(times, lines, strict=True)]
    return httpx.Response(200, content="".join(json.dumps(one) + "\n" for one in records))


def mark(text: str, token: str = REPLICA) -> str:
    return f"{MARK}azdock {token} {text}"


def events(*texts: str, hour: int = 12) -> httpx.Response:
    """An answer of the event stream."""
    found = [
        {"TimeStamp": f"2026-01-02 {hour}:00:0{at}.0 +0000 UTC", "Reason": "ContainerTerminated", "Type": "Warning",
         "Msg": text, "RevisionName": "web--r", "ReplicaName": REPLICA, "Count": 1}
        for at, text in enumerate(texts)
    ]  # fmt: skip
    return httpx.Response(200, content="\n".join(json.dumps(one) for one in found))


def ends(home: Path, *answers: Any) -> tuple[AppEnds, Script]:
    script = Script(*answers)
    return AppEnds(Apps(cloud(home, script))), script


def test_the_log_tells(tmp_path: Path) -> None:
    """The shim's mark is the end; nobody else is asked."""
    made, script = ends(tmp_path, TOKEN, log("out", mark("begin out"), mark("end err 3"), mark("end out 3")))
    status = made.status(record(), app(), [replica()])
    assert (status.state, status.run, status.exit_code, status.exit_known) == ("exited", "web--r", 3, True)
    assert status.finished_at == datetime(2026, 1, 2, 12, 0, 3, 500000, UTC)
    assert (status.started_at, status.restarts) == (datetime(2026, 1, 2, 11, tzinfo=UTC), 0)
    assert script.answers == []


def test_what_could_not_be_invoked(tmp_path: Path) -> None:
    """It never ran, in docker's words."""
    made, _ = ends(tmp_path, TOKEN, log(mark("end err 127 missing"), mark("end out 127 missing")))
    status = made.status(record(), app(), [replica()])
    assert (status.state, status.exit_code) == ("created", 127)
    assert status.error == 'exec: "nope": executable file not found in $PATH'


@pytest.mark.parametrize(("reason", "oom"), [("OOMKilled", True), ("ProcessExited", False)])
def test_killed(tmp_path: Path, reason: str, oom: bool) -> None:
    """Whether memory was the cause of 137 only the platform tells."""
    text = f"Container 'main' was terminated with exit code '137' and reason '{reason}'"
    made, _ = ends(tmp_path, TOKEN, log(mark("end out 137")), TOKEN, events(text))
    status = made.status(record(), app(), [replica()])
    assert (status.exit_code, status.exit_known, status.oom_killed) == (137, True, oom)


def test_events_tell(tmp_path: Path) -> None:
    """Without the shim the platform's event has the code: the last one of this run."""
    texts = [f"Container 'main' was terminated with exit code '{code}' and reason 'ProcessExited'" for code in (4, 6)]
    made, _ = ends(tmp_path, TOKEN, events(*texts))
    status = made.status(record(linger=None), app(), [replica()])
    assert (status.exit_code, status.exit_known) == (6, True)


def test_events_of_an_earlier_run(tmp_path: Path) -> None:
    """What happened before the replica was made is no end of this run."""
    text = "Container 'main' was terminated with exit code '4' and reason 'ProcessExited'"
    made, _ = ends(tmp_path, TOKEN, events(text, hour=10))
    status = made.status(record(linger=None), app(), [replica()])
    assert (status.exit_code, status.exit_known) == (1, False)


def test_a_program_that_cannot_be_started(tmp_path: Path) -> None:
    """The runtime's own text decides between 126 and 127."""
    text = (
        "Container 'main' was terminated with exit code '1' and reason 'ContainerCreateFailure: exec: \"x\": "
        "executable file not found in $PATH'"
    )
    made, _ = ends(tmp_path, TOKEN, events(text))
    status = made.status(record(linger=None), app(), [replica()])
    assert (status.state, status.exit_code) == ("created", 127)
    assert "not found" in status.error


@pytest.mark.parametrize(("stopped", "code"), [(True, 137), (False, 1)])
def test_nobody_tells(tmp_path: Path, stopped: bool, code: int) -> None:
    """The fallback is marked as one; a stop leaves no code at all."""
    made, _ = ends(tmp_path, TOKEN, events())
    status = made.status(record(), app(stopped=stopped), [])
    assert (status.exit_code, status.exit_known) == (code, False)
    text = "Container 'main' was terminated with exit code '' and reason 'ManuallyStopped'"
    made, _ = ends(tmp_path, TOKEN, events(text))
    status = made.status(record(), app(stopped=True), [])
    assert (status.exit_code, status.exit_known, status.reason) == (137, False, "ManuallyStopped")


@pytest.mark.parametrize(
    ("policy", "state", "restarts", "found"),
    [
        (Restart(), "Running", 1, 0),
        (Restart("on-failure", 2), "Running", 3, 2),
        (Restart("on-failure", 2), "Waiting", 2, 2),
        (Restart("on-failure", 5), "Running", 2, 1),
        (Restart("on-failure"), "Running", 4, 3),
        (Restart("on-failure"), "Terminated", 4, 4),
    ],
)
def test_restarts(tmp_path: Path, policy: Restart, state: str, restarts: int, found: int) -> None:
    """The container that only waits to be removed is no restart of the command."""
    made, _ = ends(tmp_path, TOKEN, log(mark("end out 3")))
    assert made.status(record(policy), app(), [replica(state, restarts)]).restarts == found


def test_a_replica_that_goes_away(tmp_path: Path) -> None:
    """A log that cannot be read any more leaves it to the events."""
    for broken in (refusal(404, "NotFound"), refusal(500, "x"), httpx.ReadError("x")):
        made, script = ends(tmp_path, TOKEN, broken)
        assert made.told("web", [replica()]) is None
        assert script.answers == []


def records(*lines: str) -> list[tuple[str, str]]:
    return [("2026-01-02T12:00:00+00:00", line) for line in lines]


def test_last() -> None:
    """Marks of others are text; a beginning after an end means that the command runs again."""
    assert last(records("text", mark("end out 3", "other")), REPLICA) is None
    found = last(records(mark("end err 3"), mark("end out 3"), mark("begin out"), "text"), REPLICA)
    assert found is not None and (found.mark.code, found.over) == (3, False)
    found = last(records(mark("begin out"), "text" + mark("end out 4", "-")), REPLICA)
    assert found is not None and (found.mark.code, found.over) == (4, True)


def test_awaited(tmp_path: Path) -> None:
    """The end is read as it comes, once the log is open."""
    opened = Event()
    made, _ = ends(tmp_path, TOKEN, log(mark("begin out"), "x", mark("end out 5")))
    found = made.awaited("web", [replica()], opened)
    assert found is not None and found.mark.code == 5
    made, _ = ends(tmp_path, TOKEN, log(mark("begin out"), "x"))
    assert made.awaited("web", [replica()], opened) is None
    assert opened.is_set()
