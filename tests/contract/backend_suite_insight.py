"""top, stats and explain: what every backend with these abilities must tell. Run by test_backends.py for each."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from azdock.docker.record import ContainerRecord
from azdock.docker.usage import UNKNOWN
from azdock.emulator.runtimes.base import Ended
from azdock.emulator.runtimes.plain import PlainContainer
from azdock.errors import AzdockError
from azdock.services.stats import Stats
from azdock.services.top import Top
from tests.support.lab import Lab, until


class Direct:
    """Exec, Listing and Backends over one backend and its records, without books."""

    def __init__(self, lab: Lab, *records: ContainerRecord) -> None:
        self.records = {one.ident.name: one for one in records}
        self.open: Any = lab.backend.exec
        self.backend = lab.backend

    def find(self, name: str) -> ContainerRecord:
        return self.records[name]

    inspect = find

    def get(self, name: str) -> Any:
        return self.backend


class Insight:
    """What goes on in a container, and why it ended."""

    def test_top(self, lab: Lab) -> None:
        """The container's own processes, and none of those that looked."""
        record = lab.up("sh", "-c", "sleep 41; echo")
        place: Any = Direct(lab, record)
        found = until(lambda: len((listed := Top(place).processes("web", ["-eo", "pid,args"])).rows) > 1 and listed)
        assert [row[1] for row in found.rows] == ["sh -c sleep 41; echo", "sleep 41"]

    def test_stats(self, lab: Lab) -> None:
        """A program in a loop takes a share of CPU and has some memory; the limit is what Azure granted."""
        record = lab.up("sh", "-c", "while :; do :; done")
        place: Any = Direct(lab, record)
        with Stats(place, place, place).watch(["web"], all=False) as watch:
            time.sleep(0.5)
            usage = watch.rows()[0].usage
        assert usage.cpu and usage.cpu > 2
        assert usage.memory and usage.tasks == 1
        assert usage.age is None

    def test_metrics(self, lab: Lab) -> None:
        """Azure Monitor has values of a run after a while, none before, and none of another run."""
        lab.behave(metric_sample=0.1)
        record = lab.up("sh", "-c", "while :; do :; done")
        usage = until(lambda: (found := lab.backend.usage(record)) != UNKNOWN and found, 20)
        assert usage.age is not None and usage.limit == lab.backend.granted(record)
        assert usage.memory and usage.tasks is None
        other = replace(record, seen=replace(record.seen, run="nosuch", started_at=record.seen.started_at))
        assert lab.backend.usage(other) == UNKNOWN

    def test_stats_without_exec(self, lab: Lab) -> None:
        """Where no command can be run the values are Azure Monitor's, with their age."""
        lab.behave(metric_sample=0.1)
        record = lab.up("sleep", "30")
        until(lambda: lab.backend.usage(record) != UNKNOWN, 20)
        place: Any = Direct(lab, record)

        def refused(*_: object) -> None:
            raise AzdockError("no exec")

        place.open = refused
        with Stats(place, place, place).watch(["web"], all=False) as watch:
            usage = watch.rows()[0].usage
        assert usage.age is not None and usage.age < timedelta(minutes=3).total_seconds()

    @pytest.mark.parametrize(
        ("command", "cause"),
        [
            (("sh", "-c", "nosuch"), "A command was not found (exit code 127)"),
            (("true",), "It ran to its end and succeeded."),
            (("sh", "-c", "exit 3"), "The program ended with exit code 3; its output should say why."),
            (("/no/such/program",), "The container's program could not be started"),
        ],
    )
    def test_explain(self, lab: Lab, command: tuple[str, ...], cause: str) -> None:
        """How a run ended, with the platform's events as evidence, once each although two sources tell them."""
        found = lab.backend.explain(lab.ended(lab.run(*command, shim="never")))
        assert found.cause.startswith(cause)
        assert found.missing == ()
        events = [note.text for note in found.notes if note.source == "event"]
        assert sum(text.startswith("PullingImage") for text in events) == 1
        assert found.next.startswith("azdock ")

    def test_explain_while_it_runs(self, lab: Lab) -> None:
        """A container that is well says so; one that has not been started, too."""
        assert lab.backend.explain(lab.up("sleep", "30")).cause == "It runs."
        assert lab.backend.explain(lab.create("true", name="new")).cause == "It was created and has never been started."

    def test_explain_timeout(self, lab: Lab) -> None:
        """A run that Azure cut off; its first line is known from the status alone."""
        limited = lab.record("true", timeout=1, asked={"timeout": "1"}).spec
        if lab.backend.gaps(limited):
            pytest.skip("this backend refuses a timeout")
        record = lab.ended(lab.run("sleep", "30", timeout=1))
        cause = "It ran longer than its timeout of 1 seconds and Azure ended it."
        assert lab.backend.explain(record).cause == cause
        assert lab.backend.first_line(record, record.seen) == cause

    def test_explain_stopped(self, lab: Lab) -> None:
        """A run that somebody stopped is no failure of its program."""
        record = lab.up("sleep", "30")
        record = replace(record, seen=lab.backend.stop(record, None))
        assert lab.backend.explain(record).cause.startswith("It was stopped")
        assert lab.backend.first_line(record, record.seen) == ""

    def test_explain_out_of_memory(self, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
        """A run that was killed because memory was used up, also from its first line."""
        honest: Callable[[PlainContainer], Any] = PlainContainer.wait

        async def wait(container: PlainContainer) -> Ended:
            return Ended((await honest(container)).code, oom=True)

        monkeypatch.setattr(PlainContainer, "wait", wait)
        record = lab.ended(lab.run("sh", "-c", "kill -KILL $$"))
        found = lab.backend.explain(record)
        assert "memory" in found.cause and "--memory 1g" in found.next
        assert lab.backend.first_line(record, record.seen) == found.cause

    def test_explain_with_the_live_stream_only(self, lab: Lab) -> None:
        """Log Analytics is late: the live stream tells what happened a moment ago."""
        lab.behave(log_delay=600.0)
        found = lab.backend.explain(lab.ended(lab.run("sh", "-c", "exit 3")))
        assert any(note.text.startswith("ContainerStarted") for note in found.notes)
