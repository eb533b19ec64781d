"""A run of an app as a source of lines, and the queries that it answers."""

from __future__ import annotations

from collections.abc import Callable, Generator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from azdock.azure.loganalytics import Asked, Row
from azdock.azure.logstream import Cut, Record
from azdock.backends.app_logs import AppLogs, AppRun
from azdock.backends.log_source import Late, Steady
from azdock.docker.channels import LogQuery
from azdock.docker.record import Status
from azdock.errors import NotFound, Unreachable
from tests.support.logworld import BEGIN_NS, TICK_NS, stamp

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def replica(name: str, created: str, restarts: int = 0, address: bool = True) -> dict[str, Any]:
    main = {"name": "main", "restartCount": restarts} | ({"logStreamEndpoint": name} if address else {})
    return {"name": name, "properties": {"createdTime": created, "containers": [main]}}


def revision(name: str, *, active: bool = True) -> dict[str, Any]:
    return {"name": name, "properties": {"active": active, "template": {"containers": [{"image": "i"}]}}}


class Apps:
    """Stands for azure.apps.Apps: one app, its revisions, replicas, and what each of them has printed."""

    azure = SimpleNamespace(is_embedded=True, moved=lambda: False)

    def __init__(self, **replicas: list[dict[str, Any]]) -> None:
        self.active = {name.replace("_", "--"): found for name, found in replicas.items()}
        self.old: list[str] = []
        self.there, self.made = True, ""
        self.printed: dict[str, list[Record]] = {}
        self.broken: Exception | None = None

    def revisions(self, app: str) -> list[dict[str, Any]]:
        if not self.there:
            raise NotFound("no app")
        return [revision(one, active=False) for one in self.old] + [revision(one) for one in self.active]

    def replicas(self, app: str, run: str) -> list[dict[str, Any]]:
        return self.active[run]

    def get(self, app: str) -> dict[str, Any]:
        if not self.there:
            raise NotFound("no app")
        return {"systemData": {"createdAt": self.made}} if self.made else {}

    def exists(self, app: str) -> bool:
        return self.there

    def prepare_stream(self, app: str) -> None:
        return

    def stream(self, app: str, url: str, *, follow: bool) -> Generator[list[Record], None, None]:
        if self.broken:
            raise self.broken
        yield self.printed.get(url, [])


class Analytics:
    """Stands for LogAnalytics: rows that are all there."""

    available, partial, same_ns = True, False, 750

    def __init__(self, *rows: Row) -> None:
        self.found, self.asked = list(rows), list[Asked]()

    def rows(self, app: str, asked: Asked) -> list[Row]:
        self.asked.append(asked)
        run = f"{asked.run}-" if asked.run else ""
        found = [row for row in self.found if row[3].startswith(run) and asked.replica in ("", row[3])]
        return [row for row in found if asked.since_ns is None or row[0] >= asked.since_ns]


def row(second: int, text: str, name: str) -> Row:
    return Row(BEGIN_NS + second * 1_000_000_000, "stdout", text, name)


def run_of(apps: Apps, run: str = "web--1", told: Callable[[], Status] | None = None, **facts: Any) -> AppRun:
    steady = Steady(Late(lambda seconds: None, lambda: 1.0), 0.0, lambda: False)
    known: Any = apps
    return AppRun(known, facts.pop("analytics", None), "web", run, steady, told or (lambda: Status(run=run)), **facts)


def logs_of(apps: Any, analytics: Any, status: Status, **facts: Any) -> AppLogs:
    return AppLogs(apps, analytics, "web", lambda: status, sleep=lambda seconds: None, **facts)


def test_replicas() -> None:
    """Those of every active revision that have an address come in the order in which they were made."""
    apps = Apps(web_1=[replica("b", "2026-01-02"), replica("c", "2026-01-03", address=False)])
    apps.active["web--2"], apps.old = [replica("a", "2026-01-01", restarts=2)], ["web--0"]
    source = run_of(apps)
    assert source.replicas() == [("a", "a"), ("b", "b")]
    assert (source.restarts("a"), source.restarts("b"), source.restarts("unknown")) == (2, 0, 0)
    apps.there = False
    assert source.replicas() == []


def test_status() -> None:
    """A removed app has none; another run of the same revision means that this one is over, a new revision goes on."""
    gone: Any = Apps()

    def missing() -> Status:
        raise NotFound("gone")

    with pytest.raises(NotFound):
        run_of(gone, told=missing).status()
    gone.there = False
    assert run_of(gone, told=missing).status() is None
    assert run_of(Apps(), told=lambda: Status(state="running", run="web--1#2")).status().terminal  # type: ignore[union-attr]
    assert run_of(Apps(), told=lambda: Status(state="running", run="web--2")).status().run == "web--2"  # type: ignore[union-attr]


@pytest.mark.parametrize("broken", [Unreachable("no answer"), RuntimeError("client has been closed")])
def test_a_lost_connection_cuts_the_stream(broken: Exception) -> None:
    """What was read is good, whatever of the way to the stream broke."""
    apps = Apps()
    apps.broken = broken
    with pytest.raises(Cut):
        list(run_of(apps).stream("x", follow=True))


