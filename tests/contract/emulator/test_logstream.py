"""The log stream and the event stream, read with httpx as az and the SDKs would read them."""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from azdock.emulator.services import logstream
from azdock.emulator.world import RESOURCE_GROUP
from tests.contract.emulator.data_plane import APP_PATH, GROUP, JOB_PATH, SOURCE, Plane, served

LOG = JOB_PATH + "/logstream"
EVENTS = f"{GROUP}/containerApps/{SOURCE.name}/eventstream"


@pytest.fixture
def plane(tmp_path: Path) -> Iterator[Plane]:
    with served(tmp_path) as one:
        yield one


def read(plane: Plane, path: str = LOG, **query: Any) -> list[dict[str, Any]]:
    answer = httpx.get(plane.url + path, params=query, headers=plane.headers(), timeout=20)
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def payload(plane: Plane, **query: Any) -> list[str]:
    return [record["Log"] for record in read(plane, **query)[2:]]


def test_banners_and_times(plane: Plane) -> None:
    """Two banners without offset come first, then payload with up to seven decimals and +00:00."""
    plane.write("hello\n")
    first, second, line = read(plane)
    assert first["Log"] == "Connecting to the container 'main'..."
    execution = f"[Execution: '{SOURCE.revision}', Replica: '{SOURCE.replica}']"
    assert second["Log"] == f"Successfully Connected to container: 'main' {execution}"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,5})?", first["TimeStamp"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?\+00:00", line["TimeStamp"])
    assert line["Log"] == "F hello"


def test_escaping(plane: Plane) -> None:
    """Quotes, + < > & and everything that is not plain ASCII are escaped; the time's + is not; no content type."""
    plane.write('it\'s "1" + <2> & \x1b é 🙂 \\ \t`\n')
    answer = httpx.get(plane.url + LOG, headers=plane.headers())
    assert "content-type" not in answer.headers
    expected = r"F it\u0027s \u00221\u0022 \u002B \u003C2\u003E \u0026 \u001B \u00E9 \uD83D\uDE42 \\ \t\u0060"
    assert f'"Log":"{expected}"}}\n' in answer.text
    assert "+00:00" in answer.text


def test_both_streams_are_delivered(plane: Plane) -> None:
    """stdout and stderr come in the order in which they were written and are not marked."""
    plane.write("a\n")
    plane.write("b\n", "stderr")
    plane.write("c\n")
    assert payload(plane) == ["F a", "F b", "F c"]


def test_long_lines_are_split(plane: Plane) -> None:
    """A line longer than 16 KiB is sent in P parts and a last F part; joined they are the line again."""
    line = "é" * 20_000
    plane.write(line + "\n")
    parts = payload(plane)
    assert [part[:2] for part in parts] == ["P ", "P ", "F "]
    assert all(len(part[2:].encode()) <= 16 * 1024 for part in parts)
    assert "".join(part[2:] for part in parts) == line


def test_no_tags(plane: Plane) -> None:
    """Older environments have no tags and whole lines."""
    plane.behaviour.full_tag = False
    plane.write("x" * 40_000 + "\nF y\nend")
    plane.logbook.ended(SOURCE)
    assert payload(plane) == ["x" * 40_000, "F y", "end"]


@pytest.mark.parametrize(("tail", "expected"), [(0, []), (2, ["F 8", "F 9"]), (300, [f"F {i}" for i in range(10)])])
def test_tail(plane: Plane, tail: int, expected: list[str]) -> None:
    """tailLines says how many of the last lines are sent."""
    plane.write("".join(f"{i}\n" for i in range(10)))
    assert payload(plane, tailLines=tail) == expected


def test_default_tail(plane: Plane) -> None:
    """Without tailLines 20 lines are sent."""
    plane.write("".join(f"{i}\n" for i in range(30)))
    assert payload(plane)[0] == "F 10"


def test_text_output(plane: Plane) -> None:
    """In text form banners carry their time and two blanks, payload lines are as they are."""
    plane.write("it's\n")
    answer = httpx.get(plane.url + LOG, params={"output": "text"}, headers=plane.headers())
    lines = answer.text.splitlines()
    assert lines[0].endswith("  Connecting to the container 'main'...")
    assert lines[2] == "F it's"


