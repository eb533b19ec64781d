"""The runs of a function app: an invocation each, carried by this process or, detached, by one of its own."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from azdock import errors
from azdock.azure import progress, retry
from azdock.backends import function_notes, function_status
from azdock.backends.function_base import FunctionBase
from azdock.backends.function_hosting import ACA, PLAN, RUN
from azdock.docker import signals
from azdock.docker.channels import DETACHED, Attachment, LogReader
from azdock.docker.invocation import Invocation, exit_code
from azdock.docker.record import ContainerRecord, Status

if TYPE_CHECKING:
    from azdock.azure.client import Azure
    from azdock.backends.function_carrier import Carried
    from azdock.backends.function_sending import Sending

# What Azure gives requests in flight when an app stops. SOURCE: azure-docs, container-apps/
# application-lifecycle-management.md; app-service/reference-app-settings.md (WEBSITES_CONTAINER_STOP_TIME_LIMIT)
GRACE_SECONDS = {ACA: 30.0, PLAN: 5.0}
NOTE_SECONDS = 3.0  # that a stop waits for whoever sends a request to note its end
ENDING = frozenset({"KILL", "TERM", "INT", "HUP", "QUIT", "ABRT", "STOP"})
ANOTHER = "another run has followed it, and nobody has noted its end"


class FunctionRuns(FunctionBase):
    """start, started, wait, stop, kill and answer."""

    def __init__(
        self, azure: Azure, *, sleep: Callable[[float], None] = time.sleep, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(azure, sleep=sleep, clock=clock)
        self._sendings: dict[str, Sending] = {}
        self._carried: dict[str, Carried] = {}

    def start(self, record: ContainerRecord, attachment: Attachment = DETACHED) -> Status:
        """Begin an invocation, of an app that is turned on for it if need be. Its answer is read by this process if
        somebody has attached to the output, else by another one, which goes on when this one ends."""
        from azdock.backends import function_call

        invocation = attachment.invocation or Invocation()
        function_call.headers(invocation, "")  # too many variables are refused before anything is done
        # the app of a container that was to start at once serves already
        first = record.handle.get(RUN, "") if not record.seen.run else ""
        fresh = bool(first)
        if not first and not record.seen.serving and not invocation.slot:
            self.hosting(record).turn_on(record)
            fresh = True
        run = first or secrets.token_hex(16)
        if attachment.output:
            sending = self.sending(record, run, invocation, fresh=fresh, attached=True, noted=bool(first))
            self._sendings[run] = sending
            return sending.begin()
        from azdock.backends import function_carrier

        self._carried[run] = function_carrier.begin(self._azure.settings, record, run, invocation, fresh=fresh)
        return Status("running", run, started_at=datetime.now(UTC), serving=True)

    def sending(
        self, record: ContainerRecord, run: str, invocation: Invocation, *, fresh: bool, attached: bool, noted: bool
    ) -> Sending:
        """A run that this process carries."""
        from azdock.backends.function_sending import Sending

        hosting = self.hosting(record)
        return Sending(self._azure, hosting, record, run, invocation, fresh=fresh, attached=attached, noted=noted)

    def answer(self, record: ContainerRecord) -> LogReader:
        """What the run `record.seen.run`, which this process carries, answers. Raises Conflict for any other."""
        from azdock.backends.log_reader import Reader

        sending = self._sendings.get(record.seen.run)
        if sending is None:
            raise errors.Conflict(f"the answer to {record.ident.name} goes to the azdock that has invoked it")
        return Reader(sending.batches)

    def started(self, record: ContainerRecord) -> Status:
        """Block until the app is up and the request is sent, or the run is over. Raises AzdockError when it could not
        be invoked: no such function, or an app that does not come up."""
        run = record.seen.run
        if (sending := self._sendings.get(run)) is not None:
            sending.under_way.wait()
            return sending.end() if sending.failure is not None else sending.status
        if (carried := self._carried.get(run)) is not None:
            return carried.told() or record.seen
        return self._seen(record)

    def wait(self, record: ContainerRecord, run: str) -> Status:
        """Block until the run has ended: as this process has seen it, else as the tags tell, else as Azure's history
        has it."""
        if (sending := self._sendings.get(run)) is not None:
            return sending.end()
        hosting, pause, looks = self.hosting(record), retry.backoff(0.05, 1.0 if self._azure.is_embedded else 3.0), 0
        while True:
            app = hosting.get(record)
            noted = function_notes.read(app.get("tags") or {})
            if noted.ended is not None and noted.ended.run == run:
                return self._seen(record, app)
            looks += 1
            if looks % 5 == 1 or function_notes.is_dead(noted.by):
                status = self._seen(record, app)
                if run and status.run != run:
                    return self._from_history(function_status.lost(run, record.seen.started_at, ANOTHER))
                if status.state != "running":
                    return status if status.exit_known else self._from_history(status)
            self._sleep(pause())

    def stop(self, record: ContainerRecord, grace: float | None) -> Status:
        """Stop the app: Azure cannot end one invocation, so every one in flight ends, and that is said."""
        hosting, status = self.hosting(record), self._seen(record)
        under_way = status.state == "running"
        if under_way:
            given = grace if grace is not None else record.spec.stop_timeout
            seconds = GRACE_SECONDS[hosting.name] if given is None else float(given)
            progress.warn(
                f"Azure cannot end one invocation: {record.ident.name} is stopped as a whole, and everything in flight "
                f"has {seconds:g} seconds and is lost then"
            )
        hosting.turn_off(record, grace)
        if under_way:
            status = self._end_of(
                record, status, function_status.lost(status.run, status.started_at, function_status.STOPPED)
            )
        app = hosting.get(record)
        return function_status.serving(record, status, replace(hosting.hosted(app), stopped=True))

    def kill(self, record: ContainerRecord, signal: str) -> None:
        """Signals that end a program replace the app's processes, as Azure cannot end one invocation; others go to the
        container's first process where there is a way in. Raises Unsupported where there is none."""
        hosting = self.hosting(record)
        number, full = signals.parse_signal(signal)
        name = full.removeprefix("SIG")
        if name not in ENDING:
            self._signal(record, name)
            return
        status = self._seen(record)
        if status.state == "running":
            progress.warn(
                f"Azure cannot end one invocation: the processes of {record.ident.name} are replaced, and what is "
                "in flight is lost"
            )
        hosting.restart(record)
        if status.state == "running":
            reason = f"the app's processes were replaced, for a SIG{name}"
            self._end_of(record, status, function_status.lost(status.run, status.started_at, reason, 128 + number))

    # ---- steps
    def _end_of(self, record: ContainerRecord, status: Status, lost: Status) -> Status:
        """The end of a run that was under way when everything ended: as its sender tells it, else `lost`, noted."""
        if (sending := self._sendings.get(status.run)) is not None:
            return sending.end()
        hosting, deadline, pause = self.hosting(record), self._clock() + NOTE_SECONDS, retry.backoff(0.05, 0.5)
        while True:
            noted = function_notes.read(hosting.get(record).get("tags") or {})
            if noted.ended is not None and noted.ended.run == status.run:
                return noted.ended
            if self._clock() >= deadline or (noted.by and function_notes.is_dead(noted.by)):
                break
            self._sleep(pause())
        if noted.run == status.run:
            hosting.tag(record, function_notes.end_tags(lost))
        return lost

    def _signal(self, record: ContainerRecord, name: str) -> None:
        from azdock.backends import inside_signals
        from azdock.docker.channels import ExecRequest

        hosting = self.hosting(record)
        if hosting.name == PLAN:
            raise errors.Unsupported(
                f"kill --signal {name}: no signal but those that end it reaches a function app on a plan",
                hint="azdock kill NAME replaces its processes",
            )
        inside_signals.deliver(hosting.exec(record, ExecRequest(("sh", "-c", f"kill -{name} 1"))), name)

    def _from_history(self, status: Status) -> Status:
        """A status whose code nobody has noted, with what Azure's own history has of the request."""
        from azdock.azure.functionhistory import History

        try:
            code = History(self._azure).request(status.run)
        except errors.AzdockError:
            return status  # its reason says already that the end is not known
        if code is None:
            return status
        if 200 <= code < 300:
            # a header of the answer may have told another code, and nobody has seen it
            return replace(
                status, state="exited", exit_code=0, reason=f"its answer was HTTP {code}, and nobody read it"
            )
        return replace(status, state="exited", exit_code=exit_code(code, None), exit_known=True, reason=f"HTTP {code}")
