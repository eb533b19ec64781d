"""Docker's life cycle on function apps: one app for each container, an invocation for each run of it."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from azdock import errors
from azdock.azure.client import Azure
from azdock.backends.abilities import Prices, Slotted
from azdock.backends.base import NO_FACTS, Gap
from azdock.backends.function_hosting import ACA, HOSTING, PLAN, RUN, Hosting
from azdock.backends.function_insight import FunctionInsight
from azdock.backends.function_runs import FunctionRuns
from azdock.backends.function_triggers import FunctionTriggers
from azdock.docker.channels import ExecChannel
from azdock.docker.record import ContainerRecord, Handle, Status
from azdock.docker.spec import ContainerSpec, ImageFacts
from azdock.settings import Settings

if TYPE_CHECKING:
    from azdock.backends.abilities import Slot

Json = dict[str, Any]
PARALLEL = 8
NO_INPUT = "an invocation's input is the body of its request, which is sent at its start"


def connect(settings: Settings) -> FunctionBackend:
    """The backend over function apps of the context in `settings`."""
    return FunctionBackend(Azure(settings))


class FunctionBackend(FunctionRuns, FunctionInsight, FunctionTriggers):
    """Backend over function apps, on Container Apps or on plans."""

    # ---- before there is an app
    def gaps(self, spec: ContainerSpec) -> list[Gap]:
        """What no function app can honour of this spec, then what its hosting cannot."""
        from azdock.backends import function_gaps

        found = [*function_gaps.gaps(spec), *self._chosen(spec).gaps(spec)]
        return sorted(found, key=lambda gap: gap.action != "refuse")

    def needs(self, spec: ContainerSpec, image: ImageFacts) -> list[Gap]:  # noqa: ARG002
        """Nothing: any image that listens to HTTP will do."""
        return []

    def notices(self, spec: ContainerSpec, image: ImageFacts = NO_FACTS) -> list[str]:
        """What is rounded, which port requests go to, and which time-out no plan can keep."""
        from azdock.backends import function_gaps

        return function_gaps.notices(spec, image)

    def image(self, reference: str, pull: str) -> ImageFacts:
        """What the embedded Azure knows of an image, or its registry, which does not decide whether it exists."""
        from azdock.azure.containers import import_sdk
        from azdock.azure.images import EmbeddedImages
        from azdock.backends import embedded_images

        threading.Thread(target=import_sdk, daemon=True).start()  # most creations need it next
        if not self._azure.is_embedded:
            from azdock.backends import registry_images

            return registry_images.facts(self._azure, reference, pull)
        return embedded_images.facts(EmbeddedImages(self._azure).describe(reference, pull))

    def price(self, spec: ContainerSpec) -> str:
        """The plan that would be created and its price class; "" when nothing new would be."""
        hosting = self._chosen(spec)
        return hosting.price(spec) if isinstance(hosting, Prices) else ""

    # ---- the app
    def create(self, record: ContainerRecord) -> Handle:
        """Make the app: serving if it is to start at once, whose first run is noted with it then, else stopped."""
        hosting = self._chosen(record.spec)
        handle = {HOSTING: hosting.name}
        if record.spec.at_once:
            handle[RUN] = secrets.token_hex(16)
        return {**handle, **hosting.create(replace(record, handle=handle))}

    def unwrapped(self, record: ContainerRecord) -> Handle | None:  # noqa: ARG002
        """None: a function's command is never wrapped."""
        return None

    def session(self, record: ContainerRecord, size: tuple[int, int]) -> ExecChannel:  # noqa: ARG002
        """Refused: a function waits for requests, not for a session."""
        raise errors.Unsupported(
            "--tty: an invocation has no terminal", hint=f"azdock exec -it {record.ident.name} sh, while it serves"
        )

    def stdin(self, record: ContainerRecord) -> ExecChannel:
        """Refused: the whole input of a run goes with its request."""
        raise errors.Unsupported(NO_INPUT, hint=f"azdock start -ai {record.ident.name} < FILE")

    def update(self, record: ContainerRecord, spec: ContainerSpec) -> Status:
        """Write what differs onto the app; its processes are replaced, and no new run begins."""
        self.hosting(record).update(record, spec)
        return self._seen(replace(record, spec=spec))

    def remove(self, record: ContainerRecord) -> None:
        """Delete the app, and the plan that azdock made for it when it was the last one there."""
        self.hosting(record).remove(record)

    def rename(self, record: ContainerRecord, name: str) -> None:
        """Write the new name into the app's tags; the app keeps its own, which is in its address."""
        from azdock.backends import tags

        self.hosting(record).tag(record, {tags.NAME: name})

    # ---- what there is
    def status(self, record: ContainerRecord) -> Status:
        """Whether the app serves, and what became of its latest run."""
        return self._seen(record)

    def raw(self, record: ContainerRecord) -> dict[str, Any]:
        """The app as Azure shows it, secrets' values removed."""
        found = self.hosting(record).get(record)
        for secret in ((found.get("properties") or {}).get("configuration") or {}).get("secrets") or ():
            secret.pop("value", None)
        return found

    def inventory(self, known: Mapping[str, Status]) -> list[ContainerRecord]:
        """Every function app of azdock's, of both hostings, with fresh statuses: a list call for each hosting, and one
        more for each app that is not stopped."""
        with ThreadPoolExecutor(PARALLEL) as pool:
            listed = list(pool.map(lambda hosting: (hosting, hosting.all()), self.hostings))
            apps = [(hosting, app) for hosting, found in listed for app in found]
            records = pool.map(lambda one: self._listed(one[0], one[1], known), apps)
            return [record for record in records if record is not None]

    def close(self) -> None:
        """Drop the connections."""
        for hosting in self._hostings.values():
            hosting.close()
        self._azure.close()

    # ---- slots
    def slots(self, record: ContainerRecord) -> Sequence[Slot]:
        """The slots beside production, by name."""
        return self._slotted(record).slots(record)

    def deploy(self, record: ContainerRecord, slot: str, spec: ContainerSpec) -> None:
        """Make the slot what `spec` says; it is created when it is not there."""
        self._slotted(record).deploy(record, slot, spec)

    def swap(self, record: ContainerRecord, slot: str) -> None:
        """Exchange a slot with production; waits for the end of it."""
        self._slotted(record).swap(record, slot)

    def remove_slot(self, record: ContainerRecord, slot: str) -> None:
        """Delete a slot."""
        self._slotted(record).remove_slot(record, slot)

    # ---- steps
    def _chosen(self, _spec: ContainerSpec) -> Hosting:
        """Where an app of this spec would be hosted."""
        return self.hosting_named(ACA)

    def _listed(self, hosting: Hosting, app: Json, known: Mapping[str, Status]) -> ContainerRecord | None:
        """The app's record with its status; None when it vanished meanwhile."""
        record = hosting.record_of(app)
        if (before := known.get(record.ident.id)) is not None:
            record = replace(record, seen=before)
        try:
            return replace(record, seen=self._seen(record, app))
        except errors.NotFound:
            return None

    def _slotted(self, record: ContainerRecord) -> Slotted:
        hosting = self.hosting(record)
        if hosting.name != PLAN:
            raise errors.Unsupported(
                f"{record.ident.name} has no deployment slots: function apps on Container Apps have none",
                hint="azdock update changes it in place, without a pause",
            )
        return cast(Slotted, hosting)
