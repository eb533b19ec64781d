"""What a job's run uses as Azure Monitor knows it: a value for each minute, about a minute late."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from azdock.azure import metrics
from azdock.azure.arm import Arm
from azdock.azure.metrics import Point
from azdock.backends import resources
from azdock.docker.record import ContainerRecord
from azdock.docker.usage import UNKNOWN, Usage

CPU, MEMORY, RECEIVED, SENT = "UsageNanoCores", "UsageBytes", "RxBytes", "TxBytes"
NANO = 1e9
# Values older than this say nothing about now.
FRESH = timedelta(minutes=15)
GRAIN = timedelta(minutes=1)
# The most minutes of a run whose traffic is summed up by the minute; the rest is summed by the hour.
BY_THE_MINUTE = timedelta(hours=6)


def granted(record: ContainerRecord) -> int:
    """The bytes of memory that Azure gives to the container."""
    return resources.pair(record.spec.resources).quarters * resources.HALF_GIB


def usage(arm: Arm, job: str, record: ContainerRecord, now: datetime) -> Usage:
    """The newest values of the run `record.seen.run`; UNKNOWN when there is none yet. `job` is an ARM id."""
    only = {"executionName": record.seen.run}
    began = record.seen.started_at or now - FRESH
    found = metrics.read(arm, job, (CPU, MEMORY), max(began, now - FRESH) - GRAIN, now, only=only)
    newest = max((point.time for points in found.values() for point in points), default=None)
    if newest is None:
        return UNKNOWN
    grain = "PT1M" if now - began < BY_THE_MINUTE else "PT1H"
    traffic = metrics.read(arm, job, (RECEIVED, SENT), began - GRAIN, now, only=only, grain=grain)
    cores = _last(found, CPU)
    memory = _last(found, MEMORY)
    return Usage(
        cpu=None if cores is None else 100 * cores / NANO,
        memory=None if memory is None else int(memory),
        limit=granted(record),
        received=_sum(traffic.get(RECEIVED)),
        sent=_sum(traffic.get(SENT)),
        age=max((now - newest).total_seconds(), 0.0),
    )


def _last(found: Mapping[str, Sequence[Point]], name: str) -> float | None:
    averages = [point.average for point in found.get(name) or () if point.average is not None]
    return averages[-1] if averages else None


def _sum(points: Sequence[Point] | None) -> int | None:
    totals = [point.total for point in points or () if point.total is not None]
    return int(sum(totals)) if totals else None
