"""Inside a job's running container: commands, their input, signals, and whether its own command could be run."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from functools import cached_property
from typing import Any

from azdock import errors
from azdock.azure import logstream
from azdock.backends import aca_job_map as translation
from azdock.backends import aca_job_shim, shim
from azdock.backends.exec_command import command_string, signal_script, signal_string
from azdock.backends.exec_pool import ExecPool
from azdock.backends.job_base import JobBase
from azdock.backends.shim import STDIN_SCRIPT
from azdock.docker.channels import ExecChannel, ExecRequest
from azdock.docker.record import ContainerRecord, Status


class JobInside(JobBase):
    """What Azure's exec connection and the run shim's marks make possible."""

    def exec(self, record: ContainerRecord, request: ExecRequest) -> ExecChannel:
        """A command in the running container. Raises Unsupported for another user with a terminal."""
        if request.user and request.tty:
            raise errors.Unsupported("--user with --tty: Azure's terminal belongs to the container's own user")
        job, run = translation.job_name(record), self._run(record)
        if request.tty and not request.detach:
            channel: ExecChannel = self._socket(job, run, command_string(request), request.size)
            return channel
        return self._execs.open(job, run, request)

    def stdin(self, record: ContainerRecord) -> ExecChannel:
        """A channel into the pipe that the run shim gave the command for its standard input."""
        return self.exec(record, ExecRequest(("/bin/sh", "-c", STDIN_SCRIPT), stdin=True))

    def connected(self, record: ContainerRecord) -> bool:
        """Whether an exec connection into the record's run lives."""
        return self._execs.alive(translation.job_name(record), record.seen.run)

    @cached_property
    def _execs(self) -> ExecPool:
        return ExecPool(self._socket)

    def _signalling(self, record: ContainerRecord, signal: str) -> ExecChannel:
        """The command that sends a signal, also where the image's shell can run nothing better."""
        try:
            return self.exec(record, ExecRequest(("sh", "-c", signal_script(signal))))
        except errors.Unsupported:
            found: ExecChannel = self._socket(
                translation.job_name(record), self._run(record), signal_string(signal), (24, 80)
            )
            return found

    def _socket(self, job: str, run: str, command: str, size: tuple[int, int]) -> Any:
        from azdock.azure.execsocket import ExecSocket

        address = self._endpoint(job, run, "execEndpoint")
        if not address:
            raise errors.NotRunning("the container has no replica that runs", hint="azdock ps -a")
        return ExecSocket(address, self._jobs.token(job), command, size)

    def _invoked(self, record: ContainerRecord, status: Status, address: str) -> Status:
        """The status of a run whose container is up: the run shim tells at once whether its command could be run."""
        if translation.own_plan(record) is None:
            return status
        stream = self._jobs.stream(translation.job_name(record), address, follow=True)
        try:
            with closing(stream):
                first = next(stream, None)  # the first records, the oldest ahead
        except (logstream.Cut, errors.NotFound):
            return status  # the container is gone again already; it was up
        marks = [shim.split(text)[1] for _, text in first or ()]
        mark = next((one for one in marks if one is not None and one.failure), None)
        if mark is None:
            return status
        self._jobs.stop(translation.job_name(record), record.seen.run)  # it stays only to be read
        error = aca_job_shim.failure(mark, record)
        return replace(status, state="created", exit_code=mark.code, error=error)
