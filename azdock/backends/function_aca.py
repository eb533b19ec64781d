"""Function apps on Container Apps: a container app of kind functionapp for each, which has what apps have."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from azdock import errors
from azdock.azure import progress, retry
from azdock.backends import aca_app_status as view
from azdock.backends import function_aca_map as translation
from azdock.backends import naming, tags
from azdock.backends.base import Gap
from azdock.backends.function_aca_insight import AcaInsight
from azdock.backends.function_hosting import APP, HOSTING, RUN, Hosted
from azdock.docker.record import ContainerRecord, Handle
from azdock.docker.spec import ContainerSpec

if TYPE_CHECKING:
    from azdock.azure.client import Azure
    from azdock.azure.functionstorage import WebJobs

Json = dict[str, Any]
# Seconds beyond its own grace that a container is waited for after a stop.
SETTLE_SECONDS = 10.0
NO_REVISION = "Azure has no revision of it"


def connect(azure: Azure) -> AcaHosting:
    """The hosting over the container apps of a context."""
    return AcaHosting(azure)


class AcaHosting(AcaInsight):
    """Hosting over Container Apps."""

    # ---- life cycle
    def gaps(self, spec: ContainerSpec) -> list[Gap]:  # noqa: ARG002
        """Too many replicas asked for is found by Azure; nothing else is beyond what no function app can."""
        return []

    def create(self, record: ContainerRecord) -> Handle:
        """Make the app: with its address if it is to serve at once, else parked, so that nothing of it runs."""
        name = self._free_name(record)
        record = replace(record, handle={**record.handle, APP: name})
        body = self._body(record)
        try:
            self._apps.create(name, body, lambda: self._has_come_up(record, ""))
        except BaseException as failed:
            self._clean_up(name, failed)
            raise
        return {HOSTING: self.name, APP: name}

    def all(self) -> list[Json]:
        """Every function app of azdock's that is not being deleted."""
        return [app for app in self._apps.all() if _counts(app)]

    def record_of(self, app: Json) -> ContainerRecord:
        """The record of an app of azdock's, without a status."""
        return translation.record_of(app)

    def hosted(self, app: Json) -> Hosted:
        """How the app is; a call for its replicas, and a second one when one of them is in trouble."""
        stopped = translation.is_parked(app) or view.is_stopped(app)
        known = Hosted(stopped, app.get("tags") or {}, address=self._side.address(app))
        if stopped:
            return known
        run = view.run_of(app)
        if not run:
            return replace(known, trouble=str(app["properties"].get("provisioningError") or NO_REVISION))
        replicas = self._replicas(app)
        look = view.look(translation.as_app(translation.record_of(app), run), replicas)
        trouble = ""
        if look.kind in ("stuck", "crashed"):
            trouble = view.trouble(self._apps.revision(str(app["name"]), view.revision_of(run))) or look.reason
        return replace(known, trouble=trouble, instances=_running(replicas))

    def turn_on(self, record: ContainerRecord) -> None:
        """Start a stopped app; one that never ran gets its own command and its address."""
        app = self.get(record)
        if translation.is_parked(app):
            self._change(
                record, app, translation.change(self._whole(record, app), translation.own_in(app), parked=False)
            )
        elif view.is_stopped(app):
            self._apps.start(str(app["name"]))

    def turn_off(self, record: ContainerRecord, grace: float | None) -> None:
        """Stop the app, and wait for its containers' end."""
        app = self.get(record)
        own = self._grace(app)
        if grace is not None and (grace < 0 or grace > own):
            progress.warn(
                f"Azure ends what is in flight after {own:.0f} seconds, which `--stop-timeout` of create says"
            )
        self._apps.stop(str(app["name"]))
        deadline = self._clock() + own + SETTLE_SECONDS
        pause = retry.backoff(0.02, 1.0)
        while _running(self._replicas(app)) and self._clock() < deadline:
            self._sleep(pause())

    def restart(self, record: ContainerRecord) -> None:
        """Replace the replicas of the app."""
        app = self.get(record)
        self._apps.restart_revision(str(app["name"]), view.revision_of(view.run_of(app)))

    def remove(self, record: ContainerRecord) -> None:
        """Delete the app with all its revisions."""
        self._apps.delete(record.handle[APP])

    def tag(self, record: ContainerRecord, tags: Mapping[str, str]) -> None:
        """Set tags on the app; other tags stay."""
        self._apps.tag(record.handle[APP], dict(tags))

    def update(self, record: ContainerRecord, spec: ContainerSpec) -> None:
        """Write another form of the container onto the app: a new revision, unless it never ran."""
        app = self.get(record)
        self._rewrite(replace(record, spec=translation.updated(app, record.spec, spec)), app)

    def settings(self, record: ContainerRecord, changes: Mapping[str, str | None]) -> None:
        """Set variables of the app; its replicas are replaced."""
        app = self.get(record)
        there = self._whole(record, app)
        self._rewrite(replace(there, spec=translation.changed(there.spec, changes)), app)

    # ---- steps
    def _body(self, record: ContainerRecord) -> Json:
        spec, own_storage = record.spec, translation.brings_storage(record.spec)
        with ThreadPoolExecutor(3) as pool:
            place = pool.submit(self._place_of, spec)
            webjobs = None if own_storage else pool.submit(self._webjobs)
            insights = pool.submit(self._insights)
            environment, location = place.result()
            found = webjobs.result() if webjobs else None
            connection = insights.result()
        settings = dict(found.settings) if found else {}
        if connection:
            settings["APPLICATIONINSIGHTS_CONNECTION_STRING"] = connection
        secret, identity = (found.secret, found.identity_id) if found else ("", "")
        own = translation.own_settings(spec, settings, secret)
        body = translation.app_body(record, environment, location, own, secret=secret, identity_id=identity)
        if run := record.handle.get(RUN):
            from azdock.backends import function_notes

            body["tags"] |= function_notes.begin_tags(run, datetime.now(UTC))
        return body

    def _place_of(self, spec: ContainerSpec) -> tuple[str, str]:
        """The ARM id and the region of the environment."""
        if not spec.network:
            return self._azure.place.environment_id, self._azure.location()
        from azdock.backends import network_names

        environment, location = network_names.where(self._azure, spec.network)
        return environment, location or self._azure.location()

    def _webjobs(self) -> WebJobs:
        from azdock.azure import functionstorage

        return functionstorage.webjobs(self._azure)

    def _insights(self) -> str:
        from azdock.azure import insights

        return insights.connection_string(self._azure)

    def _whole(self, record: ContainerRecord, app: Json) -> ContainerRecord:
        """The record with the variables that the app has by now."""
        return replace(record, spec=replace(record.spec, env=translation.record_of(app).spec.env))

    def _rewrite(self, record: ContainerRecord, app: Json) -> None:
        names = {item.partition("=")[0] for item in record.spec.env}
        own = [one for one in translation.own_in(app) if one["name"] not in names]
        self._change(record, app, translation.change(record, own, parked=translation.is_parked(app)))

    def _change(self, record: ContainerRecord, app: Json, body: Json) -> None:
        """Patch an app and wait until its new revision is there; whether it gets on is seen by others."""
        latest = str(app["properties"].get("latestRevisionName") or "")
        self._apps.patch(str(app["name"]), body, lambda: self._has_come_up(record, latest))

    def _has_come_up(self, record: ContainerRecord, before: str) -> bool:
        """Whether the app has another revision than before whose container runs, or shows that it will not."""
        try:
            app = self.get(record)
            latest = str(app["properties"].get("latestRevisionName") or "")
            if latest in ("", before):
                return False
            kind = view.look(translation.as_app(record, latest), self._replicas(app)).kind
        except errors.NotFound:
            return False
        return kind not in ("none", "pending")

    def _free_name(self, record: ContainerRecord) -> str:
        """The container's own name for its app, unless an app has it already."""
        wanted = naming.app_name(record.ident)
        if wanted == naming.job_name(record.ident) or not self._apps.exists(wanted):
            return wanted
        return naming.job_name(record.ident)

    def _clean_up(self, name: str, failed: BaseException) -> None:
        """Azure keeps an app whose creation failed; it must not look like a container."""
        if isinstance(failed, errors.Unreachable):
            return  # nothing can be removed from an Azure that does not answer
        try:
            self._apps.delete(name)
        except errors.AzdockError as stuck:
            progress.warn(f"the app {name}, whose creation failed, could not be removed: {stuck.message}")

    @staticmethod
    def _grace(app: Json) -> float:
        """Seconds between SIGTERM and SIGKILL."""
        from azdock.backends.inside_signals import STOP_GRACE

        return float(app["properties"]["template"].get("terminationGracePeriodSeconds") or STOP_GRACE)


def _counts(app: Json) -> bool:
    """True for a function app of azdock's that is not being deleted."""
    deleting = (app.get("properties") or {}).get("provisioningState") == "Deleting"
    return translation.is_function(app) and tags.is_ours(app.get("tags")) and not deleting


def _running(replicas: list[Json]) -> int:
    from azdock.backends.replicas import main_container

    return sum(1 for one in replicas if main_container(one).get("runningState") == "Running")