def test_follow_ends_with_the_container(plane: Plane) -> None:
    """Lines come while they are written, the unfinished last one when the container has ended; then the stream ends."""
    plane.write("before\n")
    seen = []
    with httpx.stream("GET", plane.url + LOG, params={"follow": "true"}, headers=plane.headers()) as answer:
        lines = answer.iter_lines()
        seen += [json.loads(next(lines))["Log"] for _ in range(3)]
        plane.write("now\nunfini")
        seen.append(json.loads(next(lines))["Log"])
        plane.write("shed")
        plane.logbook.ended(SOURCE)
        seen += [json.loads(line)["Log"] for line in lines]
    assert seen[2:] == ["F before", "F now", "P unfinished"]


def test_follow_gets_everything(plane: Plane) -> None:
    """100,000 lines written while somebody follows arrive complete and in order."""
    count = 100_000

    def write() -> None:
        for start in range(0, count, 500):
            plane.write("".join(f"{i}\n" for i in range(start, start + 500)))
        plane.logbook.ended(SOURCE)

    writer = threading.Thread(target=write)
    started = time.monotonic()
    writer.start()
    found = payload(plane, follow="true", tailLines=300)
    writer.join()
    first = int(found[0][2:])
    assert [int(line[2:]) for line in found] == list(range(first, count))
    assert time.monotonic() - started < 20


def test_keep_alive_and_end(plane: Plane) -> None:
    """A silent stream says so, and after several such records in a row the server ends it."""
    plane.behaviour.keep_alive, plane.behaviour.stream_close_after = 0.05, 3
    assert payload(plane, follow="true") == ["No logs since last 0.05 seconds"] * 3


def test_cut(plane: Plane) -> None:
    """A stream may be cut while the container still runs."""
    plane.behaviour.stream_cut = 0.1
    plane.write("a\n")
    assert payload(plane, follow="true") == ["F a"]


def test_times_are_distinct(plane: Plane) -> None:
    """Equal lines written at once differ in time, so that a reader can tell them from repeated records."""
    plane.write("same\n" * 5)
    assert len({record["TimeStamp"] for record in read(plane)[2:]}) == 5


def test_vanished_replica(plane: Plane) -> None:
    """After its end a replica is served for a while, then it is gone."""
    plane.write("a\n")
    plane.logbook.ended(SOURCE)
    assert payload(plane, follow="true") == ["F a"]
    plane.behaviour.replica_linger = 0
    assert httpx.get(plane.url + LOG, headers=plane.headers()).status_code == 404


@pytest.mark.parametrize(
    ("path", "claims", "query", "status"),
    [
        (LOG, {"capp_name": "other"}, {}, 401),
        (LOG, {"capp_rg": "other"}, {}, 401),
        (LOG, {}, {"tailLines": "301"}, 400),
        (LOG, {}, {"tailLines": "-1"}, 400),
        (LOG, {}, {"output": "xml"}, 400),
        (LOG, {}, {"follow": "maybe"}, 400),
        (LOG.replace("containers/main", "containers/side"), {}, {}, 404),
        (LOG.replace(SOURCE.revision + "/", "job1-other/"), {}, {}, 404),
        (APP_PATH + "/logstream", {}, {}, 404),
        (EVENTS, {"capp_name": "other"}, {}, 401),
    ],
)
def test_refusals(plane: Plane, path: str, claims: dict[str, str], query: dict[str, str], status: int) -> None:
    """A token for something else, a bad query and a container that is not there are refused."""
    assert httpx.get(plane.url + path, params=query, headers=plane.headers(**claims)).status_code == status


def test_no_token(plane: Plane) -> None:
    """Without a token there is no stream."""
    assert httpx.get(plane.url + LOG).status_code == 401


