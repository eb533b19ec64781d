"""Docker's life cycle on Container Apps Jobs: one job for each container, one execution for each run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from azdock import errors
from azdock.azure import jobs, progress, retry
from azdock.azure.client import Azure
from azdock.azure.images import EmbeddedImages
from azdock.azure.jobs import Jobs
from azdock.azure.loganalytics import LogAnalytics
from azdock.backends import aca_job_gaps, embedded_images, job_signals, resources, tags
from azdock.backends import aca_job_map as translation
from azdock.backends.base import Gap
from azdock.backends.exec_command import command_string, signal_string
from azdock.backends.job_logs import JobLogs, address_of, within
from azdock.docker.channels import ExecChannel, ExecRequest, LogLine, LogQuery
from azdock.docker.record import ContainerRecord, Handle, Status
from azdock.docker.spec import ContainerSpec, ImageFacts
from azdock.settings import Settings

# A stopped run's container has 30 seconds to end; what is not told by then is not told.
SETTLE_SECONDS = 35.0
PARALLEL = 8


def connect(settings: Settings) -> JobBackend:
    """The backend over jobs of the context in `settings`."""
    return JobBackend(Azure(settings))


class JobBackend:
    """Backend over Container Apps Jobs."""

    name = "job"

    def __init__(
        self, azure: Azure, *, sleep: Callable[[float], None] = time.sleep, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._azure = azure
        self._jobs = Jobs(azure)
        self._sleep, self._clock = sleep, clock

    def gaps(self, spec: ContainerSpec) -> list[Gap]:
        """What a job cannot honour of this spec."""
        return aca_job_gaps.gaps(spec)

    def notices(self, spec: ContainerSpec) -> list[str]:
        """That CPU and memory were rounded up, if they were."""
        found = resources.notice(spec.resources)
        return [found] if found else []

    def image(self, reference: str, pull: str) -> ImageFacts:
        """What the embedded Azure knows of an image; in the cloud only the registry knows, and nothing is asked."""
        if not self._azure.is_embedded:
            return ImageFacts()
        warm = threading.Thread(target=jobs.import_sdk, daemon=True)
        warm.start()  # create() needs it next; it loads while the image is looked up
        return embedded_images.facts(EmbeddedImages(self._azure).describe(reference, pull))

    def create(self, record: ContainerRecord) -> Handle:
        """Create the job."""
        name = translation.job_name(record)
        body = translation.job_body(record, self._azure.place.environment_id, self._azure.location())
        try:
            self._jobs.create(name, body)
        except BaseException as failed:
            self._clean_up(name, failed)
            raise
        return {"job": name}

    def start(self, record: ContainerRecord) -> Status:
        """Begin an execution."""
        run = self._jobs.start(translation.job_name(record))
        return Status(state="running", run=run, started_at=datetime.now(UTC))

    def started(self, record: ContainerRecord) -> Status:
        """Wait until the container runs or the run has ended."""
        job, run = translation.job_name(record), record.seen.run
        pause = retry.backoff(0.02, 1.0)
        while True:
            execution = self._jobs.execution(job, run)
            status = translation.status_of(execution)
            if status.state != "running" or self._endpoint(job, run, "logStreamEndpoint"):
                return status
            seconds = pause()
            with progress.waiting("Azure starts the container", seconds):
                self._sleep(seconds)

    def stop(self, record: ContainerRecord, grace: float | None) -> Status:
        """Stop the current run and wait for its end. Azure's grace cannot be shortened; it is lengthened by sending
        SIGTERM early, if the image has a shell for that."""
        job, run = translation.job_name(record), self._run(record)
        if not run:
            return record.seen
        if grace is None or not job_signals.is_longer(grace) or self._outlives(record, run, grace):
            self._stop(job, run)
        return self.wait(record, run)

    def kill(self, record: ContainerRecord, signal: str) -> None:
        """KILL stops the run; any other signal goes to the container's first process through exec.

        Raises NotRunning without a replica, AzdockError when the image has no shell to send it with.
        """
        job, run = translation.job_name(record), self._run(record)
        if signal.removeprefix("SIG") in ("KILL", "9"):
            self._stop(job, run)
            return
        try:
            job_signals.deliver(self._socket(job, run, signal_string(signal), (24, 80)), signal)
        except errors.AzdockError:
            # A signal that ends the container takes the shell that sent it along.
            if not self._logs(record).ended_soon(run):
                raise

    def remove(self, record: ContainerRecord) -> None:
        """Delete the job with all its executions."""
        self._jobs.delete(translation.job_name(record))

    def rename(self, record: ContainerRecord, name: str) -> None:
        """Write the new name into the job's tags."""
        self._jobs.tag(translation.job_name(record), {tags.NAME: name})

    def inventory(self, known: Mapping[str, Status]) -> list[ContainerRecord]:
        """Every container azdock owns in the resource group, with fresh statuses."""
        records = [translation.record_of(job) for job in self._jobs.all() if _counts(job)]
        if not records:
            return []
        with ThreadPoolExecutor(min(PARALLEL, len(records))) as pool:
            found = pool.map(lambda record: self._seen(record, known.get(record.ident.id)), records)
            return [record for record in found if record is not None]

    def status(self, record: ContainerRecord) -> Status:
        """The status of the job's latest run."""
        found = self._latest(record)
        if found is None:
            self._jobs.get(translation.job_name(record))  # raises NotFound when the job is gone
            return Status()
        return found

    def wait(self, record: ContainerRecord, run: str) -> Status:
        """Poll until the run has ended and its code is known, or will not be."""
        job, pause = translation.job_name(record), retry.backoff(0.02, 1.5)
        stopped_since: float | None = None
        while True:
            execution = self._jobs.execution(job, run)
            if (execution.get("properties") or {}).get("status") == "Stopped":
                stopped_since = stopped_since if stopped_since is not None else self._clock()
            settled = stopped_since is not None and self._clock() - stopped_since > SETTLE_SECONDS
            status = translation.status_of(execution, settled=settled)
            if status.state != "running":
                return status
            self._sleep(pause())

    def logs(self, record: ContainerRecord, query: LogQuery) -> Iterator[LogLine]:
        """History and live lines; a followed run is read from its beginning."""
        logs = self._logs(record)
        if query.follow and query.run:
            yield from logs.follow(query.run)
            return
        latest = self._latest(record)
        run = latest.run if latest else ""
        history = logs.history(query, run)
        yield from history.lines
        if query.follow and latest and latest.state == "running":
            for line in logs.follow(run, history.shown):
                if query.until_ns is not None and line.time_ns > query.until_ns:
                    return
                if within(line, query):
                    yield line

    def exec(self, record: ContainerRecord, request: ExecRequest) -> ExecChannel:
        """A command in the running container. Raises Unsupported for another user."""
        if request.user:
            raise errors.Unsupported("--user: Azure runs commands as the container's own user")
        job, run = translation.job_name(record), self._run(record)
        socket = self._socket(job, run, command_string(request), request.size)
        if request.tty:
            channel: ExecChannel = socket
            return channel
        from azdock.backends.exec_channel import PlainChannel

        return PlainChannel(socket, request.command[0], quiet=not request.detach)

    def raw(self, record: ContainerRecord) -> dict[str, Any]:
        """The job as Azure shows it, secrets' values removed."""
        found = self._jobs.get(translation.job_name(record))
        for secret in (found.get("properties", {}).get("configuration") or {}).get("secrets") or ():
            secret.pop("value", None)
        return found

    def close(self) -> None:
        """Drop the connections."""
        self._azure.close()

    # ---- steps
    @cached_property
    def _analytics(self) -> LogAnalytics:
        return LogAnalytics(self._azure)

    def _logs(self, record: ContainerRecord) -> JobLogs:
        job = translation.job_name(record)
        return JobLogs(self._jobs, self._analytics, job, sleep=self._sleep, clock=self._clock)

    def _clean_up(self, name: str, failed: BaseException) -> None:
        """Azure keeps a job whose creation failed; it must not look like a container."""
        if isinstance(failed, errors.Unreachable):
            return  # nothing can be removed from an Azure that does not answer
        try:
            self._jobs.delete(name)
        except errors.AzdockError as stuck:
            progress.warn(f"the job {name}, whose creation failed, could not be removed: {stuck.message}")

    def _latest(self, record: ContainerRecord) -> Status | None:
        """The newest run's status; None when there is none, or no job."""
        try:
            execution = next(iter(self._jobs.executions(translation.job_name(record))), None)
        except errors.NotFound:
            return None
        return translation.status_of(execution, now=datetime.now(UTC)) if execution else None

    def _seen(self, record: ContainerRecord, known: Status | None) -> ContainerRecord | None:
        """The record with its status; None when it vanished meanwhile."""
        if known is not None and known.terminal:
            return replace(record, seen=known)
        latest = self._latest(record)
        if latest is not None:
            return replace(record, seen=latest)
        try:
            self._jobs.get(translation.job_name(record))
        except errors.NotFound:
            return None
        return record

    def _run(self, record: ContainerRecord) -> str:
        if record.seen.run:
            return record.seen.run
        latest = self._latest(record)
        return latest.run if latest else ""

    def _outlives(self, record: ContainerRecord, run: str, grace: float) -> bool:
        try:
            self.kill(record, "TERM")
        except errors.AzdockError as failed:
            progress.warn(f"Azure ends the container after {job_signals.STOP_GRACE:.0f} seconds: {failed.message}")
            return True
        status = self._logs(record).status
        return job_signals.outlives(lambda: status(run), grace, self._sleep, self._clock)

    def _stop(self, job: str, run: str) -> None:
        self._jobs.stop(job, run)

    def _endpoint(self, job: str, run: str, field: str) -> str:
        for replica in self._jobs.replicas(job, run):
            if found := address_of(replica, field):
                return found
        return ""

    def _socket(self, job: str, run: str, command: str, size: tuple[int, int]) -> Any:
        from azdock.azure.execsocket import ExecSocket

        address = self._endpoint(job, run, "execEndpoint")
        if not address:
            raise errors.NotRunning("the container has no replica that runs", hint="azdock ps -a")
        return ExecSocket(address, self._jobs.token(job), command, size)


def _counts(job: dict[str, Any]) -> bool:
    """True for a job of azdock's that is not being deleted."""
    return tags.is_ours(job.get("tags")) and (job.get("properties") or {}).get("provisioningState") != "Deleting"
