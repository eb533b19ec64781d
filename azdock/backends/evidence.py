"""What Azure tells about one run, gathered before it is judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from azdock.azure.systemlogs import SystemEvent
from azdock.docker.explanation import Note
from azdock.docker.record import ContainerRecord, Status

# executions that go on, as far as Azure knows
ALIVE = frozenset({"Running", "Processing", "Degraded", "Unknown"})


@dataclass(frozen=True, slots=True)
class Attempt:
    """One container of one attempt in detailedStatus; `code` is -1 while it runs and None when Azure tells none."""

    replica: str
    container: str
    code: int | None
    status: str
    information: str


@dataclass(frozen=True, slots=True)
class Replica:
    """A replica that Azure lists now, with the state of its main container."""

    name: str
    state: str
    details: str
    container_state: str = ""
    container_details: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything known of a run; `status` is Azure's word for the execution, "" when there was none.

    `provisioning` is the resource's provisioningState. `events` are oldest first. `missing` are sentences.
    """

    record: ContainerRecord
    status: str = ""
    reason: str = ""
    message: str = ""
    run: str = ""
    started: datetime | None = None
    ended: datetime | None = None
    provisioning: str = "Succeeded"
    attempts: Sequence[Attempt] = ()
    replicas: Sequence[Replica] = ()
    events: Sequence[SystemEvent] = ()
    missing: Sequence[str] = ()

    @property
    def last(self) -> Attempt | None:
        """The last attempt."""
        return self.attempts[-1] if self.attempts else None

    @property
    def told(self) -> Status | None:
        """How the run's command ended, when its log has told that before Azure did, or more than Azure does."""
        seen = self.record.seen
        refused = seen.state == "created" and seen.exit_code > 0
        return seen if self.run and seen.run == self.run and (refused or seen.terminal) else None

    def notes(self) -> tuple[Note, ...]:
        """The evidence as dated lines, newest last; what has no date comes first."""
        found = [_attempt(number, one) for number, one in enumerate(self.attempts, 1)]
        found += [replica_note(one) for one in self.replicas]
        if self.run:
            found.append(Note(self.started, "execution", f"{self.run} started"))
        found += [event_note(one) for one in self.events]
        if self.status and self.status not in ALIVE:
            said = ": ".join(text for text in (self.reason, self.message) if text)
            found.append(Note(self.ended, "execution", f"{self.status}{f' ({said})' if said else ''}"))
        elif self.told is not None:
            text = f"the command ended with exit code {self.told.exit_code}; its container stays a little to be read"
            found.append(Note(self.told.finished_at, "log", text))
        # Azure tells executions in whole seconds: within one the order above is the likely one.
        return tuple(sorted(found, key=_second))


def _second(note: Note) -> float:
    return 0.0 if note.time is None else note.time.timestamp() // 1


def replica_note(one: Replica) -> Note:
    """A replica as a line without a date."""
    details = f": {one.container_details}" if one.container_details else ""
    return Note(None, "replica", f"{one.name} is {one.state}{details}")


def event_note(one: SystemEvent) -> Note:
    """An event of the platform as a line."""
    return Note(one.time, "event", f"{one.reason}: {one.text}{f' ({one.count} times)' if one.count > 1 else ''}")


def _attempt(number: int, one: Attempt) -> Note:
    code = "" if one.code is None or one.code < 0 else f" with exit code {one.code}"
    why = f" ({one.information})" if one.information else ""
    return Note(None, "attempt", f"attempt {number}, {one.container} in {one.replica}: {one.status}{code}{why}")
