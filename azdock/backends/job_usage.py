"""What a run uses as Azure Monitor knows it: a value for each minute, about a minute late."""

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
    return measured(arm, job, {"executionName": record.seen.run}, MEMORY, record, now)


def measured(
    arm: Arm, resource: str, only: Mapping[str, str], memory: str, record: ContainerRecord, now: datetime
) -> Usage:
    """The newest values of the series whose dimensions have the values `only`, several of them ("*") added up; UNKNOWN
    when there is none yet. `memory` is the metric of memory in use."""
    began = record.seen.started_at or now - FRESH
    found = metrics.read(arm, resource, (CPU, memory), max(began, now - FRESH) - GRAIN, now, only=only)
    newest = max((point.time for points in found.values() for point in points), default=None)
    if newest is None:
        return UNKNOWN
    grain = "PT1M" if now - began < BY_THE_MINUTE else "PT1H"
    traffic = metrics.read(arm, resource, (RECEIVED, SENT), began - GRAIN, now, only=only, grain=grain)
    cores, used = _last(found, CPU), _last(found, memory)
    return Usage(
        cpu=None if cores is None else 100 * cores / NANO,
        memory=None if used is None else int(used),
        limit=granted(record),
        received=_sum(traffic.get(RECEIVED)),
        sent=_sum(traffic.get(SENT)),
        age=max((now - newest).total_seconds(), 0.0),
    )


def _last(found: Mapping[str, Sequence[Point]], name: str) -> float | None:
    """The newest average, that of several series of the same minute added up."""
    known = [point for point in found.get(name) or () if point.average is not None]
    return sum(point.average or 0.0 for point in known if point.time == known[-1].time) if known else None


def _sum(points: Sequence[Point] | None) -> int | None:
    totals = [point.total for point in points or () if point.total is not None]
    return int(sum(totals)) if totals else None
