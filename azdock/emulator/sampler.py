"""Looks at a running replica every few seconds and writes down what its processes use."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from azdock.emulator.metrics import Sample
from azdock.emulator.runtimes.base import Container
from azdock.emulator.world import World

Values = Mapping[str, float]
FIRST = 1.0  # seconds until the first look, where looks are not even more frequent
COUNTERS = {"rx_bytes": "RxBytes", "tx_bytes": "TxBytes"}


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose metrics they are: the resource's id, the dimensions of a sample, what is told beside the use (cores asked
    for, restarts), and how the resource's type names memory in use."""

    resource: str
    dimensions: Callable[[], Mapping[str, str]]
    beside: Callable[[], Values]
    memory: str = "UsageBytes"


class Sampler:
    """Samples one replica; `began` tells when a container of it was started (Unix ns)."""

    def __init__(self, world: World, replica: str, began: Callable[[str], int], subject: Subject) -> None:
        self._world, self._replica, self._began, self._subject = world, replica, began, subject
        self._before: dict[str, tuple[str, int, dict[str, int]]] = {}  # container -> id, time, figures of the last look

    async def run(self) -> None:
        """Sample until cancelled."""
        wait = min(FIRST, self._world.behaviour.metric_sample)
        while True:
            await self._world.clock.sleep(max(wait, 0.01))
            await self.look()
            wait = self._world.behaviour.metric_sample

    def _running(self) -> dict[str, Container]:
        return dict(self._world.running.containers.get(self._replica, {}))

    async def look(self) -> None:
        """Take one sample of everything that runs now."""
        found = [await self._container(name, one) for name, one in self._running().items()]
        values = dict(self._subject.beside()) | summed(found) if found else {}
        if values:
            sample = Sample(self._world.clock.now_ns(), self._subject.dimensions(), values)
            self._world.metrics.add(self._subject.resource, sample)

    async def _container(self, name: str, container: Container) -> dict[str, float]:
        try:
            usage = await asyncio.to_thread(container.usage)
        except FileNotFoundError:
            return {}  # ended meanwhile, its control group is gone
        now = self._world.clock.now_ns()
        last, then, before = self._before.get(name) or ("", 0, {})
        if last != container.id:
            then, before = self._began(name), {}
        self._before[name] = (container.id, now, usage)
        return figures(usage, before, now - then, self._subject.memory)


def figures(
    usage: Mapping[str, int], before: Mapping[str, int], elapsed_ns: int, memory: str = "UsageBytes"
) -> dict[str, float]:
    """Metrics out of a runtime's figures and those of `elapsed_ns` ago; what a runtime does not know is left out."""
    found: dict[str, float] = {memory: usage["memory_bytes"]} if "memory_bytes" in usage else {}
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
