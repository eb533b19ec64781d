"""Docker's life cycle on Container Apps: one app for each container, a revision for each form of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from azdock import errors
from azdock.azure import progress
from azdock.azure.client import Azure
from azdock.backends import aca_app_map as translation
from azdock.backends import aca_app_status as view
from azdock.backends import aca_job_shim, naming, tags
from azdock.backends.app_insight import AppInsight
from azdock.backends.app_runs import AppRuns
from azdock.backends.base import NO_FACTS, Gap
from azdock.docker.channels import DETACHED, Attachment
from azdock.docker.record import ContainerRecord, Handle, Status
from azdock.docker.spec import ContainerSpec, ImageFacts
from azdock.settings import Settings

Json = dict[str, Any]
PARALLEL = 8
# Seconds that a watched run's container stays readable after its start, as its log goes with the container.
LINGER, LINGER_EMBEDDED = 20, 3


def connect(settings: Settings) -> AppBackend:
    """The backend over apps of the context in `settings`."""
    return AppBackend(Azure(settings))


class AppBackend(AppRuns, AppInsight):
    """Backend over Container Apps."""

    def gaps(self, spec: ContainerSpec) -> list[Gap]:
        """What an app cannot honour of this spec."""
        from azdock.backends import aca_app_gaps

        return aca_app_gaps.gaps(spec)

    def needs(self, spec: ContainerSpec, image: ImageFacts) -> list[Gap]:
        """What an app cannot honour because of the image, or of the network it is in."""
        from azdock.backends import ingress_map, network_names, probe_map

        found = [*aca_job_shim.gaps(spec, image), *probe_map.gaps(spec, image)]
        if spec.session and not aca_job_shim.wanted(spec, image) and not found:
            flag = "tty" if spec.tty else "interactive"
            found.append(Gap(flag, "refuse", "it needs the run shim", "start it with -d and use `azdock exec -it`"))
        ports = ingress_map.gaps(spec, image)
        if any(gap.action == "refuse" for gap in ports) and network_names.has_own_network(self._azure, spec.network):
            ports = ingress_map.gaps(spec, image, custom_network=True)
        return [*found, *ports]

    def notices(self, spec: ContainerSpec, image: ImageFacts = NO_FACTS) -> list[str]:
        """What is rounded up, and which ports are reached otherwise than on docker."""
        from azdock.backends import ingress_map, probe_map, resources

        rounded = resources.notice(spec.resources)
        return [*([rounded] if rounded else []), *ingress_map.notices(spec, image), *probe_map.notices(spec, image)]

    def image(self, reference: str, pull: str) -> ImageFacts:
        """What the embedded Azure knows of an image, or its registry, which does not decide whether it exists."""
        from azdock.azure.containers import import_sdk
        from azdock.azure.images import EmbeddedImages
        from azdock.backends import embedded_images

        threading.Thread(target=import_sdk, daemon=True).start()  # create() needs it next
        if not self._azure.is_embedded:
            from azdock.backends import registry_images

            return registry_images.facts(self._azure, reference, pull)
        return embedded_images.facts(EmbeddedImages(self._azure).describe(reference, pull))

    def create(self, record: ContainerRecord) -> Handle:
        """Create the app: running if it is to start at once, else parked."""
        spec, handle = record.spec, {translation.APP: self._free_name(record)}
        if aca_job_shim.wanted(spec, record.image):
            watched = spec.foreground and not spec.session
            handle[translation.LINGER] = str(self._linger if watched else 0)
        record = replace(record, handle=handle)
        try:
            self._apps.create(handle[translation.APP], self._body(record), lambda: self._has_come_up(record, ""))
        except BaseException as failed:
            self._clean_up(handle[translation.APP], failed)
            raise
        return handle

    def start(self, record: ContainerRecord, attachment: Attachment = DETACHED) -> Status:
        """Begin a new run; one that began with its creation goes on."""
        name = translation.app_name(record)
        app = self._apps.get(name)
        own = translation.own_plan(record)
        plan = None if own is None else translation.plan_of(record, self._linger, attachment)
        if translation.is_parked(app):
            self._change(record, app, translation.change(record, plan))
        elif view.is_stopped(app):
            there = translation.plan_in(app)
            if plan is not None and there is not None and (plan.stdin, plan.data) != (there.stdin, there.data):
                self._apps.patch(name, translation.change(record, plan))
            self._apps.start(name)
        run = view.run_of(self._apps.get(name))
        return Status("created", run, started_at=datetime.now(UTC), health="starting")

    def unwrapped(self, record: ContainerRecord) -> Handle | None:
        """Write the app anew without the run shim, if the run has shown that its image has no shell."""
        if translation.own_plan(record) is None or not aca_job_shim.lacks_shell(record):
            return None
        aca_job_shim.check_shell(record)
        if record.spec.session:
            raise errors.Unsupported(f"--tty: a session needs the run shim, and the image has no {aca_job_shim.SHELL}")
        progress.warn(
            f"the image has no {aca_job_shim.SHELL}: its command runs without the run shim, so stderr comes on stdout, "
            "and the command may run again before its end is seen"
        )
        name = translation.app_name(record)
        plain = replace(record, handle={translation.APP: name})
        self._change(plain, self._apps.get(name), translation.change(plain, None))
        return plain.handle

    def update(self, record: ContainerRecord, spec: ContainerSpec) -> Status:
        """Write another form of the container onto the app: a new revision, unless it never ran."""
        name = translation.app_name(record)
        app, record = self._apps.get(name), replace(record, spec=spec)
        parked, before = translation.is_parked(app), view.noted(app)
        plan = translation.own_plan(record) if aca_job_shim.wanted(spec, record.image) else None
        self._change(record, app, translation.change(record, plan, parked=parked, stamp=True))
        after = self._apps.get(name)
        if before is not None and not parked and view.is_stopped(after):
            # it has ended before, and its end is that of the new revision now
            self._apps.tag(name, view.note(replace(before, run=str(after["properties"]["latestRevisionName"]))))
            after = self._apps.get(name)
        return self._seen(record, after)

    def remove(self, record: ContainerRecord) -> None:
        """Delete the app with all its revisions."""
        self._apps.delete(translation.app_name(record))

    def rename(self, record: ContainerRecord, name: str) -> None:
        """Write the new name into the app's tags; the app keeps its own, by which others reach it."""
        self._apps.tag(translation.app_name(record), {tags.NAME: name})

    def inventory(self, known: Mapping[str, Status]) -> list[ContainerRecord]:
        """Every container azdock owns in the resource group as an app, with fresh statuses."""
        apps = [app for app in self._apps.all() if _counts(app)]
        if not apps:
            return []
        with ThreadPoolExecutor(min(PARALLEL, len(apps))) as pool:
            found = pool.map(lambda app: self._listed(app, known), apps)
            return [record for record in found if record is not None]

    def close(self) -> None:
        """Drop the connections."""
        self.hang_up()
        self._azure.close()

    # ---- steps
    def _listed(self, app: Json, known: Mapping[str, Status]) -> ContainerRecord | None:
        """The app's record with its status; None when it vanished meanwhile."""
        record = translation.record_of(app)
        before = known.get(record.ident.id)
        if before is not None:
            record = replace(record, seen=before)
            if before.over and before.run == view.run_of(app):
                return record
        try:
            return replace(record, seen=self._seen(record, app))
        except errors.NotFound:
            return None

    def _free_name(self, record: ContainerRecord) -> str:
        """The container's own name for its app, unless an app has it already."""
        wanted = translation.app_name(record)
        if wanted == naming.job_name(record.ident) or not self._apps.exists(wanted):
            return wanted
        return naming.job_name(record.ident)

    def _body(self, record: ContainerRecord) -> Json:
        environment, location = self._azure.place.environment_id, ""
        if record.spec.network:
            from azdock.backends import network_names

            environment, location = network_names.where(self._azure, record.spec.network)
        plan = translation.own_plan(record)
        return translation.app_body(
            record, environment, location or self._azure.location(), plan, parked=not _starts(record.spec)
        )

    def _change(self, record: ContainerRecord, app: Json, body: Json) -> None:
        """Patch an app and wait until its new revision is there; whether it gets on is seen by others."""
        latest = str(app["properties"].get("latestRevisionName") or "")
        self._apps.patch(str(app["name"]), body, self._look_now_and_then(record, latest))

    def _look_now_and_then(self, record: ContainerRecord, latest: str) -> Callable[[], bool]:
        return lambda: self._has_come_up(record, latest)

    def _has_come_up(self, record: ContainerRecord, before: str) -> bool:
        """Whether the app has another revision than before whose container runs, or shows that it will not."""
        name = translation.app_name(record)
        try:
            latest = str(self._apps.get(name)["properties"].get("latestRevisionName") or "")
            if latest in ("", before):
                return False
            kind = view.look(record, self._apps.replicas(name, latest)).kind
        except errors.NotFound:
            return False
        return kind not in ("none", "pending", "unready")

    def _clean_up(self, name: str, failed: BaseException) -> None:
        """Azure keeps an app whose creation failed; it must not look like a container."""
        if isinstance(failed, errors.Unreachable):
            return  # nothing can be removed from an Azure that does not answer
        try:
            self._apps.delete(name)
        except errors.AzdockError as stuck:
            progress.warn(f"the app {name}, whose creation failed, could not be removed: {stuck.message}")

    @property
    def _linger(self) -> int:
        return LINGER_EMBEDDED if self._azure.is_embedded else LINGER


def _starts(spec: ContainerSpec) -> bool:
    """Whether the command runs as soon as its app exists; how it gets its input is known only at its start."""
    return spec.at_once and not (spec.stdin_open and spec.foreground and not spec.session)


def _counts(app: Json) -> bool:
    """True for an app of azdock's that is not being deleted. Function apps are another backend's."""
    if str(app.get("kind") or "").lower() == "functionapp":
        return False
    return tags.is_ours(app.get("tags")) and (app.get("properties") or {}).get("provisioningState") != "Deleting"