def test_rows_of_a_run() -> None:
    """They are those of its revision; of a later run of the revision those since its beginning; and once another
    revision has taken its place, those of both."""
    old, mine, later = row(1, "old", "web--1-x-a"), row(5, "mine", "web--1-x-b"), row(9, "new", "web--2-x-c")
    other = row(6, "other", "web--0-x-d")
    analytics = Analytics(old, mine, other, later)
    assert run_of(Apps(), analytics=analytics).rows(Asked(run="web--1")) == [old, mine]
    second = run_of(Apps(), "web--1#2", analytics=analytics, begun_ns=mine[0])
    assert second.rows(Asked(run="web--1#2")) == [mine]
    assert second.is_of_run(mine) and not second.is_of_run(old)
    assert second.rows(Asked(run="web--0")) == [other]
    moved = run_of(Apps(web_2=[]), analytics=analytics)
    moved.replicas()
    assert moved.rows(Asked(run="web--1")) == [old, mine, later]


def test_history_of_a_container_that_was_started_anew() -> None:
    """The live stream shows its last start only: the rest comes from Log Analytics, and nothing twice."""
    name = "web--1-x-aaaaa"
    apps = Apps(web_1=[replica(name, "2026-01-01", restarts=1)])
    apps.printed[name] = [(stamp(BEGIN_NS + 5 * 10**9), "F two"), (stamp(BEGIN_NS + 6 * 10**9), "F three")]
    analytics = Analytics(row(1, "one", name), row(5, "two", name))
    reader = logs_of(apps, analytics, Status(state="running", run="web--1")).read(LogQuery())
    assert [line.data for line in reader] == [b"one\n", b"two\n", b"three\n"]
    assert reader.ending.complete


def test_one_replica() -> None:
    """A replica is meant by its last letters; one that is gone is found as well; another name is an error at once."""
    names = ("web--1-x-aaaaa", "web--1-x-bbbbb")
    apps = Apps(web_1=[replica(name, "2026-01-01") for name in names])
    for name in names:
        apps.printed[name] = [(stamp(BEGIN_NS + TICK_NS), f"F {name[-1]}")]
    gone = row(1, "gone", "web--0-x-ccccc")
    logs = logs_of(apps, Analytics(gone), Status(state="running", run="web--1"), several=True)
    reader = logs.read(LogQuery(replica="bbbbb"))
    assert not reader.together and [line.data for line in reader] == [b"b\n"]
    assert [line.data for line in logs.read(LogQuery(replica="ccccc"))] == [b"gone\n"]
    assert logs.read(LogQuery()).together
    with pytest.raises(NotFound, match="No such replica: ddddd"):
        logs.read(LogQuery(replica="ddddd"))


def test_a_removed_app() -> None:
    """Its lines are what Log Analytics keeps."""
    apps = Apps()
    apps.there = False

    def missing() -> Status:
        raise NotFound("gone")

    kept: Any = Analytics(row(1, "one", "web--1-x-a"), row(2, "two", "web--2-x-b"))
    known: Any = apps
    logs = AppLogs(known, kept, "web", missing, sleep=lambda seconds: None)
    assert [line.data for line in logs.read(LogQuery(follow=True))] == [b"one\n", b"two\n"]


def test_follow_to_the_end() -> None:
    """A run that is followed ends with it, and its code comes with the ending."""
    name = "web--1-x-aaaaa"
    apps = Apps(web_1=[replica(name, "2026-01-01")])
    sign = "\u2063\u2061azdock web--1-x-aaaaa"
    texts = [f"{sign} begin out", f"{sign} begin err", "hi", f"{sign} end err 3", f"{sign} end out 3"]
    apps.printed[name] = [(stamp(BEGIN_NS + n * TICK_NS), f"F {text}") for n, text in enumerate(texts)]
    reader = logs_of(apps, Analytics(), Status(state="running", run="web--1"), marked=True).read(
        LogQuery(follow=True, run="web--1")
    )
    assert [line.data for line in reader] == [b"hi\n"]
    assert (reader.ending.complete, reader.ending.exit_code) == (True, 3)


def test_a_run_that_ended_in_the_second_in_which_the_next_began() -> None:
    """Beginnings are told in whole seconds: the lines of the run before are left out all the same."""
    before, mine = row(0, "before", "web--1-x-a"), row(0, "mine", "web--1-x-b")
    source = run_of(Apps(), "web--1#2", analytics=Analytics(before, mine), begun_ns=BEGIN_NS // 10**9 * 10**9)
    assert source.rows(Asked(run="web--1#2")) == [mine]


def test_an_app_that_had_the_same_name() -> None:
    """What was printed before the app was created is none of its lines."""
    apps, analytics = Apps(web_1=[]), Analytics(row(1, "theirs", "web--1-x-a"), row(9, "mine", "web--1-y-b"))
    apps.made = stamp(BEGIN_NS + 5 * 10**9)
    logs = logs_of(apps, analytics, Status(state="running", run="web--1"))
    assert [line.data for line in logs.read(LogQuery())] == [b"mine\n"]
    assert run_of(apps, analytics=analytics).rows(Asked(run="web--1")) == analytics.found[1:]
