"""create, start, stop, kill, restart, rm, rename, wait: the decisions dockerd would have made."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from azdock.backends.abilities import Prices
from azdock.backends.base import Backend
from azdock.docker import names, signals
from azdock.docker.channels import DETACHED, Attachment, Ending, ExecChannel
from azdock.docker.record import ContainerRecord, Status, command_line
from azdock.docker.spec import ContainerSpec
from azdock.docker.values import BadValue
from azdock.errors import AzdockError, Conflict, DaemonError, NotFound, NotRunning
from azdock.services import placement, reconcile
from azdock.services.judging import can_stop, check_invoked, is_up, refuse
from azdock.services.ledger import Clock, Ledger, utc_now
from azdock.services.registry import Backends
from azdock.state.store import Store

if TYPE_CHECKING:
    from azdock.services.volumes import Volumes

UNTOLD = Ending()
TIMEOUT_MARGIN = 10.0  # seconds before a run's time is over in which its end may be Azure's doing
HEALTH_SECONDS = 0.5  # between two looks whether a container is healthy


@dataclass(frozen=True, slots=True)
class Created:
    """A new container, and sentences the user should read on stderr."""

    record: ContainerRecord
    notices: list[str] = field(default_factory=list)


class Lifecycle:
    """Every change of a container's state. Azure is called with no lock held."""

    def __init__(
        self,
        store: Store,
        backends: Backends,
        clock: Clock = utc_now,
        *,
        volumes: Callable[[], Volumes] | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`volumes` is asked for only when a container has some."""
        self._store = store
        self._backends = backends
        self._clock = clock
        self._sleep = sleep
        self._ledger = Ledger(store, backends, clock)
        self._volumes = volumes
        self._made: set[str] = set()  # ids of containers created here and not started yet

    def create(
        self,
        spec: ContainerSpec,
        *,
        name: str = "",
        pull: str = "missing",
        backend: str = "",
        agree: Callable[[str], None] = lambda _price: None,
    ) -> Created:
        """Make a container that does not run yet. `agree` is told what it would cost beyond its use, and raises
        AzdockError when that is not wanted.

        Raises Unsupported before anything exists when a flag cannot be honoured, NoSuchImage, Conflict for a name
        in use.
        """
        if name:
            names.check_name(name)
        chosen = self._backends.get(placement.choose(spec, backend))
        gaps = chosen.gaps(spec)
        refuse(gaps)
        if spec.mounts:
            self._of_volumes().check(spec)
        reconcile.ensure(self._store, self._backends)
        facts = chosen.image(spec.image, pull)
        if facts.id and not command_line(spec, facts):
            raise DaemonError("No command specified")
        needs = chosen.needs(spec, facts)
        refuse(needs)
        if isinstance(chosen, Prices) and (price := chosen.price(spec)):
            agree(price)
        notices = [f"--{gap.flag} is ignored: {gap.reason}" for gap in (*gaps, *needs)] + chosen.notices(spec, facts)
        record = self._ledger.reserve(name, spec, chosen.name, facts)
        try:
            record, told = self._with_volumes(record)
            record = self._carry_out(chosen, record)
        except BaseException:
            self._ledger.release(record.ident.name)
            raise
        self._ledger.enter(record)
        self._made.add(record.ident.id)
        return Created(record, [*notices, *told])

    def start(self, name: str, *, wait: bool = True, attachment: Attachment = DETACHED) -> ContainerRecord:
        """Begin a new run; one that runs already is left alone, as docker does, unless its runs go on side by side.

        With `wait` it returns once the container really runs (or has ended), and raises CommandNotFound or
        CannotInvoke when its program cannot be run; without, as soon as Azure has accepted the start.
        """
        record = self._ledger.find(name)
        if record.ident.id not in self._made:
            # Azure is asked even if the books know of no run: the azdock that began one may have died since.
            record = self._ledger.refresh(record)
            if is_up(record.seen) and not self.takes_requests(record):
                return record
        return self._start(record, wait, attachment)

    def healthy(self, record: ContainerRecord) -> ContainerRecord:
        """Block until a container that runs is healthy, or has ended; one without checks only has to run.

        Raises DaemonError when its checks fail for good.
        """
        while is_up(record.seen) and record.seen.health not in ("", "healthy"):
            if record.seen.health == "unhealthy" or record.seen.error:
                why = f": {record.seen.error}" if record.seen.error else ""
                raise DaemonError(
                    f"container {record.ident.name} is unhealthy{why}", hint=f"azdock explain {record.ident.name}"
                )
            self._sleep(HEALTH_SECONDS)
            record = self._ledger.refresh(record)
        return record

    def stays_up(self, record: ContainerRecord) -> bool:
        """Whether the container is one that stays up, not one that runs to completion."""
        return placement.stays_up(record.backend)

    def takes_requests(self, record: ContainerRecord) -> bool:
        """Whether each run of the container is a request."""
        return placement.by_request(record.backend)

    def stop(self, name: str, timeout: int | None) -> None:
        """End the current run politely; a container that does not run is no error."""
        record = self._ledger.refresh(self._ledger.find(name))
        if can_stop(record.seen):
            self._stop(record, timeout)

    def kill(self, name: str, signal: str) -> None:
        """Send a signal. Raises NotRunning, NotFound and DaemonError (bad signal) in docker's wording."""
        unsupported: BadValue | None = None
        number, full_name = 0, ""
        try:
            number, full_name = signals.parse_signal(signal)
        except signals.UnsupportedSignal as bad:
            unsupported = bad  # docker looks for the container before it says so
        except BadValue as bad:
            raise DaemonError(str(bad)) from bad
        try:
            record = self._ledger.refresh(self._ledger.find(name))
        except NotFound as missing:
            raise NotFound(f"Cannot kill container: {name}: {missing.message}") from missing
        if unsupported is not None:
            raise DaemonError(f"Cannot kill container: {name}: {unsupported}")
        if not can_stop(record.seen):
            raise NotRunning(f"Cannot kill container: {name}: Container {record.ident.id} is not running")
        self._ledger.backend(record).kill(record, full_name.removeprefix("SIG") or str(number))

    def restart(self, name: str, timeout: int | None) -> None:
        """Stop the current run, if any, and begin a new one."""
        record = self._ledger.refresh(self._ledger.find(name))
        if can_stop(record.seen):
            record = self._stop(record, timeout)
        self._start(record, True)

    def remove(self, name: str, *, force: bool, volumes: bool) -> None:
        """Delete a container, with `volumes` its anonymous volumes, too. Raises Conflict when it runs and `force` is
        not given."""
        record = self._ledger.find(name)
        if not force and not record.seen.over and is_up(self._ledger.refresh(record).seen):
            raise Conflict(
                f"You cannot remove a running container {record.ident.id}. "
                "Stop the container before attempting removal or force remove"
            )
        self.discard(record, volumes=volumes)

    def discard(self, record: ContainerRecord, *, volumes: bool = True) -> None:
        """Delete a container from Azure and from the books, and what belongs to it alone."""
        self._ledger.backend(record).remove(record)
        self._ledger.bury(record)
        if record.spec.mounts:
            self._of_volumes().release(record, anonymous=volumes)

    def rename(self, name: str, new_name: str) -> None:
        """Give a container another name. Raises Conflict when it is in use."""
        names.check_name(new_name)
        record = self._ledger.find(name)
        self._ledger.claim(record, new_name)
        try:
            self._ledger.backend(record).rename(record, new_name)
        except BaseException:
            self._ledger.release(new_name)
            raise
        self._ledger.rename(record, new_name)

    def wait(self, name: str) -> int:
        """Block until the container does not run; its exit code."""
        record = self._ledger.find(name)
        if not record.seen.over:
            record = self._ledger.refresh(record)
        if is_up(record.seen):
            record = self._ledger.save(record, self._end(record))
        return record.seen.exit_code

    def finish(self, record: ContainerRecord, ending: Ending = UNTOLD) -> Status:
        """The final status of the run `record.seen.run`: as its log told it, else waited for.

        Raises CommandNotFound or CannotInvoke when its program could not be run.
        """
        told = self._told(record, ending)
        saved = self._ledger.save(record, told or self._end(record))
        check_invoked(saved.seen)
        return saved.seen

    def again(self, record: ContainerRecord, attachment: Attachment = DETACHED) -> ContainerRecord | None:
        """A new run without the run shim, if the last one shows that there is no shell to run it with.

        Raises Unsupported when the container must not run without it.
        """
        record = self._ledger.find(record.ident.id)
        handle = self._ledger.backend(record).unwrapped(record)
        if handle is None:
            return None
        record = replace(record, handle=handle)
        self._ledger.change(record, lambda current: replace(current, handle=handle))
        return self._ledger.save(record, self._ledger.backend(record).start(record, attachment))

    def stdin(self, record: ContainerRecord) -> ExecChannel:
        """A channel into the standard input of a run that has been started; waits until its container runs."""
        status = self._ledger.backend(record).started(record)
        if not status.alive:
            raise NotRunning(f"Container {record.ident.id} is not running")
        return self._ledger.backend(record).stdin(record)

    def find(self, name: str) -> ContainerRecord:
        """The container of that name or id, as last seen. Raises NotFound."""
        return self._ledger.find(name)

    # ---- steps
    def _of_volumes(self) -> Volumes:
        if self._volumes is None:
            raise AzdockError("this azdock was made without volumes")
        return self._volumes()

    def _with_volumes(self, record: ContainerRecord) -> tuple[ContainerRecord, list[str]]:
        """The record with every mount in place, and what is to be told."""
        if not record.spec.mounts and not record.image.volumes:
            return record, []
        prepared = self._of_volumes().prepare(record.spec, record.image)
        return replace(record, spec=prepared.spec), list(prepared.notices)

    def _carry_out(self, chosen: Backend, record: ContainerRecord) -> ContainerRecord:
        try:
            return replace(record, handle=chosen.create(record))
        except BaseException:
            if record.spec.mounts:
                self._of_volumes().release(record, anonymous=True)
            raise

    def _end(self, record: ContainerRecord) -> Status:
        try:
            return self._ledger.backend(record).wait(record, record.seen.run)
        except NotFound:
            return replace(record.seen, state="exited", exit_code=137, exit_known=False, reason="it was removed")

    def _told(self, record: ContainerRecord, ending: Ending) -> Status | None:
        """What the log tells of the run's end; None where Azure knows better (memory used up, time used up, retries),
        and where Azure has to be told in turn, as it would keep a container up whose command has ended."""
        code, seen = ending.exit_code, record.seen
        if code is None or code == signals.KILLED or record.spec.restart.name != "no":
            return None
        if self.stays_up(record) and not record.spec.auto_remove:
            return None
        now = self._clock()
        if seen.started_at is None or (now - seen.started_at).total_seconds() > record.spec.timeout - TIMEOUT_MARGIN:
            return None
        if ending.failure:
            return replace(seen, state="created", exit_code=code, error=ending.failure)
        return replace(seen, state="exited", exit_code=code, exit_known=True, finished_at=now)

    def _start(self, record: ContainerRecord, wait: bool, attachment: Attachment = DETACHED) -> ContainerRecord:
        self._made.discard(record.ident.id)
        backend = self._ledger.backend(record)
        if record.seen.over:
            # an end that the books know is never asked again: without this, a kill right after the start would leave it
            record = self._ledger.save(record, replace(record.seen, state="created", exit_code=0))
        record = self._ledger.save(record, backend.start(record, attachment))
        if wait:
            record = self._ledger.save(record, backend.started(record))
            if record.seen.state == "created" and (other := self.again(record, attachment)):
                record = self._ledger.save(other, self._ledger.backend(other).started(other))
            check_invoked(record.seen)
        return record

    def _stop(self, record: ContainerRecord, timeout: int | None) -> ContainerRecord:
        status = self._ledger.backend(record).stop(record, None if timeout is None else float(timeout))
        return self._ledger.save(record, status)
