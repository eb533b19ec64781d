"""What is known of a job beyond its state: logs, measurements, reasons, and Azure's own JSON."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from azdock.backends import aca_job_map as translation
from azdock.backends import naming
from azdock.backends.job_base import JobBase
from azdock.docker.channels import LogQuery, LogReader
from azdock.docker.record import ContainerRecord, Ident, Status
from azdock.docker.spec import ContainerSpec

if TYPE_CHECKING:
    from azdock.docker.explanation import Explanation
    from azdock.docker.usage import Usage


class JobInsight(JobBase):
    """The backend's read-only side."""

    def logs(self, record: ContainerRecord, query: LogQuery) -> LogReader:
        """History and live lines; a followed run is read from its beginning."""
        return self._logs(record).read(query)

    def trace(self, query: str) -> ContainerRecord | None:
        """A removed container of which Log Analytics still has lines."""
        name = query.removeprefix("/")
        ident = f"-{name[: naming.ID_LENGTH]}" if re.fullmatch("[0-9a-f]+", name) else ""
        jobs = self._analytics.names(naming.beginning(name), ident)
        job = next((one for one in jobs if naming.is_named(one, name)), None)
        if job is None:
            return None
        found = Ident(job.rpartition("-")[2], name)
        return ContainerRecord(found, ContainerSpec(image=""), datetime.now(UTC), self.name, {"job": job})

    def replicas(self, record: ContainerRecord) -> tuple[str, ...]:  # noqa: ARG002
        """A job's run has one replica at a time."""
        return ()

    def granted(self, record: ContainerRecord) -> int:
        """The memory of the job's container."""
        from azdock.backends import job_usage

        return job_usage.granted(record)

    def usage(self, record: ContainerRecord) -> Usage:
        """What Azure Monitor knows of the current run."""
        from azdock.backends import job_usage

        job = self._jobs.id(translation.job_name(record))
        return job_usage.usage(self._azure.arm, job, record, datetime.now(UTC))

    def explain(self, record: ContainerRecord) -> Explanation:
        """Why the latest run is as it is."""
        from azdock.azure.systemlogs import SystemLogs
        from azdock.backends import judge
        from azdock.backends.job_evidence import JobEvidence

        return judge.explain(JobEvidence(self._jobs, SystemLogs(self._azure)).gather(record))

    def first_line(self, record: ContainerRecord, status: Status) -> str:
        """Azure's reason for a failed run, from its status."""
        from azdock.backends import judge

        return judge.first_line(record, status)

    def raw(self, record: ContainerRecord) -> dict[str, Any]:
        """The job as Azure shows it, secrets' values removed."""
        found = self._jobs.get(translation.job_name(record))
        for secret in (found.get("properties", {}).get("configuration") or {}).get("secrets") or ():
            secret.pop("value", None)
        return found
