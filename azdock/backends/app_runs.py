"""The runs of an app's container: until it is up, until it has ended, and what is sent to it meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from azdock import errors
from azdock.azure import progress, retry
from azdock.backends import aca_app_map as translation
from azdock.backends import aca_app_status as view
from azdock.backends import aca_job_shim
from azdock.backends.app_base import AppBase
from azdock.docker import signals
from azdock.docker.channels import ExecChannel
from azdock.docker.record import ContainerRecord, Status

if TYPE_CHECKING:
    from azdock.backends.aca_app_ends import Told

Json = dict[str, Any]
# A stopped container has the app's grace to end; what is not told so long after that is not told.
SETTLE_SECONDS = 10.0
LISTEN_SECONDS = 2.0  # that a stop waits for the log to be open


class AppRuns(AppBase):
    """started, wait, stop, kill and session."""

    def started(self, record: ContainerRecord) -> Status:
        """Wait until the container runs (is ready, if it is to be), has ended, or cannot get there: then the status
        has an `error`. Each look costs one call, and a second one now and then while it is not up."""
        name, run = translation.app_name(record), record.seen.run
        pause, looks = retry.backoff(0.02, 0.3 if self._azure.is_embedded else 1.0), 0
        while True:
            look = view.look(record, self._apps.replicas(name, view.revision_of(run)))
            if look.kind == "up" and look.restarts == 0 and not view.is_awaited(record):
                return self._invoked(record)
            looks += 1
            if look.kind not in ("none", "pending", "unready") or looks % 3 == 0:
                status = self.status(record)
                if not (status.state == "created" and status.health == "starting" and not status.error):
                    return status
            seconds = pause()
            with progress.waiting("Azure starts the container", seconds):
                self._sleep(seconds)

    def wait(self, record: ContainerRecord, run: str) -> Status:
        """Wait until the run has ended for good."""
        name, pause, looks = translation.app_name(record), retry.backoff(0.02, 1.5), 0
        while True:
            look = view.look(record, self._apps.replicas(name, view.revision_of(run))) if run else view.Look()
            if looks % 5 == 0 or look.kind not in ("up", "unready", "pending", "stuck", "crashed"):
                app = self._apps.get(name)
                status = self._lingering(record, app, look) or self._seen(record, app)
                if status.run != run and run:
                    noted = view.noted(app)
                    return noted if noted is not None and noted.run == run else _unknown(run)
                if not status.alive and status.state != "restarting":
                    return status
            looks += 1
            self._sleep(pause())

    def stop(self, record: ContainerRecord, grace: float | None) -> Status:
        """Stop the app and wait for its container's end. The grace is the app's own, given at its creation; a longer
        one begins with a SIGTERM of azdock's own, if the image has a shell for that."""
        from azdock.backends import inside_signals

        app = self._apps.get(translation.app_name(record))
        if translation.is_parked(app) or view.is_stopped(app):
            return self._seen(record, app)
        own = record.spec.stop_timeout
        if grace is not None and inside_signals.is_longer(grace) and (own is None or not 0 <= grace <= own):
            self._outlives(record, grace)
        return self._stopped(record, app)

    def kill(self, record: ContainerRecord, signal: str) -> None:
        """KILL stops the app; any other signal goes to the container's first process through exec.

        Raises NotRunning without a replica, AzdockError when the image has no shell to send it with.
        """
        if signal.removeprefix("SIG") in ("KILL", "9"):
            app = self._apps.get(translation.app_name(record))
            run = view.run_of(app, record.seen.run)
            killed = Status("exited", run, signals.KILLED, exit_known=False, started_at=record.seen.started_at)
            self._apps.stop(str(app["name"]))
            self._apps.tag(str(app["name"]), view.note(killed))
            return
        from azdock.backends import inside_signals

        try:
            inside_signals.deliver(self._inside.signalling(record, signal), signal)
        except errors.AzdockError:
            # A signal that ends the container takes the shell that sent it along.
            if not self._ends_soon(record):
                raise

    def session(self, record: ContainerRecord, size: tuple[int, int]) -> ExecChannel:
        """Run the command of a container that waits for its session."""
        from azdock.backends.session_channel import claimed

        inner = self._inside.session(record, size)
        return claimed(inner, record, done=inner.close if record.spec.tty else self.hang_up)

    # ---- steps
    def _lingering(self, record: ContainerRecord, app: Json, look: view.Look) -> Status | None:
        """The end of a command whose container stays to be read; None when it goes on, or was not watched."""
        if look.kind not in ("up", "unready") or record.handle.get(translation.LINGER, "0") == "0":
            return None
        replicas = self._replicas(app, view.run_of(app, record.seen.run))
        told = self._ends.told(str(app["name"]), replicas)
        if told is None or not told.over or view.runs_again(record.spec) != 0:
            return None
        return self._over(record, app, replicas, note=True, told=told)

    def _invoked(self, record: ContainerRecord) -> Status:
        """The status of a run whose container is up: the run shim tells at once whether its command could be run."""
        name = translation.app_name(record)
        if translation.own_plan(record) is not None:
            address = self.endpoint(self.place(record), "logStreamEndpoint")
            mark = self._inside.refusal(name, address) if address else None
            if mark is not None:
                error = aca_job_shim.failure(mark, record)
                app = self._apps.get(name)
                status = replace(record.seen, state="created", health="", exit_code=mark.code, error=error)
                if not record.spec.auto_remove:
                    self._note(app, status)
                return status
        return self.status(record)

    def _stopped(self, record: ContainerRecord, app: Json) -> Status:
        """Stop the app while its log is read, which tells how the command ends."""
        name, run = str(app["name"]), view.run_of(app, record.seen.run)
        replicas = self._replicas(app, run)
        told, listening = self._listen(record, name, replicas)
        self._apps.stop(name)
        deadline = self._clock() + (record.spec.stop_timeout or self._grace(app)) + SETTLE_SECONDS
        pause, left = retry.backoff(0.02, 1.0), replicas
        while view.look(record, left).runs and self._clock() < deadline:
            self._sleep(pause())
            left = self._replicas(app, run)
        if listening is not None:
            listening.join(SETTLE_SECONDS)
        app = self._apps.get(name)
        noted = view.noted(app)
        if noted is not None and noted.run == run:
            return noted  # somebody else has seen it
        status = self._ends.status(record, app, replicas, told[0] if told else None)
        if not record.spec.auto_remove:
            self._note(app, status)
        return status

    def _listen(
        self, record: ContainerRecord, name: str, replicas: Sequence[Json]
    ) -> tuple[list[Told], threading.Thread | None]:
        """A thread that reads the log to its end, once that is open."""
        found: list[Told] = []
        if translation.LINGER not in record.handle or not view.look(record, replicas).runs:
            return found, None
        opened = threading.Event()

        def read() -> None:
            try:
                if told := self._ends.awaited(name, replicas, opened):
                    found.append(told)
            except errors.AzdockError:
                return  # the platform's events tell instead
            finally:
                opened.set()

        thread = threading.Thread(target=read, name="azdock-end", daemon=True)
        thread.start()
        opened.wait(LISTEN_SECONDS)
        return found, thread

    def _outlives(self, record: ContainerRecord, grace: float) -> None:
        """Give the command its own time to end before Azure's begins."""
        from azdock.backends import inside_signals

        try:
            self.kill(record, "TERM")
        except errors.AzdockError as failed:
            progress.warn(f"Azure ends the container after {inside_signals.STOP_GRACE:.0f} seconds: {failed.message}")
            return
        inside_signals.outlives(lambda: self._running(record), grace, self._sleep, self._clock)

    def _running(self, record: ContainerRecord) -> Status:
        """Whether the record's run goes on, from its replicas alone."""
        place = self.place(record)
        look = view.look(record, self._apps.replicas(place[0], place[1]))
        return Status("running" if look.kind in ("up", "unready") else "exited")

    def _ends_soon(self, record: ContainerRecord) -> bool:
        """Whether the run ends now: what was sent to it ends before Azure shows it."""
        for seconds in (0.0, 0.02, 0.05, 0.1, 0.2):
            self._sleep(seconds)
            if self._running(record).state != "running":
                return True
        return False

    @staticmethod
    def _grace(app: Json) -> float:
        """Seconds between SIGTERM and SIGKILL."""
        from azdock.backends.inside_signals import STOP_GRACE

        return float(app["properties"]["template"].get("terminationGracePeriodSeconds") or STOP_GRACE)


def _unknown(run: str) -> Status:
    """A run that another one has followed without anybody's noting its end."""
    return Status("exited", run, exit_code=137, exit_known=False, reason="another run has followed it")