def test_events(plane: Plane) -> None:
    """A job's events are streamed under the path of an app: two banners, then events with Go's times."""
    plane.logbook.event(SOURCE, "ContainerStarted", "Normal", "Started container 'main'")
    first, second, event = read(plane, EVENTS)
    assert (first["Reason"], second["Reason"]) == ("StartingGettingEvents", "ConnectedToEventsServer")
    assert first["TimeStamp"].endswith("Z")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? \+0000 UTC", event.pop("TimeStamp"))
    assert event == {
        "Type": "Normal", "ContainerAppName": "job1", "RevisionName": SOURCE.revision, "ReplicaName": SOURCE.replica,
        "Msg": "Started container 'main'", "Reason": "ContainerStarted", "EventSource": "ContainerAppController",
        "Count": 1,
    }  # fmt: skip


def test_events_are_followed(plane: Plane) -> None:
    """An event that happens later is sent to those who follow; a silent stream ends."""
    plane.behaviour.keep_alive, plane.behaviour.stream_close_after = 0.2, 1
    with httpx.stream("GET", plane.url + EVENTS, params={"follow": "true"}, headers=plane.headers()) as answer:
        lines = answer.iter_lines()
        next(lines), next(lines)
        plane.logbook.event(SOURCE, "ContainerTerminated", "Warning", "gone")
        assert json.loads(next(lines))["Msg"] == "gone"
        assert [json.loads(line)["Msg"] for line in lines] == ["No logs since last 0.2 seconds"]


def test_environment_events(plane: Plane) -> None:
    """The environment's stream has the events of everything in it and takes the environment's token."""
    plane.logbook.event(SOURCE, "ContainerStarted", "Normal", "Started")
    path = f"{plane.url}{GROUP}/managedEnvironments/env1/eventstream"
    token = plane.auth.data_token({"kubeenv_name": "env1", "capp_rg": RESOURCE_GROUP})[0]
    answer = httpx.get(path, headers={"Authorization": f"Bearer {token}"})
    assert json.loads(answer.text.splitlines()[-1])["Msg"] == "Started"
    assert httpx.get(path, headers=plane.headers()).status_code == 401


@pytest.mark.parametrize("follow", ["true", "false"])
def test_an_empty_log(plane: Plane, follow: str) -> None:
    """Before the first line there is nothing behind the banners."""
    plane.behaviour.stream_cut = 0.2
    assert payload(plane, follow=follow) == []


def test_a_connection_that_breaks(plane: Plane) -> None:
    """The stream ends in the middle of the n-th record as a broken network would end it: the answer is incomplete."""
    plane.behaviour.stream_break = 3
    plane.write("one\ntwo\nthree\nfour\n")
    got = b""
    with (
        pytest.raises(httpx.RemoteProtocolError, match="incomplete chunked read"),
        httpx.stream("GET", plane.url + LOG, params={"follow": "true"}, headers=plane.headers()) as answer,
    ):
        for piece in answer.iter_raw():
            got += piece
    *whole, torn = got.decode().split("\n")
    assert [json.loads(line)["Log"] for line in whole[2:]] == ["F one", "F two"]
    assert torn == "{"


def test_a_hundred_thousand_lines(plane: Plane) -> None:
    """A client that follows gets every line of a lot of output, in order, faster than 100,000 lines in a second."""
    plane.write("\n".join(map(str, range(100_000))) + "\n")
    plane.behaviour.stream_cut = 60
    plane.logbook.ended(SOURCE)
    log = plane.logbook.find(SOURCE.replica, SOURCE.container)
    assert log is not None

    async def everything() -> bytes:
        pieces = [piece async for piece in logstream.stream(plane.world, log, logstream.Asked(True, False, 100_000))]
        return b"".join(pieces)

    started = time.monotonic()
    text = asyncio.run(everything()).decode()
    taken = time.monotonic() - started
    assert [json.loads(line)["Log"] for line in text.splitlines()[2:]] == [f"F {i}" for i in range(100_000)]
    assert taken < 1


def test_a_replica_that_vanishes_at_once(plane: Plane) -> None:
    """With no time to linger, the stream of an ended container is not found from that moment on."""
    plane.behaviour.replica_linger = 0
    plane.write("bye\n")
    plane.logbook.ended(SOURCE)
    assert httpx.get(plane.url + LOG, headers=plane.headers()).status_code == 404
