"""create, start, stop, kill, restart, rm, rename, wait: the decisions dockerd would have made."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from azdock.backends.base import Backend, Gap
from azdock.docker import names, signals
from azdock.docker.channels import DETACHED, Attachment, Ending, ExecChannel
from azdock.docker.record import ContainerRecord, Ident, Status, command_line
from azdock.docker.spec import ContainerSpec, ImageFacts
from azdock.docker.values import BadValue
from azdock.errors import CannotInvoke, CommandNotFound, Conflict, DaemonError, NotFound, NotRunning, Unsupported
from azdock.services import placement, reconcile, resolve
from azdock.services.registry import Backends
from azdock.state.schema import Books, Reservation
from azdock.state.store import Store

Clock = Callable[[], datetime]
UNTOLD = Ending()
TIMEOUT_MARGIN = 10.0  # seconds before a run's time is over in which its end may be Azure's doing


def utc_now() -> datetime:
    """The present, as an aware datetime."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Created:
    """A new container, and sentences the user should read on stderr."""

    record: ContainerRecord
    notices: list[str] = field(default_factory=list)


class Lifecycle:
    """Every change of a container's state. Azure is called with no lock held."""

    def __init__(self, store: Store, backends: Backends, clock: Clock = utc_now) -> None:
        self._store = store
        self._backends = backends
        self._clock = clock
        self._made: set[str] = set()  # ids of containers created here and not started yet

    def create(self, spec: ContainerSpec, *, name: str = "", pull: str = "missing", backend: str = "") -> Created:
        """Make a container that does not run yet.

        Raises Unsupported before anything exists when a flag cannot be honoured, NoSuchImage, Conflict for a name
        in use.
        """
        if name:
            names.check_name(name)
        chosen = self._backends.get(placement.choose(spec, backend))
        gaps = chosen.gaps(spec)
        _refuse(gaps)
        notices = [f"--{gap.flag} is ignored: {gap.reason}" for gap in gaps] + chosen.notices(spec)
        reconcile.ensure(self._store, self._backends)
        facts = chosen.image(spec.image, pull)
        if facts.id and not command_line(spec, facts):
            raise DaemonError("No command specified")
        _refuse(chosen.needs(spec, facts))
        record = self._reserve(name, spec, chosen.name, facts)
        try:
            handle = chosen.create(record)
        except BaseException:
            self._release(record)
            raise
        record = replace(record, handle=handle)
        with self._store.transaction() as books:
            books.reserved.pop(record.ident.name, None)
            books.containers[record.ident.id] = record
            if spec.auto_remove:
                books.attended[record.ident.id] = os.getpid()
        self._made.add(record.ident.id)
        return Created(record, notices)

    def start(self, name: str, *, wait: bool = True, attachment: Attachment = DETACHED) -> ContainerRecord:
        """Begin a new run; one that runs already is left alone, as docker does.

        With `wait` it returns once the container really runs (or has ended), and raises CommandNotFound or
        CannotInvoke when its program cannot be run; without, as soon as Azure has accepted the start.
        """
        record = self._find(name)
        if record.ident.id not in self._made:
            # Azure is asked even if the books know of no run: the azdock that began one may have died since.
            record = self._refresh(record)
            if record.seen.state == "running":
                return record
        return self._start(record, wait, attachment)

    def stop(self, name: str, timeout: int | None) -> None:
        """End the current run politely; a container that does not run is no error."""
        record = self._refresh(self._find(name))
        if record.seen.state == "running":
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
            record = self._refresh(self._find(name))
        except NotFound as missing:
            raise NotFound(f"Cannot kill container: {name}: {missing.message}") from missing
        if unsupported is not None:
            raise DaemonError(f"Cannot kill container: {name}: {unsupported}")
        if record.seen.state != "running":
            raise NotRunning(f"Cannot kill container: {name}: Container {record.ident.id} is not running")
        self._backend(record).kill(record, full_name.removeprefix("SIG") or str(number))

    def restart(self, name: str, timeout: int | None) -> None:
        """Stop the current run, if any, and begin a new one."""
        record = self._refresh(self._find(name))
        if record.seen.state == "running":
            record = self._stop(record, timeout)
        self._start(record, True)

    def remove(self, name: str, *, force: bool, volumes: bool) -> None:  # noqa: ARG002 (jobs have no volumes yet)
        """Delete a container. Raises Conflict when it runs and `force` is not given."""
        record = self._find(name)
        if not force and not record.seen.over and self._refresh(record).seen.state == "running":
            raise Conflict(
                f"You cannot remove a running container {record.ident.id}. "
                "Stop the container before attempting removal or force remove"
            )
        self.discard(record)

    def discard(self, record: ContainerRecord) -> None:
        """Delete a container from Azure and from the books."""
        self._backend(record).remove(record)
        with self._store.transaction() as books:
            books.bury(record, time.time())

    def rename(self, name: str, new_name: str) -> None:
        """Give a container another name. Raises Conflict when it is in use."""
        names.check_name(new_name)
        record = self._find(name)
        reconcile.settle(self._store, self._backends, new_name)
        with self._store.transaction() as books:
            self._claim(books_names(books), new_name, record.ident.id)
            books.reserved[new_name] = Reservation(record.ident.id, os.getpid(), _soon())
        try:
            self._backend(record).rename(record, new_name)
        except BaseException:
            with self._store.transaction() as books:
                books.reserved.pop(new_name, None)
            raise
        with self._store.transaction() as books:
            books.reserved.pop(new_name, None)
            if (current := books.containers.get(record.ident.id)) is not None:
                books.containers[record.ident.id] = replace(current, ident=Ident(record.ident.id, new_name))

    def wait(self, name: str) -> int:
        """Block until the container does not run; its exit code."""
        record = self._find(name)
        if not record.seen.over:
            record = self._refresh(record)
        if record.seen.state == "running":
            record = self._save(record, self._end(record))
        return record.seen.exit_code

    def finish(self, record: ContainerRecord, ending: Ending = UNTOLD) -> Status:
        """The final status of the run `record.seen.run`: as its log told it, else waited for.

        Raises CommandNotFound or CannotInvoke when its program could not be run.
        """
        told = self._told(record, ending)
        saved = self._save(record, told or self._end(record))
        _check_invoked(saved.seen)
        return saved.seen

    def again(self, record: ContainerRecord, attachment: Attachment = DETACHED) -> ContainerRecord | None:
        """A new run without the run shim, if the last one shows that there is no shell to run it with.

        Raises Unsupported when the container must not run without it.
        """
        record = self._find(record.ident.id)
        handle = self._backend(record).unwrapped(record)
        if handle is None:
            return None
        record = replace(record, handle=handle)
        with self._store.transaction() as books:
            if (current := books.containers.get(record.ident.id)) is not None:
                books.containers[record.ident.id] = replace(current, handle=handle)
        return self._save(record, self._backend(record).start(record, attachment))

    def stdin(self, record: ContainerRecord) -> ExecChannel:
        """A channel into the standard input of a run that has been started; waits until its container runs."""
        status = self._backend(record).started(record)
        if status.state != "running":
            raise NotRunning(f"Container {record.ident.id} is not running")
        return self._backend(record).stdin(record)

    # ---- steps
    def _backend(self, record: ContainerRecord) -> Backend:
        return self._backends.get(record.backend)

    def find(self, name: str) -> ContainerRecord:
        """The container of that name or id, as last seen. Raises NotFound."""
        return self._find(name)

    def _find(self, name: str) -> ContainerRecord:
        return resolve.find(self._store, self._backends, name)

    def _refresh(self, record: ContainerRecord) -> ContainerRecord:
        if record.seen.over:
            return record
        return self._save(record, self._backend(record).status(record))

    def _end(self, record: ContainerRecord) -> Status:
        try:
            return self._backend(record).wait(record, record.seen.run)
        except NotFound:
            return replace(record.seen, state="exited", exit_code=137, exit_known=False, reason="it was removed")

    def _told(self, record: ContainerRecord, ending: Ending) -> Status | None:
        """What the log tells of the run's end; None where Azure knows better: memory used up, time used up, retries."""
        code, seen = ending.exit_code, record.seen
        if code is None or code == signals.KILLED or record.spec.restart.name != "no":
            return None
        now = self._clock()
        if seen.started_at is None or (now - seen.started_at).total_seconds() > record.spec.timeout - TIMEOUT_MARGIN:
            return None
        if ending.failure:
            return replace(seen, state="created", exit_code=code, error=ending.failure)
        return replace(seen, state="exited", exit_code=code, exit_known=True, finished_at=now)

    def _start(self, record: ContainerRecord, wait: bool, attachment: Attachment = DETACHED) -> ContainerRecord:
        self._made.discard(record.ident.id)
        if record.seen.over:
            # an end that the books know is never asked again: without this, a kill right after the start would leave it
            record = self._save(record, replace(record.seen, state="created", exit_code=0))
        record = self._save(record, self._backend(record).start(record, attachment))
        if wait:
            record = self._save(record, self._backend(record).started(record))
            if record.seen.state == "created" and (other := self.again(record, attachment)):
                record = self._save(other, self._backend(other).started(other))
            _check_invoked(record.seen)
        return record

    def _stop(self, record: ContainerRecord, timeout: int | None) -> ContainerRecord:
        status = self._backend(record).stop(record, None if timeout is None else float(timeout))
        return self._save(record, status)

    def _save(self, record: ContainerRecord, status: Status) -> ContainerRecord:
        if status.terminal and status.finished_at is None:
            # Azure gives a stopped execution no endTime: the moment we learned of it is the best there is.
            known = record.seen.finished_at if record.seen.run == status.run else None
            status = replace(status, finished_at=known or self._clock())
        changed = replace(record, seen=status)
        if changed != record:
            with self._store.transaction() as books:
                current = books.containers.get(record.ident.id)
                if current is not None:
                    books.containers[record.ident.id] = replace(current, seen=status)
        return changed

    def _reserve(self, name: str, spec: ContainerSpec, backend: str, facts: ImageFacts) -> ContainerRecord:
        reconcile.settle(self._store, self._backends, name)
        with self._store.transaction() as books:
            taken = books_names(books)
            name = name or names.new_name(set(taken))
            ident = Ident(names.new_id(), name)
            self._claim(taken, name, ident.id)
            books.reserved[name] = Reservation(ident.id, os.getpid(), _soon())
        return ContainerRecord(ident, spec, self._clock(), backend, {}, facts)

    def _release(self, record: ContainerRecord) -> None:
        with self._store.transaction() as books:
            books.reserved.pop(record.ident.name, None)

    @staticmethod
    def _claim(taken: dict[str, str], name: str, id: str) -> None:
        if taken.get(name, id) != id:
            raise Conflict(
                f'Conflict. The container name "/{name}" is already in use by container "{taken[name]}". '
                "You have to remove (or rename) that container to be able to reuse that name."
            )


def books_names(books: Books) -> dict[str, str]:
    """Every name in use, with the id that uses it."""
    taken = {record.ident.name: record.ident.id for record in books.containers.values()}
    return taken | {name: one.id for name, one in books.reserved.items()}


def _soon() -> float:
    return time.time() + reconcile.RESERVATION_SECONDS


def _refuse(gaps: list[Gap]) -> None:
    for gap in gaps:
        if gap.action == "refuse":
            raise Unsupported(f"--{gap.flag}: {gap.reason}", hint=gap.alternative)


def _check_invoked(status: Status) -> None:
    if status.state == "created" and status.exit_code:
        kind = CommandNotFound if status.exit_code == 127 else CannotInvoke
        raise kind(f"failed to start container: {status.error or status.reason}")
