"""What is known of a function app beyond its state: logs, commands inside, measurements, reasons, Azure's own JSON."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from azdock.backends.base import Connected
from azdock.backends.function_base import FunctionBase
from azdock.docker.channels import ExecChannel, ExecRequest, LogQuery, LogReader
from azdock.docker.record import ContainerRecord, Status

if TYPE_CHECKING:
    from azdock.docker.explanation import Explanation
    from azdock.docker.usage import Usage


class FunctionInsight(FunctionBase):
    """The backend's read-only side: what differs between the hostings is asked of the record's own."""

    def logs(self, record: ContainerRecord, query: LogQuery) -> LogReader:
        """What the app prints, over all invocations; an invocation has no log of its own, so `query.run` is not
        heeded."""
        return self.hosting(record).logs(record, replace(query, run=""))

    def trace(self, query: str) -> ContainerRecord | None:
        """None: the lines of an app on Container Apps are an app's, which the backend over those finds."""

    def exec(self, record: ContainerRecord, request: ExecRequest) -> ExecChannel:
        """A command in the app's container, where the hosting has a way in."""
        return self.hosting(record).exec(record, request)

    def connected(self, record: ContainerRecord) -> bool:
        """Whether a connection into the container lives, over which a command can be run at once."""
        hosting = self.hosting(record)
        return isinstance(hosting, Connected) and hosting.connected(record)

    def raw(self, record: ContainerRecord) -> dict[str, Any]:
        """The app as Azure shows it, secrets' values and keys removed."""
        from azdock.backends import function_raw

        return function_raw.cleaned(self.hosting(record).get(record))

    def replicas(self, record: ContainerRecord) -> list[str]:
        """The instances that run now, if there may be several."""
        return self.hosting(record).replicas(record)

    def granted(self, record: ContainerRecord) -> int:
        """The memory of one instance in bytes."""
        return self.hosting(record).granted(record)

    def usage(self, record: ContainerRecord) -> Usage:
        """The newest values that Azure has, all instances together."""
        return self.hosting(record).usage(record)

    def explain(self, record: ContainerRecord) -> Explanation:
        """Why the app and its latest invocation are as they are."""
        from azdock.backends import function_judge

        return function_judge.joined(record, lambda: self.hosting(record).explain(record, record.seen))

    def first_line(self, record: ContainerRecord, status: Status) -> str:
        """The cause of a failed invocation when it is Azure's and not the function's; "" else."""
        from azdock.backends import function_judge

        return function_judge.first_line(record, status)
