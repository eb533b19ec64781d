"""From a runtime's figures to metrics."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, cast

import pytest

from azdock.emulator.clock import Clock
from azdock.emulator.logbook import Logbook
from azdock.emulator.sampler import Sampler, Subject, figures, summed
from azdock.emulator.world import Behaviour, World

SECOND = 10**9


@pytest.mark.parametrize(
    ("usage", "before", "elapsed", "expected"),
    [
        (
            {"cpu_ns": 3 * SECOND, "memory_bytes": 5, "rx_bytes": 12, "tx_bytes": 3, "pids": 1},
            {"cpu_ns": SECOND, "rx_bytes": 2, "tx_bytes": 3},
            4 * SECOND,
            {"UsageNanoCores": 5e8, "UsageBytes": 5, "RxBytes": 10, "TxBytes": 0},
        ),
        ({"cpu_ns": SECOND, "memory_bytes": 5}, {}, 2 * SECOND, {"UsageNanoCores": 5e8, "UsageBytes": 5}),
        ({"cpu_ns": SECOND, "memory_bytes": 5}, {}, 0, {"UsageBytes": 5}),
        ({"cpu_ns": 1}, {"cpu_ns": 9}, SECOND, {"UsageNanoCores": 0}),
        ({}, {}, SECOND, {}),
    ],
)
def test_figures(usage: dict[str, int], before: dict[str, int], elapsed: int, expected: dict[str, float]) -> None:
    """Rates come from differences, gauges as they are; what is not known is not there."""
    assert figures(usage, before, elapsed) == expected


def test_summed() -> None:
    """A replica uses what its containers use together."""
    assert summed([{"UsageBytes": 1, "RxBytes": 2}, {"UsageBytes": 3}]) == {"UsageBytes": 4, "RxBytes": 2}


class Counting:
    """A container that has used a second of CPU more at each look; it has ended at the third."""

    id = "c"

    def __init__(self) -> None:
        self.looks = 0

    def usage(self) -> dict[str, int]:
        self.looks += 1
        if self.looks > 2:
            raise FileNotFoundError
        return {"cpu_ns": self.looks * SECOND, "memory_bytes": 7}


def test_looks_at_a_replica(tmp_path: Path) -> None:
    """The first look counts from the container's start; one that ends during a look leaves what was requested."""
    behaviour = Behaviour()
    unused = cast(Any, None)
    world = World(tmp_path, unused, Clock(), unused, unused, Logbook(tmp_path, behaviour), behaviour)
    began = world.clock.now_ns() - 4 * SECOND
    world.running.containers["r"] = {"main": cast(Any, Counting())}
    dimensions = {"state": "Running", "jobName": "job1", "executionName": "job1-abc"}
    subject = Subject("/jobs/job1", lambda: dimensions, lambda: {"RequestedCores": 0.5})
    sampler = Sampler(world, "r", lambda _name: began, subject)
    for _ in range(3):
        asyncio.run(sampler.look())
    first, second, third = world.metrics.between("/JOBS/JOB1", 0, 2**63)
    assert first.dimensions == {"state": "Running", "jobName": "job1", "executionName": "job1-abc"}
    assert first.values["UsageNanoCores"] == pytest.approx(25e7, rel=0.2)
    assert second.values["UsageNanoCores"] > 25e7 and second.values["UsageBytes"] == 7
    assert third.values == {"RequestedCores": 0.5}
