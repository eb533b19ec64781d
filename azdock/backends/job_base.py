"""What every part of the backend over jobs stands on: the jobs, their runs and their logs."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from azdock import errors
from azdock.azure.client import Azure
from azdock.azure.jobs import Jobs
from azdock.backends import aca_job_map as translation
from azdock.backends import aca_job_shim
from azdock.backends.inside_base import InsideBase
from azdock.docker.record import ContainerRecord, Status

if TYPE_CHECKING:
    from azdock.azure.loganalytics import LogAnalytics
    from azdock.backends.exec_pool import Place
    from azdock.backends.job_logs import JobLogs


class JobBase(InsideBase):
    """One context's jobs. `sleep` and `clock` are the outside world's."""

    name = "job"

    def __init__(
        self, azure: Azure, *, sleep: Callable[[float], None] = time.sleep, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._azure = azure
        self._jobs = Jobs(azure)
        self._sleep, self._clock = sleep, clock

    @property
    def containers(self) -> Jobs:
        """The jobs."""
        return self._jobs

    def place(self, record: ContainerRecord, replica: str = "") -> Place:
        """The record's job and its latest execution, which has one replica at a time."""
        return translation.job_name(record), self._run(record), replica

    def endpoint(self, place: Place, field: str) -> str:
        """An address of the main container of the execution; "" when there is none now."""
        from azdock.backends.replicas import address_of, chosen

        job, run, wanted = place
        found = (address_of(one, field) for one in chosen(self._jobs.replicas(job, run), wanted))
        return next((one for one in found if one), "")

    @cached_property
    def _analytics(self) -> LogAnalytics:
        from azdock.azure.loganalytics import LogAnalytics

        return LogAnalytics(self._azure)

    def _logs(self, record: ContainerRecord) -> JobLogs:
        from azdock.backends.job_logs import JobLogs

        restart = record.spec.restart
        return JobLogs(
            self._jobs,
            self._analytics,
            translation.job_name(record),
            attempts=1 + (restart.maximum_retry_count if restart.name == "on-failure" else 0),
            marked=translation.own_plan(record) is not None,
            failure=lambda mark: aca_job_shim.failure(mark, record),
            sleep=self._sleep,
            clock=self._clock,
        )

    def _latest(self, record: ContainerRecord) -> Status | None:
        """The newest run's status; None when there is none, or no job."""
        try:
            execution = next(iter(self._jobs.executions(translation.job_name(record))), None)
        except errors.NotFound:
            return None
        return translation.status_of(execution, now=datetime.now(UTC)) if execution else None

    def _run(self, record: ContainerRecord) -> str:
        if record.seen.run:
            return record.seen.run
        latest = self._latest(record)
        return latest.run if latest else ""
