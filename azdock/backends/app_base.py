"""What every part of the backend over apps stands on: the apps, the status of their containers, and their logs."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from azdock import errors
from azdock.azure.apps import Apps
from azdock.azure.client import Azure
from azdock.backends import aca_app_map as translation
from azdock.backends import aca_app_status as view
from azdock.backends import ingress_map
from azdock.backends.inside_base import InsideBase
from azdock.docker.ports import Endpoint
from azdock.docker.record import ContainerRecord, Status

if TYPE_CHECKING:
    from azdock.azure.loganalytics import LogAnalytics
    from azdock.backends.aca_app_ends import AppEnds, Told
    from azdock.backends.app_logs import AppLogs
    from azdock.backends.exec_pool import Place

Json = dict[str, Any]


class AppBase(InsideBase):
    """One context's apps. `sleep` and `clock` are the outside world's."""

    name = "app"

    def __init__(
        self, azure: Azure, *, sleep: Callable[[float], None] = time.sleep, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._azure = azure
        self._apps = Apps(azure)
        self._sleep, self._clock = sleep, clock

    def status(self, record: ContainerRecord) -> Status:
        """The status of the app's latest run; an end that nobody has noted yet is noted."""
        return self._seen(record, self._apps.get(translation.app_name(record)))

    # ---- inside
    @property
    def containers(self) -> Apps:
        """The apps."""
        return self._apps

    def place(self, record: ContainerRecord, replica: str = "") -> Place:
        """The record's app and revision, and the replica wished for."""
        run = record.seen.run or view.run_of(self._apps.get(translation.app_name(record)))
        return translation.app_name(record), view.revision_of(run), replica

    def endpoint(self, place: Place, field: str) -> str:
        """An address of the main container of a replica that runs, the newest one if none is named; "" without any."""
        from azdock.backends.replicas import address_of, chosen, main_container

        app, revision, wanted = place
        if not revision:
            return ""
        found = [one for one in chosen(self._apps.replicas(app, revision), wanted) if address_of(one, field)]
        found.sort(key=lambda one: main_container(one).get("runningState") == "Running")
        return address_of(found[-1], field) if found else ""

    # ---- logs
    @cached_property
    def _analytics(self) -> LogAnalytics:
        from azdock.azure.loganalytics import LogAnalytics

        return LogAnalytics(self._azure, "app")

    def _logs(self, record: ContainerRecord) -> AppLogs:
        from azdock.backends import aca_job_shim
        from azdock.backends.app_logs import AppLogs

        again = view.runs_again(record.spec)
        return AppLogs(
            self._apps,
            self._analytics,
            translation.app_name(record),
            status=lambda: self._seen(record, self._apps.get(translation.app_name(record)), note=False),
            attempts=None if again is None else sys.maxsize if again < 0 else 1 + again,
            several=record.spec.scale is not None and record.spec.scale[1] > 1,
            marked=translation.LINGER in record.handle,
            failure=lambda mark: aca_job_shim.failure(mark, record),
            sleep=self._sleep,
            clock=self._clock,
        )

    @cached_property
    def _ends(self) -> AppEnds:
        from azdock.backends.aca_app_ends import AppEnds

        return AppEnds(self._apps)

    # ---- status
    def _seen(self, record: ContainerRecord, app: Json, *, note: bool = True) -> Status:
        """The status of a container from its app; asks for the replicas of one that is not stopped, and for more only
        when something is amiss."""
        run = view.run_of(app, record.seen.run)
        if translation.is_parked(app):
            return Status()
        if not run:
            error = str(app["properties"].get("provisioningError") or "")
            return Status(error=error or "Azure has no revision of it", reason="ContainerAppOperationError")
        noted = view.noted(app)
        if view.is_stopped(app) and noted is not None and noted.run == run:
            return noted
        replicas = self._replicas(app, run)
        look = view.look(record, replicas)
        if view.is_stopped(app):
            if look.runs:
                return self._up(record, app, run, look)
            return self._over(record, app, replicas, note=note)
        if look.kind == "ended":
            return self._over(record, app, replicas, note=note)
        if look.kind in ("doubtful", "crashed"):
            return self._crashed(record, app, replicas, look, note=note)
        return self._going(record, app, run, look)

    def _replicas(self, app: Json, run: str) -> list[Json]:
        try:
            return self._apps.replicas(str(app["name"]), view.revision_of(run))
        except errors.NotFound:
            return []

    def _going(self, record: ContainerRecord, app: Json, run: str, look: view.Look) -> Status:
        """A container that runs, or is on its way to that."""
        name, revision = str(app["name"]), view.revision_of(run)
        if look.kind == "up" and not (look.restarts and view.runs_again(record.spec) is None):
            return self._up(record, app, run, look)
        ready_once = str(app["properties"].get("latestReadyRevisionName") or "") == revision
        if look.kind == "none" and ready_once and (record.spec.scale or (1, 1))[0] == 0:
            return replace(self._up(record, app, run, look), health="")  # scaled to zero
        trouble = view.trouble(self._apps.revision(name, revision))
        if look.kind == "up" and not view.is_crashing(trouble):
            return self._up(record, app, run, look)
        if look.kind == "up":
            end = self._ends.event(app, run, look.began)
            code = None if end is None else end.code
            return replace(
                self._up(record, app, run, look),
                state="restarting",
                health="",
                error=trouble,
                exit_code=1 if code is None else code,
                exit_known=code is not None,
            )
        if look.kind == "unready" and look.started and ready_once:
            return replace(self._up(record, app, run, look), health="unhealthy", error=trouble)
        return Status(
            "created",
            run,
            started_at=look.since,
            restarts=look.restarts,
            reason=look.reason if look.kind == "stuck" else "",
            error=trouble or (look.reason if look.kind == "stuck" else ""),
            health="unhealthy" if trouble and look.runs else "starting",
            endpoints=self._endpoints(app),
        )

    def _up(self, record: ContainerRecord, app: Json, run: str, look: view.Look) -> Status:
        health = "healthy" if view.is_checked(record) else ""
        return Status(
            "running", run, started_at=look.since, restarts=look.restarts, health=health, endpoints=self._endpoints(app)
        )

    def _crashed(
        self, record: ContainerRecord, app: Json, replicas: Sequence[Json], look: view.Look, *, note: bool
    ) -> Status:
        """A container that ended and may run again: docker's policy and its last code decide."""
        run, told = view.run_of(app, record.seen.run), None
        if translation.LINGER in record.handle:
            told = self._ends.told(str(app["name"]), replicas)
        if told is None:
            end = self._ends.event(app, run, look.began)
            code, failed = (end.code, end.reason == "ContainerCreateFailure") if end else (None, False)
        else:
            code, failed = told.mark.code, bool(told.mark.failure)
        over = code == 0 or failed
        if look.kind == "doubtful" and over and (told is None or told.over):
            return self._over(record, app, replicas, note=note, told=told)
        if look.kind == "doubtful" and look.runs:
            return self._up(record, app, run, look)
        if failed and told is None:
            return self._over(record, app, replicas, note=False)
        return Status(
            "restarting",
            run,
            exit_code=1 if code is None else code,
            exit_known=code is not None,
            started_at=look.began,
            restarts=look.restarts,
            reason=look.reason,
            error=view.trouble(self._apps.revision(str(app["name"]), view.revision_of(run))),
        )

    def _over(
        self, record: ContainerRecord, app: Json, replicas: Sequence[Json], *, note: bool, told: Told | None = None
    ) -> Status:
        """The final status of a run; who learns of it first stops the app and notes the end."""
        status = self._ends.status(record, app, replicas, told)
        if note and not record.spec.auto_remove:
            self._note(app, status)
        return status

    def _note(self, app: Json, status: Status) -> None:
        """Stop an app whose command has ended, and note how. What cannot be noted now is looked for again."""
        name = str(app["name"])
        try:
            if not view.is_stopped(app):
                self._apps.stop(name)
            self._apps.tag(name, view.note(status))
        except (errors.AzureFailure, errors.Forbidden, errors.NotFound):
            return  # busy, or somebody who may only look, or removed meanwhile

    # ---- endpoints
    def _endpoints(self, app: Json) -> tuple[Endpoint, ...]:
        found = ingress_map.endpoints(app)
        if not found or not self._azure.is_embedded:
            return found
        local = ingress_map.local(found, self._doors)
        if set(local) & set(found):  # one that was not there when the addresses were asked for
            self.__dict__.pop("_doors", None)
            local = ingress_map.local(found, self._doors)
        return local

    @cached_property
    def _doors(self) -> dict[str, str]:
        from azdock.azure import embedded_ingress

        return embedded_ingress.addresses(self._azure)
