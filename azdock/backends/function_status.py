"""Pure: the status of a function app's latest run, from what its tags and Azure tell of the app."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from azdock.backends import function_notes, function_port
from azdock.backends.function_hosting import Hosted
from azdock.backends.function_notes import Noted
from azdock.docker.invocation import TIMED_OUT
from azdock.docker.ports import Endpoint
from azdock.docker.record import ContainerRecord, Status
from azdock.docker.signals import KILLED

# A cold app may take so long to answer at all. SOURCE: azure-docs, app-service/reference-app-settings.md
# (WEBSITES_CONTAINER_START_TIME_LIMIT: 230 by default)
START_SECONDS = 230.0
MARGIN_SECONDS = 60.0  # for the notes, and for clocks of other machines

KILLED_SENDER = "the azdock that waited for its answer was killed"
STOPPED = "the app was stopped while it was under way"
OVERDUE = "its time is over, and nobody has noted its end"


def status_of(record: ContainerRecord, hosted: Hosted, now: datetime) -> Status:
    """The status of the record's latest run, and whether the app serves. `record.seen` is what azdock saw last."""
    run = _run(record, function_notes.read(hosted.tags), hosted.stopped, now)
    return serving(record, run, hosted)


def serving(record: ContainerRecord, status: Status, hosted: Hosted) -> Status:
    """A run's status with what the app does beside it."""
    error = status.error
    if hosted.trouble and not status.over:
        error = hosted.trouble
    return replace(
        status,
        error=error,
        health="",
        endpoints=_endpoints(record, hosted),
        serving=not hosted.stopped,
        instances=hosted.instances,
        slots=hosted.slots,
    )


def lost(run: str, started: datetime | None, reason: str, code: int = KILLED) -> Status:
    """The end of a run whose outcome nobody knows, and why; `code` stands in for its exit code."""
    return Status("exited", run, code, exit_known=False, started_at=started, reason=reason)


def limit(record: ContainerRecord) -> timedelta:
    """How long after its beginning a run is over for sure."""
    return timedelta(seconds=START_SECONDS + record.spec.timeout + MARGIN_SECONDS)


# ---- steps
def _run(record: ContainerRecord, noted: Noted, stopped: bool, now: datetime) -> Status:
    seen = record.seen
    if _is_newer(seen, noted):
        # it has just begun, and its note is still on the way
        return _unended(record, Noted(seen.run, seen.started_at), stopped, now) if not seen.over else seen
    if not noted.run:
        return Status("created")
    if noted.end is not None:
        return replace(noted.end, started_at=noted.end.started_at or noted.at)
    if seen.run == noted.run and seen.over:
        return seen  # whoever waited for its end is not obliged to note it
    return _unended(record, noted, stopped, now)


def _is_newer(seen: Status, noted: Noted) -> bool:
    """Whether azdock saw a run that the tags do not have yet."""
    if not seen.run or seen.run == noted.run:
        return False
    return noted.at is None or (seen.started_at is not None and seen.started_at > noted.at)


def _unended(record: ContainerRecord, noted: Noted, stopped: bool, now: datetime) -> Status:
    """A run whose end was not noted: it goes on, unless that cannot be."""
    if stopped:
        return lost(noted.run, noted.at, STOPPED)
    if noted.by and function_notes.is_dead(noted.by):
        return lost(noted.run, noted.at, KILLED_SENDER)
    if noted.at is not None and now - noted.at > limit(record):
        return lost(noted.run, noted.at, OVERDUE, TIMED_OUT)
    return Status("running", noted.run, started_at=noted.at)


def _endpoints(record: ContainerRecord, hosted: Hosted) -> tuple[Endpoint, ...]:
    if not hosted.address:
        return ()
    return (Endpoint(function_port.port(record.spec, record.image), "tcp", hosted.address),)
