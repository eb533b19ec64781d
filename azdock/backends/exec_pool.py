"""The exec connections of one azdock process: commands to one replica of a container share one, as Azure allows few."""

from __future__ import annotations

import threading
from collections.abc import Callable

from azdock.azure import progress
from azdock.backends import exec_command, exec_frames
from azdock.backends.exec_session import NoAgent, Session, Socket
from azdock.docker.channels import ExecChannel, ExecRequest
from azdock.errors import Unsupported

Place = tuple[str, str, str]  # resource, run, replica ("" for any)
# (where, command, size) -> the socket of a command that begins
Connect = Callable[[Place, str, tuple[int, int]], Socket]
SIZE = (24, 80)


class ExecPool:
    """One session for each place, which carries any number of commands at the same time."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._lock = threading.Lock()
        self._sessions: dict[Place, Session] = {}
        self._lacking: dict[Place, str] = {}

    def open(self, place: Place, request: ExecRequest) -> ExecChannel:
        """Begin a command without a terminal there. Raises what the connection raises, Unsupported for an image
        without a shell when the command needs one."""
        if place not in self._lacking:
            try:
                return self._session(place).channel(request)
            except NoAgent as lacking:
                self._lacking[place] = lacking.message
                if not exec_command.needs_shell(request):
                    progress.warn(f"{lacking.message}: stdout and stderr of the command arrive as one")
        return self._direct(place, request)

    def alive(self, place: Place) -> bool:
        """Whether a connection to the place lives, or is known to be of no use."""
        with self._lock:
            known = self._sessions.get(place)
            return place in self._lacking or (known is not None and known.socket.alive)

    def close(self) -> None:
        """Hang up everywhere."""
        with self._lock:
            sessions, self._sessions = self._sessions, {}
        for session in sessions.values():
            session.close()

    def _session(self, place: Place) -> Session:
        with self._lock:  # a second thread waits for the connection that the first one makes
            session = self._sessions.get(place)
            if session is not None and session.usable:
                return session
            if session is not None:
                session.close()
            command = exec_command.shell_string(exec_frames.boot(exec_frames.new_token()))
            session = self._sessions[place] = Session(self._connect(place, command, SIZE))
            return session

    def _direct(self, place: Place, request: ExecRequest) -> ExecChannel:
        """The program itself on Azure's terminal."""
        from azdock.backends.exec_channel import DirectChannel

        if reason := exec_command.needs_shell(request):
            raise Unsupported(f"{reason}: {self._lacking[place]}, and azdock can do that only through a shell")
        return DirectChannel(self._connect(place, " ".join(request.command), request.size))
