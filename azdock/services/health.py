"""Health checks that azdock itself does, through exec, for commands that Azure has no probe for (--health-via exec).

Nothing checks while nobody looks: `ps`, `inspect` and `run --wait healthy` run the command once each time they look.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from azdock.docker import health
from azdock.docker.channels import ExecChannel, ExecRequest
from azdock.docker.health import Probe
from azdock.docker.record import ContainerRecord
from azdock.errors import AzdockError, DaemonError, NotRunning

OUTPUT = 4096  # bytes of a check's output that docker keeps
TIMED_OUT = -1  # docker's exit code of a check that took too long
AT_ONCE = 8
Clock = Callable[[], datetime]


class Exec(Protocol):
    """Commands in running containers."""

    def open(self, record: ContainerRecord, request: ExecRequest) -> ExecChannel:
        """Start the command."""


@dataclass(frozen=True, slots=True)
class Result:
    """One check: when it began and ended (aware, UTC), its exit code and what it printed."""

    start: datetime
    end: datetime
    exit_code: int
    output: str


def check_of(record: ContainerRecord) -> Probe | None:
    """The check that azdock has to do for a container; None when Azure does it, or nobody."""
    asked = record.spec.health
    if asked is None or asked.check is None or asked.check.kind != "exec":
        return None
    return health.effective(asked, record.image.health, record.image.health_settings)


class Checks:
    """Health checks through exec."""

    def __init__(self, exec: Exec, clock: Clock, sleep: Callable[[float], None] = time.sleep) -> None:
        self._exec, self._clock, self._sleep = exec, clock, sleep

    def look(self, record: ContainerRecord) -> tuple[ContainerRecord, Result | None]:
        """The container with its health as it is now, and the check that told it; unchanged without a check to do."""
        check = check_of(record)
        if check is None or not record.seen.alive:
            return record, None
        result = self._run(record, check)
        if result is None:
            return record, None
        word = "healthy" if result.exit_code == 0 else "starting" if self._starts(record) else "unhealthy"
        return replace(record, seen=replace(record.seen, health=word)), result

    def every(self, records: Sequence[ContainerRecord]) -> list[ContainerRecord]:
        """The containers with their health; those that azdock checks are checked side by side."""
        if not any(check_of(one) for one in records):
            return list(records)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return [found for found, _ in pool.map(self.look, records)]

    def wait(self, record: ContainerRecord) -> ContainerRecord:
        """Block until a container that azdock checks is healthy; any other comes back at once.

        Raises DaemonError when as many checks in a row have failed as make it unhealthy.
        """
        check = check_of(record)
        failures = 0
        while check is not None and record.seen.alive:
            record, result = self.look(record)
            if record.seen.health == "healthy":
                return record
            failures += record.seen.health == "unhealthy"
            if failures >= (check.retries or health.RETRIES):
                said = f": {result.output.strip()}" if result is not None and result.output.strip() else ""
                raise DaemonError(f"container {record.ident.name} is unhealthy{said}")
            self._sleep(min(check.interval or 1.0, health.INTERVAL))
        return record

    def _starts(self, record: ContainerRecord) -> bool:
        """Whether failures do not count yet."""
        asked, started = record.spec.health, record.seen.started_at
        if asked is None or started is None:
            return False
        return (self._clock() - started).total_seconds() < asked.start_period

    def _run(self, record: ContainerRecord, check: Probe) -> Result | None:
        """Run the check once; None when the container ended meanwhile."""
        form, *words = check.command
        command = ("/bin/sh", "-c", words[0]) if form == "CMD-SHELL" else tuple(words)
        start = self._clock().astimezone(UTC)
        limit = check.timeout or health.TIMEOUT
        try:
            channel = self._exec.open(record, ExecRequest(command))
        except NotRunning:
            return None
        except AzdockError as failed:
            return Result(start, self._clock().astimezone(UTC), failed.code or 1, failed.message)
        code, output = _finish(channel, limit)
        return Result(start, self._clock().astimezone(UTC), code, output)


def _finish(channel: ExecChannel, limit: float) -> tuple[int, str]:
    """The exit code and the output of a check, which may take `limit` seconds."""
    late = threading.Event()

    def end() -> None:
        late.set()
        channel.close()

    timer = threading.Timer(limit, end)
    timer.daemon = True
    timer.start()
    data = bytearray()
    try:
        while (piece := channel.read()) is not None:
            data += piece[1][: max(OUTPUT - len(data), 0)]
    except AzdockError:
        if not late.is_set():
            raise
    finally:
        timer.cancel()
        channel.close()
    if late.is_set():
        return TIMED_OUT, f"Health check exceeded timeout ({limit:g}s)"
    return 1 if channel.exit_code is None else channel.exit_code, data.decode("utf-8", "replace")
