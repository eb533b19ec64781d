"""Looks at a running replica every few seconds and writes down what its processes use."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from azdock.emulator.metrics import Sample
from azdock.emulator.runtimes.base import Container
from azdock.emulator.world import World

Document = dict[str, Any]
FIRST = 1.0  # seconds until the first look, where looks are not even more frequent
GAUGES = {"memory_bytes": "UsageBytes"}
COUNTERS = {"rx_bytes": "RxBytes", "tx_bytes": "TxBytes"}


class Sampler:
    """Samples one replica of a job. `replica` is its record, `execution` that of the execution it belongs to,
    `requested` the values that do not change: cores, bytes, restarts."""

    def __init__(
        self, world: World, replica: Document, resource_id: str, execution: Document, requested: Mapping[str, float]
    ) -> None:
        self._world = world
        self._replica = replica
        self._resource = resource_id
        self._execution = execution
        self._requested = requested
        self._before: dict[str, tuple[int, dict[str, int]]] = {}  # container -> time and figures of the last look

    async def run(self) -> None:
        """Sample until cancelled."""
        wait = min(FIRST, self._world.behaviour.metric_sample)
        while True:
            await self._world.clock.sleep(max(wait, 0.01))
            await self.look()
            wait = self._world.behaviour.metric_sample

    def _running(self) -> dict[str, Container]:
        return dict(self._world.running.containers.get(self._replica["name"], {}))

    async def look(self) -> None:
        """Take one sample of everything that runs now."""
        found = [await self._container(name, one) for name, one in self._running().items()]
        values = dict(self._requested) | summed(found) if found else {}
        if values:
            self._world.metrics.add(self._resource, Sample(self._world.clock.now_ns(), self._dimensions(), values))

    def _dimensions(self) -> dict[str, str]:
        name = self._resource.rpartition("/")[2]
        return {"state": self._execution["status"], "jobName": name, "executionName": self._execution["name"]}

    async def _container(self, name: str, container: Container) -> dict[str, float]:
        try:
            usage = await asyncio.to_thread(container.usage)
        except FileNotFoundError:
            return {}  # ended meanwhile, its control group is gone
        now = self._world.clock.now_ns()
        then, before = self._before.get(name) or (int(self._replica["containers"][name]["started"]), {})
        self._before[name] = (now, usage)
        return figures(usage, before, now - then)


def figures(usage: Mapping[str, int], before: Mapping[str, int], elapsed_ns: int) -> dict[str, float]:
    """Metrics out of a runtime's figures and those of `elapsed_ns` ago; what a runtime does not know is left out."""
    found: dict[str, float] = {metric: usage[one] for one, metric in GAUGES.items() if one in usage}
    if elapsed_ns <= 0:
        return found
    if "cpu_ns" in usage:
        used = max(usage["cpu_ns"] - before.get("cpu_ns", 0), 0)
        found["UsageNanoCores"] = used * 1e9 / elapsed_ns
    for one, metric in COUNTERS.items():
        if one in usage:
            found[metric] = max(usage[one] - before.get(one, 0), 0)
    return found


def summed(found: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """The figures of a replica out of its containers'."""
    total: dict[str, float] = {}
    for one in found:
        for metric, value in one.items():
            total[metric] = total.get(metric, 0.0) + value
    return total
