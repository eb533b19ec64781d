"""What is known of an app beyond its state: logs, measurements, reasons, and Azure's own JSON."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from azdock.backends import aca_app_map as translation
from azdock.backends import naming
from azdock.backends.app_base import AppBase
from azdock.backends.replicas import created, main_container
from azdock.docker.channels import LogQuery, LogReader
from azdock.docker.record import ContainerRecord, Ident, Status
from azdock.docker.spec import ContainerSpec

if TYPE_CHECKING:
    from azdock.docker.explanation import Explanation
    from azdock.docker.usage import Usage


class AppInsight(AppBase):
    """The backend's read-only side."""

    def logs(self, record: ContainerRecord, query: LogQuery) -> LogReader:
        """History and live lines of all replicas; a followed run is read from its beginning."""
        return self._logs(record).read(query)

    def raw(self, record: ContainerRecord) -> dict[str, Any]:
        """The app as Azure shows it, secrets' values removed."""
        found = self._apps.get(translation.app_name(record))
        for secret in (found.get("properties", {}).get("configuration") or {}).get("secrets") or ():
            secret.pop("value", None)
        return found

    def trace(self, query: str) -> ContainerRecord | None:
        """A removed container of which Log Analytics still has lines; by its id only if its app's name has a part of
        that."""
        name = query.removeprefix("/")
        app = next((one for one in self._traces(name) if not self._apps.exists(one)), None)
        if app is None:
            return None
        ident = app.rpartition("-")[2] if naming.is_named(app, name) else ""
        return ContainerRecord(
            Ident(ident, name), ContainerSpec(image=""), datetime.now(UTC), self.name, {translation.APP: app}
        )

    def replicas(self, record: ContainerRecord) -> list[str]:
        """The replicas of the current run that run now, if it may have several."""
        if record.spec.scale is None or record.spec.scale[1] < 2:
            return []
        app, revision, _ = self.place(record)
        listed = sorted(self._apps.replicas(app, revision), key=created)
        return [str(one["name"]) for one in listed if main_container(one).get("runningState") == "Running"]

    def granted(self, record: ContainerRecord) -> int:
        """The memory of a replica of the app."""
        from azdock.backends import job_usage

        return job_usage.granted(record)

    def usage(self, record: ContainerRecord) -> Usage:
        """What Azure Monitor knows of the revision of the current run, all replicas together."""
        from azdock.backends import app_usage

        app = self._apps.id(translation.app_name(record))
        return app_usage.usage(self._azure.arm, app, record, datetime.now(UTC))

    def explain(self, record: ContainerRecord) -> Explanation:
        """Why the container is as it is."""
        from azdock.azure.systemlogs import SystemLogs
        from azdock.backends import app_judge
        from azdock.backends.app_evidence import Gathering

        gathering = Gathering(self._apps, SystemLogs(self._azure, "app"), self._analytics)
        return app_judge.explain(gathering.gather(record, translation.app_name(record)))

    def first_line(self, record: ContainerRecord, status: Status) -> str:
        """Azure's reason for a failed run, from its status."""
        from azdock.backends import app_judge

        return app_judge.first_line(record, status)

    def _traces(self, name: str) -> list[str]:
        """Names of apps that printed something and may have been that container, the one that printed last first."""
        ident = f"-{name[: naming.ID_LENGTH]}" if re.fullmatch("[0-9a-f]+", name) else ""
        # the app has the name itself, or begins with what is legal of it
        known = self._analytics.names(naming.beginning(name).removesuffix("-"), ident)
        return [one for one in known if one == name or naming.is_named(one, name)]
