"""Docker's life cycle on Container Apps Jobs: one job for each container, one execution for each run."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from azdock import errors
from azdock.azure import jobs, progress, retry
from azdock.azure.client import Azure
from azdock.azure.images import EmbeddedImages
from azdock.backends import aca_job_map as translation
from azdock.backends import aca_job_shim, embedded_images, resources, tags
from azdock.backends.base import NO_FACTS, Gap
from azdock.backends.job_insight import JobInsight
from azdock.backends.shim import Plan
from azdock.docker.channels import DETACHED, Attachment, ExecChannel
from azdock.docker.record import ContainerRecord, Handle, Status
from azdock.docker.spec import ContainerSpec, ImageFacts
from azdock.settings import Settings

# A stopped run's container has 30 seconds to end; what is not told by then is not told.
SETTLE_SECONDS = 35.0
PARALLEL = 8
# Seconds that an attached run stays readable after its start: replicas are listed after about twelve, and a busy
# machine takes its time to look (azure-cli-extensions, test_containerappjob_logstream.yaml).
LINGER, LINGER_EMBEDDED = 20, 3


def connect(settings: Settings) -> JobBackend:
    """The backend over jobs of the context in `settings`."""
    return JobBackend(Azure(settings))


class JobBackend(JobInsight):
    """Backend over Container Apps Jobs."""

    def gaps(self, spec: ContainerSpec) -> list[Gap]:
        """What a job cannot honour of this spec."""
        from azdock.backends import aca_job_gaps

        return aca_job_gaps.gaps(spec)

    def notices(self, spec: ContainerSpec, image: ImageFacts = NO_FACTS) -> list[str]:  # noqa: ARG002
        """That CPU and memory were rounded up, if they were."""
        found = resources.notice(spec.resources)
        return [found] if found else []

    def image(self, reference: str, pull: str) -> ImageFacts:
        """What the embedded Azure knows of an image, or its registry, which does not decide whether it exists."""
        warm = threading.Thread(target=jobs.import_sdk, daemon=True)
        warm.start()  # create() needs it next; it loads while the image is looked up
        if not self._azure.is_embedded:
            from azdock.backends import registry_images

            return registry_images.facts(self._azure, reference, pull)
        return embedded_images.facts(EmbeddedImages(self._azure).describe(reference, pull))

    def needs(self, spec: ContainerSpec, image: ImageFacts) -> list[Gap]:
        """What a job cannot honour because of the image."""
        return aca_job_shim.gaps(spec, image)

    def create(self, record: ContainerRecord) -> Handle:
        """Create the job."""
        name = translation.job_name(record)
        handle = {"job": name}
        if aca_job_shim.wanted(record.spec, record.image):
            handle[translation.LINGER] = str(self._linger if record.spec.foreground else 0)
        try:
            self._put(replace(record, handle=handle))
        except BaseException as failed:
            self._clean_up(name, failed)
            raise
        return handle

    def start(self, record: ContainerRecord, attachment: Attachment = DETACHED) -> Status:
        """Begin an execution; its command is wrapped anew when the job's own wrapping is for another kind of run."""
        plan, again = None, False
        if (own := translation.own_plan(record)) is not None:
            plan = aca_job_shim.plan(record, self._linger, attachment)
            again = plan != own
        template = {"containers": [translation.container(record, plan)]} if again else None
        if record.spec.mounts and (again or record.seen.run):
            template = None  # an execution's own template has no volumes
            self._rewrite(record, plan)
        run = self._jobs.start(translation.job_name(record), template)
        return Status(state="running", run=run, started_at=datetime.now(UTC))

    def unwrapped(self, record: ContainerRecord) -> Handle | None:
        """Write the job anew without the run shim, if the run has shown that its image has no shell."""
        if translation.own_plan(record) is None or not aca_job_shim.lacks_shell(record):
            return None
        aca_job_shim.check_shell(record)
        progress.warn(
            f"the image has no {aca_job_shim.SHELL}: its command runs without the run shim, so stderr comes on stdout, "
            "and the end of a short run may come late"
        )
        plain = replace(record, handle={"job": translation.job_name(record)})
        self._put(plain)
        return plain.handle

    def update(self, record: ContainerRecord, spec: ContainerSpec) -> Status:
        """Write another form of the container onto the job: its next run has it."""
        changed = replace(record, spec=spec)
        if not aca_job_shim.wanted(spec, record.image):
            changed = replace(changed, handle={"job": translation.job_name(record)})
        self._put(changed)
        return record.seen

    def started(self, record: ContainerRecord) -> Status:
        """Wait until the container runs or the run has ended."""
        job, run = translation.job_name(record), record.seen.run
        pause = retry.backoff(0.02, 1.0)
        while True:
            execution = self._jobs.execution(job, run)
            status = translation.status_of(execution)
            if status.state != "running":
                return status
            if address := self.endpoint((job, run, ""), "logStreamEndpoint"):
                return self._invoked(record, status, address)
            seconds = pause()
            with progress.waiting("Azure starts the container", seconds):
                self._sleep(seconds)

    def stop(self, record: ContainerRecord, grace: float | None) -> Status:
        """Stop the current run and wait for its end. Azure's grace cannot be shortened; it is lengthened by sending
        SIGTERM early, if the image has a shell for that."""
        job, run = translation.job_name(record), self._run(record)
        if not run:
            return record.seen
        from azdock.backends import inside_signals

        if grace is None or not inside_signals.is_longer(grace) or self._outlives(record, run, grace):
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
        from azdock.backends import inside_signals

        try:
            inside_signals.deliver(self._inside.signalling(record, signal), signal)
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

    def close(self) -> None:
        """Drop the connections."""
        self.hang_up()
        self._azure.close()

    # ---- steps
    def _clean_up(self, name: str, failed: BaseException) -> None:
        """Azure keeps a job whose creation failed; it must not look like a container."""
        if isinstance(failed, errors.Unreachable):
            return  # nothing can be removed from an Azure that does not answer
        try:
            self._jobs.delete(name)
        except errors.AzdockError as stuck:
            progress.warn(f"the job {name}, whose creation failed, could not be removed: {stuck.message}")

    def _seen(self, record: ContainerRecord, known: Status | None) -> ContainerRecord | None:
        """The record with its status; None when it vanished meanwhile."""
        if known is not None and known.over:
            return replace(record, seen=known)
        latest = self._latest(record)
        if latest is not None:
            return replace(record, seen=latest)
        try:
            self._jobs.get(translation.job_name(record))
        except errors.NotFound:
            return None
        return record

    def _outlives(self, record: ContainerRecord, run: str, grace: float) -> bool:
        from azdock.backends import inside_signals

        try:
            self.kill(record, "TERM")
        except errors.AzdockError as failed:
            progress.warn(f"Azure ends the container after {inside_signals.STOP_GRACE:.0f} seconds: {failed.message}")
            return True
        status = self._logs(record).status
        return inside_signals.outlives(lambda: status(run), grace, self._sleep, self._clock)

    def _invoked(self, record: ContainerRecord, status: Status, address: str) -> Status:
        """The status of a run whose container is up: the run shim tells at once whether its command could be run."""
        if translation.own_plan(record) is None:
            return status
        mark = self._inside.refusal(translation.job_name(record), address)
        if mark is None:
            return status
        self._jobs.stop(translation.job_name(record), record.seen.run)  # it stays only to be read
        return replace(status, state="created", exit_code=mark.code, error=aca_job_shim.failure(mark, record))

    def session(self, record: ContainerRecord, size: tuple[int, int]) -> ExecChannel:  # noqa: ARG002 (a job has none)
        """A job runs its command by itself."""
        raise errors.Unsupported(f"the container {record.ident.name} does not wait for a session")

    def _stop(self, job: str, run: str) -> None:
        self._jobs.stop(job, run)

    @property
    def _linger(self) -> int:
        return LINGER_EMBEDDED if self._azure.is_embedded else LINGER

    def _rewrite(self, record: ContainerRecord, plan: Plan | None) -> None:
        """Write the wrapping of the command line into the job itself, if it has another."""
        job, wanted = translation.job_name(record), translation.template(record, plan)
        there = self._jobs.get(job)["properties"]["template"]["containers"][0]
        if any((there.get(key) or []) != wanted["containers"][0].get(key, []) for key in ("command", "args")):
            self._jobs.change(job, {"template": wanted})

    def _put(self, record: ContainerRecord) -> None:
        plan = translation.own_plan(record)
        environment, location = self._azure.place.environment_id, ""
        if record.spec.network:
            from azdock.backends import network_names

            environment, location = network_names.where(self._azure, record.spec.network)
        body = translation.job_body(record, environment, location or self._azure.location(), plan)
        self._jobs.create(translation.job_name(record), body)


def _counts(job: dict[str, Any]) -> bool:
    """True for a job of azdock's that is not being deleted."""
    return tags.is_ours(job.get("tags")) and (job.get("properties") or {}).get("provisioningState") != "Deleting"
