"""What containers use: one command kept open in each that runs, asked once for each sample; Azure's own metrics where
no command can be run.

The command runs in the container's own control group, so what it needs itself is in the figures: about 2 MiB of memory
and 6 ms of CPU for each sample. Its processes are not counted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Protocol, cast

from azdock.backends.base import Measures
from azdock.docker import usage
from azdock.docker.channels import ExecChannel, ExecRequest
from azdock.docker.filters import Filters
from azdock.docker.record import ContainerRecord
from azdock.docker.usage import IDLE, UNKNOWN, Sample, Usage
from azdock.errors import AzdockError, NotFound
from azdock.services.exec import Exec
from azdock.services.listing import Listing
from azdock.services.registry import Backends

# Azure Monitor has a value for each minute: asking more often tells nothing new.
MONITOR_SECONDS = 20.0
# How often containers that have come, and that have gone, are looked for.
LIST_SECONDS = 5.0
PARALLEL = 8


@dataclass(frozen=True, slots=True)
class Row:
    """One container of stats; `asked` is how it was named on the command line."""

    asked: str
    record: ContainerRecord
    usage: Usage


class Gauge(Protocol):
    """Something that tells what one container uses: ask() first, then read()."""

    def ask(self) -> None:
        """Let the next sample be taken; does not wait."""

    def read(self) -> Usage:
        """The sample. Raises AzdockError or ValueError when there will be no more."""

    def close(self) -> None:
        """Drop the connection."""


class ProcGauge:
    """Reads control group and /proc through a command that takes a sample for each line of input."""

    def __init__(self, channel: ExecChannel, granted: int) -> None:
        self._channel, self._granted = channel, granted
        self._rest = b""
        self._last: Sample | None = None

    def ask(self) -> None:
        """Let a sample be taken."""
        self._channel.write(b"\n")

    def read(self) -> Usage:
        """The usage since the sample before. Raises ValueError when the command has ended."""
        end = f"{usage.END}:\n".encode()
        while end not in self._rest:
            piece = self._channel.read()
            if piece is None:
                raise ValueError("the command that reads what the container uses has ended")
            self._rest += piece[1] if piece[0] == "out" else b""
        text, _, self._rest = self._rest.partition(end)
        sample = usage.parse(text.decode("utf-8", "replace"), self._granted)
        before, self._last = self._last or sample, sample
        return usage.between(before, sample)

    def close(self) -> None:
        """End the command: its input ends."""
        self._channel.close_input()
        self._channel.close()


class SumGauge:
    """The replicas of one container, added up."""

    def __init__(self, gauges: Sequence[Gauge]) -> None:
        self._gauges = gauges

    def ask(self) -> None:
        """Let a sample of each be taken."""
        for gauge in self._gauges:
            gauge.ask()

    def read(self) -> Usage:
        """The sum. Raises as the first that has ended does."""
        return usage.together([gauge.read() for gauge in self._gauges])

    def close(self) -> None:
        """End all."""
        for gauge in self._gauges:
            gauge.close()


class MonitorGauge:
    """Azure Monitor, asked seldom; between the age of its value grows."""

    def __init__(self, backend: Measures, record: ContainerRecord, clock: Callable[[], float]) -> None:
        self._backend, self._record, self._clock = backend, record, clock
        self._found, self._at = UNKNOWN, -MONITOR_SECONDS

    def ask(self) -> None:
        """Nothing is asked ahead."""

    def read(self) -> Usage:
        """The newest value there is."""
        passed = self._clock() - self._at
        if passed >= MONITOR_SECONDS:
            self._found, self._at, passed = self._backend.usage(self._record), self._clock(), 0.0
        return self._found if self._found.age is None else replace(self._found, age=self._found.age + passed)

    def close(self) -> None:
        """Nothing is open."""


class StillGauge:
    """A container that does not run, or of which nothing is known any more."""

    def __init__(self, shown: Usage = IDLE) -> None:
        self._shown = shown

    def ask(self) -> None:
        """Nothing moves."""

    def read(self) -> Usage:
        """Always the same."""
        return self._shown

    def close(self) -> None:
        """Nothing is open."""


class Watch:
    """The containers of one `stats`; use it as a context manager. A share of CPU is that since the last rows(), or
    since the watch began."""

    def __init__(self, stats: Stats, names: Sequence[str], all: bool, replica: str = "") -> None:
        self._stats, self._names, self._all, self._replica = stats, names, all, replica
        self._found: list[tuple[str, ContainerRecord]] = []
        self._gauges: dict[str, Gauge] = {}
        self._listed = 0.0

    def __enter__(self) -> Watch:
        """Connect to every container and take the first sample."""
        self._list()
        return self

    def __exit__(self, *_: object) -> None:
        for gauge in self._gauges.values():
            gauge.close()

    @property
    def empty(self) -> bool:
        """True when there is nothing to wait for."""
        return not self._found

    def rows(self) -> list[Row]:
        """What the containers use now."""
        if not self._names and self._stats.clock() - self._listed >= LIST_SECONDS:
            self._list()
        return self._take()

    def _list(self) -> None:
        self._found = self._stats.find(self._names, self._all)
        self._listed = self._stats.clock()
        fresh = [record for _, record in self._found if record.ident.id not in self._gauges]
        gone = self._gauges.keys() - {record.ident.id for _, record in self._found}
        for id in gone:
            self._gauges.pop(id).close()
        if fresh:
            with ThreadPoolExecutor(min(PARALLEL, len(fresh))) as pool:
                made = pool.map(lambda record: self._stats.gauge(record, self._replica), fresh)
                for record, gauge in zip(fresh, made, strict=True):
                    self._gauges[record.ident.id] = gauge

    def _take(self) -> list[Row]:
        for _, record in self._found:
            self._gauges[record.ident.id].ask()
        return [Row(asked, record, self._read(record)) for asked, record in self._found]

    def _read(self, record: ContainerRecord) -> Usage:
        try:
            return self._gauges[record.ident.id].read()
        except (AzdockError, ValueError):
            self._gauges.pop(record.ident.id).close()
            self._gauges[record.ident.id] = self._stats.after(record, self._replica)
            return UNKNOWN  # a share of CPU needs a sample before


class Stats:
    """`stats` over exec and Azure Monitor."""

    def __init__(
        self, exec: Exec, listing: Listing, backends: Backends, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._exec, self._listing, self._backends, self.clock = exec, listing, backends, clock

    def watch(self, names: Sequence[str], *, all: bool, replica: str = "") -> Watch:
        """Watch the containers named, else those that run, else with `all` every one; of one with several replicas all
        of them added up, or `replica`. Raises NotFound on entering."""
        return Watch(self, names, all, replica)

    def find(self, names: Sequence[str], all: bool) -> list[tuple[str, ContainerRecord]]:
        """(as asked for, record) of each container. Raises NotFound, with every missing one in docker's words."""
        if not names:
            return [(one.ident.id[:12], one) for one in self._listing.ps(all=all, filters=Filters({}))]
        found, missing = [], []
        for name in names:
            try:
                found.append((name, self._listing.inspect(name)))
            except NotFound as unknown:
                missing.append(unknown.message)
        if missing:
            raise NotFound("\nError response from Azure: ".join(missing))
        return found

    def gauge(self, record: ContainerRecord, replica: str = "") -> Gauge:
        """What tells the usage of a container, or one replica of it, as it is now. Raises AzdockError for a replica
        that cannot be asked."""
        if not record.seen.reachable:
            return StillGauge()
        backend = cast(Measures, self._backends.get(record.backend))
        try:
            wanted = [replica] if replica else list(backend.replicas(record)) or [""]
            return self._of_replicas(record, wanted, backend.granted(record))
        except (AzdockError, ValueError) as failed:
            if replica and isinstance(failed, AzdockError):
                raise
            if replica:
                raise AzdockError(f"replica {replica}: {failed}") from failed
            # no shell, no replica yet, no more connections: Azure's own figures need none of them
            return MonitorGauge(backend, record, self.clock)

    def _of_replicas(self, record: ContainerRecord, replicas: Sequence[str], granted: int) -> Gauge:
        """Commands that read what replicas use, with a first sample taken."""
        gauges: list[Gauge] = []
        try:
            for name in replicas:
                request = ExecRequest(("sh", "-c", usage.SCRIPT), stdin=True, replica=name)
                gauges.append(ProcGauge(self._exec.open(record, request), granted))
            for gauge in gauges:
                gauge.ask()
            for gauge in gauges:
                gauge.read()
        except (AzdockError, ValueError):
            for gauge in gauges:
                gauge.close()
            raise
        return gauges[0] if len(gauges) == 1 else SumGauge(gauges)

    def after(self, record: ContainerRecord, replica: str = "") -> Gauge:
        """What follows on a gauge that broke: nothing is known of a container that has ended or gone."""
        try:
            now = self._listing.inspect(record.ident.id)
        except NotFound:
            return StillGauge(UNKNOWN)
        return self.gauge(now, replica) if now.seen.reachable else StillGauge(UNKNOWN)
