"""Into function apps on Container Apps: commands, signals, logs and measurements, the apps' way."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from azdock import errors
from azdock.backends import aca_app_status as view
from azdock.backends import function_aca_map as translation
from azdock.backends.function_aca_requests import AcaRequests
from azdock.docker.channels import ExecChannel, ExecRequest, LogQuery, LogReader
from azdock.docker.record import ContainerRecord, Status

if TYPE_CHECKING:
    from azdock.docker.explanation import Explanation
    from azdock.docker.usage import Usage


class AcaInsight(AcaRequests):
    """logs, exec, signal, replicas, granted, usage and explain."""

    def logs(self, record: ContainerRecord, query: LogQuery) -> LogReader:
        """What the replicas print, in time order. An app's log knows no invocations: `query.run` is not heeded."""
        return self._side.logs(translation.as_app(record), replace(query, run=""))

    def exec(self, record: ContainerRecord, request: ExecRequest) -> ExecChannel:
        """A command in a replica; an app that has none just now is woken."""
        there = translation.as_app(record, view.run_of(self.get(record)))
        try:
            return self._side.exec(there, request)
        except errors.NotRunning:
            if request.replica:
                raise
        self._wake(record)
        return self._side.exec(there, request)

    def connected(self, record: ContainerRecord) -> bool:
        """Whether an exec connection into the app's latest revision lives."""
        return self._side.connected(translation.as_app(record, view.run_of(self.get(record))))

    def signal(self, record: ContainerRecord, signal: str) -> None:
        """Send a signal to the container's first process, through exec. Raises NotRunning without a replica."""
        from azdock.backends import inside_signals

        there = translation.as_app(record, view.run_of(self.get(record)))
        inside_signals.deliver(self._side.signalling(there, signal), signal)

    def replicas(self, record: ContainerRecord) -> list[str]:
        """The names of the replicas that run now."""
        return self._side.replicas(translation.as_app(record))

    def granted(self, record: ContainerRecord) -> int:
        """Bytes of memory of one replica."""
        return self._side.granted(translation.as_app(record))

    def usage(self, record: ContainerRecord) -> Usage:
        """What Azure Monitor knows of the latest revision, all replicas together."""
        return self._side.usage(translation.as_app(record, view.run_of(self.get(record))))

    def explain(self, record: ContainerRecord, status: Status) -> Explanation:  # noqa: ARG002
        """Why the app's container is as it is; invocations are not looked at."""
        return self._side.explain(self._as_app(record))
